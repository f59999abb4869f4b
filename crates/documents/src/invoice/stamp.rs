use super::Stamp;
use crate::error::DocumentError;
use crate::layout::{Align, Flow, Ink, Qr, Style, wrap_anywhere};
use crate::numbers::exact_date_time;

/// The sentence every printed CFDI carries.
const PRINTED_FORM: &str = "Este documento es una representación impresa de un CFDI";

/// QR code, data of the stamp, seals and cadena, kept together.
pub(super) fn draw(flow: &mut Flow, stamp: &Stamp) -> Result<(), DocumentError> {
    let qr = Qr::encode(&stamp.qr)?;
    let (left, right) = (flow.left(), flow.right());
    // The quiet zone on the left reaches into the margin, which is blank.
    let beside = left + qr.side() + qr.quiet_zone().max(12.0);
    let room = right - beside;

    let mut facts = vec![
        ("Certificado del emisor", stamp.issuer_certificate.clone()),
        ("Certificado del SAT", stamp.sat_certificate.clone()),
        ("Fecha de timbrado", exact_date_time(stamp.stamped_at)),
        ("RFC del PAC", stamp.pac_rfc.clone()),
        ("Leyenda", stamp.note.clone()),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    let texts: Vec<_> = [
        ("Sello digital del emisor", &stamp.issuer_seal),
        ("Sello digital del SAT", &stamp.sat_seal),
        ("Cadena original del complemento de certificación digital del SAT", &stamp.cadena),
    ]
    .into_iter()
    .map(|(label, text)| (label, wrap_anywhere(text, Style::SEAL, room)))
    .collect();

    let fact_height = Style::SMALL.leading() + Style::DATUM.leading() + 3.0;
    let fact_rows = count(facts.len().div_ceil(2));
    let seal_lines: usize = texts.iter().map(|(_, lines)| lines.len()).sum();
    let text_height = fact_height * fact_rows
        + count(texts.len()) * (Style::SMALL_HEAD.leading() + 3.0)
        + count(seal_lines) * Style::SEAL.leading()
        + Style::SMALL_HEAD.leading();
    flow.y += 2.0;
    flow.ensure((text_height + 12.0).max(qr.side() + 2.0 * qr.quiet_zone()));

    let top = flow.y;
    flow.canvas().rule(left, right, top, 0.5, Ink::Line);
    let qr_top = top + qr.quiet_zone().max(9.0);
    qr.draw(flow.canvas(), left, qr_top);

    let mut y = top + 8.0;
    for pair in facts.chunks(2) {
        for (index, (label, value)) in pair.iter().enumerate() {
            let x = beside + if index == 0 { 0.0 } else { room / 2.0 };
            flow.canvas().text(Align::Left, x, y, Style::SMALL, label);
            flow.canvas().text(Align::Left, x, y + Style::SMALL.leading(), Style::DATUM, value);
        }
        y += fact_height;
    }
    for (label, lines) in &texts {
        flow.canvas().text(Align::Left, beside, y, Style::SMALL_HEAD, label);
        y = flow.canvas().lines(Align::Left, beside, y + Style::SMALL_HEAD.leading(), Style::SEAL, lines) + 3.0;
    }
    flow.canvas().text(Align::Left, beside, y, Style::SMALL_HEAD, PRINTED_FORM);
    y += Style::SMALL_HEAD.leading();
    flow.y = y.max(qr_top + qr.side() + qr.quiet_zone());
    Ok(())
}

/// A number of lines as a factor of their height.
fn count(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX))
}
