"""Draws one-page invoices of twelve lines with reportlab. Usage: invoice_reportlab.py FONT.ttf"""

import io
import sys

import reportlab
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

import player

pdfmetrics.registerFont(TTFont("text", sys.argv[1]))
# a sello of 2048 bits in base64, and the cadena that holds it with what stands around it
SELLO = "QmFuY28gZGUgcHJ1ZWJhcyBkZSBsYSBmYWN0dXJh" * 8 + "QmFuY28gZGUgcHJ1ZWJhcw=="
CADENA = f"||1.1|7A4F21C8-93BE-4D1A-8C55-2E1F7A90B6D4|2026-06-01T10:30:00|SPR190613I52|{SELLO}|30001000000500003416||"
WIDTH = 118
LEFT, RIGHT = 40, 572


def page(number):
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=letter, pageCompression=1)
    canvas.setFont("text", 15)
    canvas.drawString(LEFT, 745, "Grupo Cenzontle, Compañía Ñandú")
    canvas.setFont("text", 9)
    canvas.drawString(LEFT, 728, f"Factura B-{number:05}   RFC EKU9003173C9   Régimen 601   Expedida en 26015")
    canvas.drawString(LEFT, 714, "Receptor UNIVERSIDAD ROBOTICA ESPAÑOLA   RFC URE180429TM6   Uso G03   CP 86991")
    top, total = 688, 0
    for position in range(1, 13):
        y, price = top - 14 * position, 1234.5 * position
        total += price * position
        canvas.drawString(LEFT, y, f"{43120000 + position}")
        canvas.drawString(100, y, f"Descripción del concepto número {position}, con acentos á é í ó ú ñ")
        canvas.drawRightString(420, y, f"{position}.00")
        canvas.drawRightString(495, y, f"${price:,.2f}")
        canvas.drawRightString(RIGHT, y, f"${price * position:,.2f}")
    y = top - 14 * 14
    canvas.drawRightString(RIGHT, y, f"Subtotal ${total:,.2f}   IVA 16 % ${total * 0.16:,.2f}   Total ${total * 1.16:,.2f}")
    canvas.drawString(LEFT, y - 20, "Novecientos treinta mil ochocientos doce pesos 75/100 M.N.")
    address = (
        "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id=7A4F21C8-93BE-4D1A-8C55-2E1F7A90B6D4"
        f"&re=EKU9003173C9&rr=URE180429TM6&tt={total * 1.16:.2f}&fe=c3RhbXA="
    )
    drawing = Drawing(110, 110)
    drawing.add(QrCodeWidget(address))
    renderPDF.draw(drawing, canvas, LEFT, 60)
    canvas.setFont("text", 6)
    y = 180
    for text in (SELLO, SELLO, CADENA):
        for start in range(0, len(text), WIDTH):
            canvas.drawString(165, y, text[start : start + WIDTH])
            y -= 8
        y -= 6
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def work(request):
    return player.repeat(page, request["n"]) | {"bytes": len(page(0)), "version": reportlab.Version}


page(0)
player.play(work)
