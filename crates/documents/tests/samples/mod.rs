//! Papers of an invented company, for tests and for the benchmark.

use jiff::civil::{date, datetime};
use rust_decimal::Decimal;
use zuc_documents::invoice::{
    InvoiceLine, InvoiceStatus, InvoiceTotals, Keyed, PaidDocument, PrintedCurrency, PrintedIssuer, PrintedPayment,
    PrintedReceiver, PrintedTax, Relation, Stamp, TaxRate,
};
use zuc_documents::proposal::{
    Acceptance, CompanyHead, DocumentDiscount, ProposalLine, ProposalTotals, Recurrence, Signature, TaxTotal,
};
use zuc_documents::{InvoicePdf, ProposalPdf};

/// A decimal written as text.
pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("the samples write plain decimals")
}

/// The moment every sample file states.
pub(crate) fn created_at() -> jiff::Timestamp {
    "2026-11-24T15:41:00Z".parse().expect("a moment in RFC 3339")
}

pub(crate) fn company() -> CompanyHead {
    CompanyHead {
        name: "Grupo Cenzontle".to_owned(),
        logo: None,
        contact_line: "cenzontle.example · 477 000 0000".to_owned(),
    }
}

/// A draft of six lines with line discounts and a discount on the whole.
pub(crate) fn proposal() -> ProposalPdf {
    let line =
        |description: &str, sku: &str, quantity: &str, unit: &str, price: &str, off: &str, amount: &str| ProposalLine {
            description: description.to_owned(),
            sku: sku.to_owned(),
            quantity: dec(quantity),
            unit: unit.to_owned(),
            price: dec(price),
            discount_percent: dec(off),
            amount: dec(amount),
            recurrence: Recurrence::Once,
        };
    let mut lines = vec![
        line("Tablero de control 450 A, IP65", "TAB-0450", "8", "pza", "68500", "5", "520600"),
        line("Variador 75 kW con filtro", "VFD-0075", "12", "pza", "42380", "10", "457704"),
        line("PLC modular con 64 E/S", "PLC-S7M", "4", "pza", "39900", "0", "159600"),
        line("Panel operador 12\"", "HMI-12", "4", "pza", "18750", "0", "75000"),
        line("Programación y arranque", "ING-PRG", "240", "h", "850", "20", "163200"),
        line("Póliza de mantenimiento y capacitación en planta", "CAP-01", "6", "día", "9800", "0", "58800"),
    ];
    lines[5].recurrence = Recurrence::Yearly;
    ProposalPdf {
        company: company(),
        number: "P-0421".to_owned(),
        version: 2,
        date: date(2026, 11, 24),
        title: "Línea de estampado".to_owned(),
        customer: "Compañía de Estampados Ñandú, S.A. de C.V.".to_owned(),
        contact: "Ing. Ernesto Villaseñor".to_owned(),
        city: "Silao, Guanajuato".to_owned(),
        valid_until: Some(date(2026, 12, 9)),
        terms: "30 días, anticipo 40 %".to_owned(),
        currency: "MXN".to_owned(),
        lines,
        totals: ProposalTotals {
            document_discount: Some(DocumentDiscount { percent: dec("3"), amount: dec("43047.12") }),
            subtotal: dec("1391856.88"),
            taxes: vec![TaxTotal { label: "IVA 16 %".to_owned(), amount: dec("222697.10") }],
            total: dec("1614553.98"),
        },
        notes: "Incluye acta de entrega y garantía de 18 meses. Tiempo de entrega: 5 semanas después del anticipo."
            .to_owned(),
        draft: true,
        acceptance: None,
    }
}

/// The same proposal once the customer signed it on the screen.
pub(crate) fn signed_proposal() -> ProposalPdf {
    let wave = |from: f32, high: f32| {
        vec![
            (from, 120.0),
            (from + 30.0, 40.0 - high),
            (from + 48.0, 52.0),
            (from + 36.0, 118.0),
            (from + 62.0, 84.0),
            (from + 78.0, 112.0),
            (from + 100.0, 90.0),
        ]
    };
    ProposalPdf {
        draft: false,
        acceptance: Some(Acceptance {
            signer: "Adolfo Becerril Nava".to_owned(),
            role: "Director de planta".to_owned(),
            signed_at: datetime(2026, 11, 24, 16, 7, 0, 0),
            signature: Signature::Strokes {
                width: 420.0,
                height: 150.0,
                strokes: vec![
                    wave(40.0, 5.0),
                    wave(150.0, 18.0),
                    vec![(250.0, 92.0), (280.0, 100.0), (310.0, 84.0), (360.0, 62.0)],
                    vec![(30.0, 140.0), (180.0, 128.0), (360.0, 130.0)],
                ],
            },
            content_hash: "9f3c71a8b05de2447c1908aa6e35d0f29b7714c86ff0a3d5e1827b94c6fd04de".to_owned(),
        }),
        ..proposal()
    }
}

pub(crate) fn stamp() -> Stamp {
    let uuid = "7A4F21C8-93BE-4D0A-B6E5-2F18C0D7A941";
    let seal = |salt: &str| {
        format!("{}{salt}==", "MIIFuzCCA6OgAwIBAgIUMzAwMDEwMDAwMDA1MDAwMDM0MTYw+Q/".repeat(7))[..344].to_owned()
    };
    let issuer_seal = seal("aZ09");
    Stamp {
        uuid: uuid.to_owned(),
        stamped_at: datetime(2026, 10, 6, 9, 17, 2, 0),
        pac_rfc: "SPR190613I52".to_owned(),
        note: String::new(),
        issuer_certificate: "30001000000500003416".to_owned(),
        sat_certificate: "30001000000500003456".to_owned(),
        cadena: format!("||1.1|{uuid}|2026-10-06T09:17:02|SPR190613I52|{issuer_seal}|30001000000500003456||"),
        sat_seal: seal("bY18"),
        qr: format!(
            "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id={uuid}&re=EKU9003173C9&rr=PTL980314QK1&tt=478500.0&fe=AwMDAw=="
        ),
        issuer_seal,
    }
}

fn iva(base: &str, amount: &str) -> PrintedTax {
    PrintedTax {
        name: "IVA".to_owned(),
        withheld: false,
        rate: Some(TaxRate::Share(dec("0.160000"))),
        base: Some(dec(base)),
        amount: Some(dec(amount)),
    }
}

/// A stamped invoice of `count` lines of 1,000.00 each.
pub(crate) fn invoice(count: u32) -> InvoicePdf {
    let lines: Vec<_> = (1..=count)
        .map(|number| InvoiceLine {
            product: Keyed::new(format!("3912{:04}", 1000 + number), "Centros de control de motores"),
            sku: format!("TAB-{number:04}"),
            description: format!("Tablero de distribución número {number}, montaje en cañería y señalización"),
            quantity: dec("4"),
            unit: Keyed::new("H87", "Pieza"),
            unit_price: dec("250"),
            discount: None,
            amount: dec("1000.00"),
            tax_object: Keyed::new("02", "Sí objeto de impuesto."),
            taxes: vec![iva("1000.00", "160.00")],
            remarks: Vec::new(),
        })
        .collect();
    let subtotal = Decimal::from(count) * dec("1000.00");
    let tax = subtotal * dec("0.16");
    InvoicePdf {
        letterhead: company(),
        status: InvoiceStatus::Stamped(stamp()),
        kind: Keyed::new("I", "Ingreso"),
        serie: "C".to_owned(),
        folio: "1284".to_owned(),
        issued_at: datetime(2026, 10, 6, 9, 12, 35, 0),
        place_of_issue: "37160".to_owned(),
        export: Keyed::new("01", "No aplica"),
        currency: PrintedCurrency { currency: Keyed::new("MXN", "Peso Mexicano"), decimals: 2, exchange_rate: None },
        payment_form: Some(Keyed::new("99", "Por definir")),
        payment_method: Some(Keyed::new("PPD", "Pago en parcialidades o diferido")),
        payment_conditions: "30 días".to_owned(),
        confirmation: String::new(),
        issuer: PrintedIssuer {
            name: "ESCUELA KEMPER URGATE".to_owned(),
            rfc: "EKU9003173C9".to_owned(),
            regime: Keyed::new("601", "General de Ley Personas Morales"),
        },
        receiver: PrintedReceiver {
            name: "PLÁSTICOS TLÁLOC DEL BAJÍO".to_owned(),
            rfc: "PTL980314QK1".to_owned(),
            postal_code: "52004".to_owned(),
            regime: Keyed::new("601", "General de Ley Personas Morales"),
            use_of_cfdi: Keyed::new("G03", "Gastos en general."),
            residence: None,
            foreign_tax_id: String::new(),
        },
        global: None,
        relations: Vec::new(),
        lines,
        totals: InvoiceTotals {
            subtotal,
            discount: None,
            taxes: vec![iva(&subtotal.to_string(), &tax.round_dp(2).to_string())],
            total: subtotal + tax,
        },
        payments: Vec::new(),
    }
}

/// The three lines of fees in dollars, with discounts, withholdings and a relation; not stamped.
pub(crate) fn draft_invoice() -> InvoicePdf {
    let mut invoice = invoice(3);
    invoice.status = InvoiceStatus::Draft;
    invoice.folio = String::new();
    invoice.currency = PrintedCurrency {
        currency: Keyed::new("USD", "Dólar americano"),
        decimals: 2,
        exchange_rate: Some(dec("18.4512")),
    };
    invoice.relations = vec![Relation {
        kind: Keyed::new("04", "Sustitución de los CFDI previos"),
        uuids: vec!["5F1B0C7E-2A34-4E61-9D0F-8C2B7A6E1D90".to_owned()],
    }];
    let withheld = |name: &str, share: &str, amount: &str| PrintedTax {
        name: name.to_owned(),
        withheld: true,
        rate: Some(TaxRate::Share(dec(share))),
        base: None,
        amount: Some(dec(amount)),
    };
    invoice.lines[1].discount = Some(dec("100.00"));
    invoice.lines[1].unit_price = dec("250.123456");
    invoice.lines[1].remarks = vec!["Pedimento 15  48  3009  0001234".to_owned()];
    invoice.lines[1].taxes = vec![iva("900.00", "144.00")];
    invoice.totals = InvoiceTotals {
        subtotal: dec("3000.00"),
        discount: Some(dec("100.00")),
        taxes: vec![iva("2900.00", "464.00"), withheld("ISR", "0.10", "290.00"), withheld("IVA", "0.106667", "309.33")],
        total: dec("2764.67"),
    };
    invoice
}

/// A cancelled receipt of one payment that settles two invoices.
pub(crate) fn payment_receipt() -> InvoicePdf {
    let mut receipt = invoice(1);
    receipt.status = InvoiceStatus::Cancelled(stamp());
    receipt.kind = Keyed::new("P", "Pago");
    "CP".clone_into(&mut receipt.serie);
    "311".clone_into(&mut receipt.folio);
    receipt.currency.currency =
        Keyed::new("XXX", "Los códigos asignados para las transacciones en que intervenga ninguna moneda");
    receipt.payment_form = None;
    receipt.payment_method = None;
    receipt.payment_conditions = String::new();
    receipt.receiver.use_of_cfdi = Keyed::new("CP01", "Pagos");
    let line = &mut receipt.lines[0];
    line.product = Keyed::new("84111506", "Servicios de facturación");
    line.unit = Keyed::new("ACT", "Actividad");
    line.sku = String::new();
    "Pago".clone_into(&mut line.description);
    line.quantity = dec("1");
    line.unit_price = dec("0");
    line.amount = dec("0");
    line.tax_object = Keyed::new("01", "No objeto de impuesto");
    line.taxes.clear();
    receipt.totals = InvoiceTotals::default();
    let document = |number: &str, before: &str, paid: &str, after: &str, base: &str, tax: &str| PaidDocument {
        uuid: "7A4F21C8-93BE-4D0A-B6E5-2F18C0D7A941".to_owned(),
        number: number.to_owned(),
        currency: "MXN".to_owned(),
        equivalence: Some(Decimal::ONE),
        instalment: 1,
        balance_before: dec(before),
        paid: dec(paid),
        balance_after: dec(after),
        tax_object: Keyed::new("02", "Sí objeto de impuesto"),
        taxes: vec![iva(base, tax)],
    };
    receipt.payments = vec![PrintedPayment {
        paid_at: datetime(2026, 10, 30, 12, 0, 0, 0),
        form: Keyed::new("03", "Transferencia electrónica de fondos"),
        currency: "MXN".to_owned(),
        exchange_rate: None,
        amount: dec("250850.00"),
        remarks: vec!["Operación 8812004".to_owned()],
        documents: vec![
            document("C-1284", "478500", "239250", "239250", "206250", "33000"),
            document("C-1290", "11600", "11600", "0", "10000", "1600"),
        ],
        taxes: vec![iva("216250", "34600")],
    }];
    receipt
}

/// A PNG of 4 by 2 pixels with transparency, in stored (not compressed) blocks.
pub(crate) fn png() -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..2 {
        rows.push(0);
        rows.extend([36, 81, 183, 255, 36, 81, 183, 128, 255, 255, 255, 0, 23, 25, 30, 255]);
    }
    let length = u16::try_from(rows.len()).expect("34 bytes");
    let mut zlib = vec![0x78, 0x01, 0x01];
    zlib.extend(length.to_le_bytes());
    zlib.extend((!length).to_le_bytes());
    zlib.extend(&rows);
    let (low, high) = rows.iter().fold((1u32, 0u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    zlib.extend(((high << 16) | low).to_be_bytes());

    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&4u32.to_be_bytes()[..], &2u32.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    for (kind, body) in [(b"IHDR", header), (b"IDAT", zlib), (b"IEND", Vec::new())] {
        png.extend(u32::try_from(body.len()).expect("a small chunk").to_be_bytes());
        let chunk = [&kind[..], &body].concat();
        png.extend(&chunk);
        png.extend(crc32(&chunk).to_be_bytes());
    }
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let shift = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), shift))
}
