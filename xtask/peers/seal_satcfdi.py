"""Builds and seals three-line invoices with satcfdi. Usage: seal_satcfdi.py FOLDER, which has csd.cer and csd.key."""

import sys
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from satcfdi.create.cfd import cfdi40
from satcfdi.models import Signer

import player

folder = Path(sys.argv[1])
signer = Signer.load(
    certificate=(folder / "csd.cer").read_bytes(),
    key=(folder / "csd.key").read_bytes(),
    password="12345678a",
)
LINES = [
    ("81111500", "1", "1500.50", "Consultoria"),
    ("84111506", "3", "99.99", "Soporte mensual"),
    ("43232408", "2.5", "420.123456", "Licencia"),
]


def line(product, quantity, price, words):
    iva = cfdi40.Traslado(impuesto="002", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.160000"))
    return cfdi40.Concepto(
        clave_prod_serv=product,
        clave_unidad="E48",
        cantidad=Decimal(quantity),
        valor_unitario=Decimal(price),
        descripcion=words,
        impuestos=cfdi40.Impuestos(traslados=[iva]),
    )


def invoice(number):
    document = cfdi40.Comprobante(
        serie="B",
        folio=str(number),
        lugar_expedicion="26015",
        forma_pago="03",
        metodo_pago="PUE",
        emisor=cfdi40.Emisor(rfc=signer.rfc, nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601"),
        receptor=cfdi40.Receptor(
            rfc="URE180429TM6",
            nombre="UNIVERSIDAD ROBOTICA ESPAÑOLA",
            uso_cfdi="G03",
            domicilio_fiscal_receptor="86991",
            regimen_fiscal_receptor="601",
        ),
        conceptos=[line(*each) for each in LINES],
    )
    document.sign(signer)
    return document.xml_bytes()


def work(request):
    return player.repeat(invoice, request["n"]) | {"bytes": len(invoice(0)), "version": version("satcfdi")}


invoice(0)
player.play(work)
