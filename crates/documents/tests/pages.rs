//! What a reader gets from the papers: their text, their fonts and their pages, through the tools of poppler.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod samples;

use std::process::Command;

use zuc_documents::invoice::{InvoiceStatus, Keyed};
use zuc_documents::proposal::Signature;
use zuc_documents::{DocumentError, InvoicePdf, ProposalPdf, SheetPart, SheetPdf};

/// Runs a poppler tool over the bytes and returns what it prints.
fn poppler(tool: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new(tool)
        .args(before)
        .arg(&path)
        .args(after)
        .output()
        .unwrap_or_else(|error| panic!("{tool} comes with poppler-utils, which these tests need: {error}"));
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{tool} complains: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text as laid out, with runs of blanks cut to two: the exact count differs between versions of the tool.
fn laid_out(pdf: &[u8]) -> String {
    let squeeze = |line: &str| {
        let words: Vec<_> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
        words.join("  ")
    };
    let text = poppler("pdftotext", &["-layout"], pdf, &["-"]);
    let lines: Vec<_> = text.replace('\u{c}', "\n-- page --\n").lines().map(squeeze).collect();
    // The letters of a watermark fall between the lines; each alone says nothing.
    let watermark = |line: &String| line.split_whitespace().all(|word| word.chars().count() == 1);
    lines.into_iter().filter(|line| !watermark(line)).collect::<Vec<_>>().join("\n")
}

/// The text in the order it is in the file, which is the order a screen reader takes.
fn in_file_order(pdf: &[u8]) -> String {
    poppler("pdftotext", &["-raw"], pdf, &["-"])
}

fn drawn(invoice: &InvoicePdf) -> Vec<u8> {
    invoice.render(samples::created_at()).unwrap()
}

fn drawn_proposal(proposal: &ProposalPdf) -> Vec<u8> {
    proposal.render(samples::created_at()).unwrap()
}

fn page_count(pdf: &[u8]) -> usize {
    let info = poppler("pdfinfo", &[], pdf, &[]);
    info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().parse().unwrap()
}

/// `(right edge, bottom edge)` of the words furthest out, with the size of the page, in points.
fn furthest_words(pdf: &[u8]) -> (f64, f64) {
    let page = poppler("pdftotext", &["-bbox"], pdf, &["-"]);
    let edge = |name: &str| {
        let key = format!("{name}=\"");
        page.lines()
            .filter(|line| line.contains("<word"))
            .map(|line| line.split(&key).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap())
            .fold(0.0, f64::max)
    };
    (edge("xMax"), edge("yMax"))
}

#[test]
fn a_draft_proposal_reads_as_its_preview() {
    let pdf = drawn_proposal(&samples::proposal());
    insta::assert_snapshot!(laid_out(&pdf));
    assert!(in_file_order(&pdf).contains("BORRADOR"));
}

#[test]
fn a_signed_proposal_names_its_signer_and_what_was_signed() {
    insta::assert_snapshot!(laid_out(&drawn_proposal(&samples::signed_proposal())));
}

#[test]
fn a_stamped_invoice_shows_all_the_sat_asks_for() {
    insta::assert_snapshot!(laid_out(&drawn(&samples::invoice(2))));
}

#[test]
fn a_draft_invoice_has_a_watermark_and_no_stamp() {
    let pdf = drawn(&samples::draft_invoice());
    insta::assert_snapshot!(laid_out(&pdf));
    let text = in_file_order(&pdf);
    assert!(text.contains("sin valor fiscal") && text.contains("BORRADOR"));
    assert!(!text.contains("Sello digital") && !text.contains("representación impresa"));
}

#[test]
fn a_receipt_of_payment_lists_what_it_settles() {
    insta::assert_snapshot!(laid_out(&drawn(&samples::payment_receipt())));
}

#[test]
fn eighty_lines_run_over_pages_under_repeated_heads() {
    let pdf = drawn(&samples::invoice(80));
    insta::assert_snapshot!(laid_out(&pdf));
    let text = in_file_order(&pdf);
    assert_eq!(page_count(&pdf), 4);
    assert_eq!(text.matches("Descripción").count(), 4);
    assert!((1..=4).all(|page| text.contains(&format!("{page} de 4"))));
    assert!((1..=80).all(|line| text.contains(&format!("distribución número {line},"))));
}

#[test]
fn twelve_lines_and_their_stamp_fit_one_page() {
    assert_eq!(page_count(&drawn(&samples::invoice(12))), 1);
}

#[test]
fn both_weights_are_embedded_as_subsets_with_their_unicode_map() {
    for pdf in [drawn(&samples::invoice(3)), drawn_proposal(&samples::signed_proposal())] {
        let fonts = poppler("pdffonts", &[], &pdf, &[]);
        let rows: Vec<_> = fonts.lines().skip(2).collect();
        assert_eq!(rows.len(), 2, "{fonts}");
        assert!(rows.iter().all(|row| row.contains("+DejaVuSans") && row.contains("yes yes yes")), "{fonts}");
        assert!(pdf.len() < 90_000, "a subset is small, this file has {} bytes", pdf.len());
    }
}

#[test]
fn accents_and_enes_come_back_whole() {
    let mut proposal = samples::proposal();
    "Ñandúes y Cigüeñas de Michoacán".clone_into(&mut proposal.customer);
    "¿Cuánto? ¡áéíóú ÁÉÍÓÚ üÜ ñÑ! «Güero» 12 € — 3 m² · ½".clone_into(&mut proposal.notes);
    let text = in_file_order(&drawn_proposal(&proposal));
    assert!(text.contains(&proposal.customer) && text.contains(&proposal.notes), "{text}");
}

#[test]
fn the_file_says_what_a_person_sees_in_the_order_they_read_it() {
    let text = in_file_order(&drawn(&samples::invoice(2)));
    let order = [
        "ESCUELA KEMPER",
        "Factura C-1284",
        "Receptor",
        "Moneda",
        "Descripción",
        "número 1,",
        "número 2,",
        "Importe con letra",
        "Total MXN",
        "Certificado del emisor",
        "Sello digital del emisor",
        "representación impresa",
    ];
    let places: Vec<_> =
        order.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("{part} is missing"))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(drawn(&samples::invoice(12)), drawn(&samples::invoice(12)));
    assert_eq!(drawn_proposal(&samples::signed_proposal()), drawn_proposal(&samples::signed_proposal()));
    assert_ne!(drawn(&samples::invoice(12)), drawn(&samples::invoice(11)));
}

#[test]
fn the_file_states_its_language_title_and_moment() {
    let pdf = drawn(&samples::invoice(1));
    let info = poppler("pdfinfo", &["-rawdates"], &pdf, &[]);
    assert!(info.contains("Factura C-1284") && info.contains("D:20261124154100"), "{info}");
    assert!(String::from_utf8_lossy(&pdf).contains("/Lang(es-MX)"));
}

#[test]
fn nothing_runs_off_the_page_however_long_it_is() {
    let mut invoice = samples::invoice(3);
    let long = "EMPRESA CON UN NOMBRE QUE NO ACABA NUNCA ".repeat(6);
    invoice.issuer.name.clone_from(&long);
    invoice.receiver.name = long;
    "SERIEDEVEINTICINCOCARACTE".clone_into(&mut invoice.serie);
    "0123456789012345678901234567890123456789".clone_into(&mut invoice.folio);
    invoice.letterhead.contact_line = String::new();
    let line = &mut invoice.lines[0];
    line.description = "Descripción sin fin con ñ y acentos. ".repeat(27);
    line.sku = "NOIDENTIFICACION".repeat(6);
    line.unit = Keyed::new("XUN", "Unidad con un nombre larguísimo en el catálogo del SAT");
    line.quantity = samples::dec("123456789012.123456");
    line.unit_price = samples::dec("999999999999.999999");
    line.amount = samples::dec("999999999999999999.123456");
    invoice.lines[1].description = "palabrasinblancos".repeat(58);
    invoice.totals.total = samples::dec("999999999999999999.99");
    let pdf = drawn(&invoice);
    let (right, bottom) = furthest_words(&pdf);
    assert!(right <= 612.0 - 40.0 + 0.5, "a word ends at {right}");
    assert!(bottom <= 792.0 - 24.0, "a word ends at {bottom}");
    assert!(in_file_order(&pdf).replace(['\n', ' '], "").contains("999,999,999,999,999,999.99"));
}

#[test]
fn a_line_taller_than_a_page_goes_on_overleaf() {
    let mut proposal = samples::proposal();
    proposal.lines[0].description = (1..=90).map(|number| format!("Alcance {number}")).collect::<Vec<_>>().join("\n");
    let pdf = drawn_proposal(&proposal);
    let text = in_file_order(&pdf);
    assert!((1..=90).all(|number| text.contains(&format!("Alcance {number}\n"))));
    assert!(page_count(&pdf) >= 2);
    let (_, bottom) = furthest_words(&pdf);
    assert!(bottom <= 792.0 - 24.0, "a word ends at {bottom}");
}

#[test]
fn a_cancelled_document_keeps_its_stamp_under_the_watermark() {
    let mut invoice = samples::invoice(1);
    invoice.status = InvoiceStatus::Cancelled(samples::stamp());
    let text = in_file_order(&drawn(&invoice));
    assert!(text.contains("CANCELADO") && text.contains("7A4F21C8-93BE-4D0A-B6E5-2F18C0D7A941"));
}

#[test]
fn a_png_logo_and_a_png_signature_are_drawn_as_images() {
    let mut proposal = samples::signed_proposal();
    proposal.company.logo = Some(samples::png());
    proposal.acceptance.as_mut().unwrap().signature = Signature::Png(samples::png());
    let images = poppler("pdfimages", &["-list"], &drawn_proposal(&proposal), &[]);
    let of_kind = |kind| images.lines().filter(|row| row.split_whitespace().nth(2) == Some(kind)).count();
    assert_eq!((of_kind("image"), of_kind("smask")), (2, 2), "{images}");
}

#[test]
fn a_logo_that_is_no_png_has_a_stable_code() {
    let mut proposal = samples::proposal();
    proposal.company.logo = Some(b"no es una imagen".to_vec());
    let error = proposal.render(samples::created_at()).unwrap_err();
    assert_eq!((error.code(), &error), ("document.unreadable_image", &DocumentError::UnreadableImage));
}

#[test]
fn a_sheet_says_every_row_over_as_many_pages_as_it_takes() {
    let part = |nth: usize| SheetPart {
        head: format!("Parte {nth}"),
        rows: (0..30).map(|row| (format!("Dato {nth}.{row}"), format!("así-dice-{nth}.{row}; ").repeat(12))).collect(),
    };
    let sheet = SheetPdf {
        company: "Taller Ñandú".to_owned(),
        title: "Tus datos personales".to_owned(),
        date: jiff::civil::date(2026, 11, 30),
        opening: "Esto es lo que guardamos de ti.".to_owned(),
        parts: (1..4).map(part).collect(),
    };
    let pdf = sheet.render(samples::created_at()).unwrap();
    assert_eq!(pdf, sheet.render(samples::created_at()).unwrap(), "the same data give the same bytes");
    let text = laid_out(&pdf);
    for (nth, part) in (1..).zip(&sheet.parts) {
        assert!(text.contains(&part.head), "{text}");
        for row in 0..30 {
            assert!(text.contains(&format!("Dato {nth}.{row} ")), "{nth}.{row}: {text}");
            assert_eq!(text.matches(&format!("así-dice-{nth}.{row};")).count(), 12, "{nth}.{row}: {text}");
        }
    }
    let (right, bottom) = furthest_words(&pdf);
    assert!(page_count(&pdf) > 2 && right <= 561.0 && bottom < 792.0, "{right} {bottom}");
}
