//! Which character parts the fields of a text file.

use csv::ReaderBuilder;

use super::headers;

/// The delimiters that spreadsheets and CRMs write.
const CANDIDATES: [u8; 4] = [b';', b',', b'\t', b'|'];
/// Enough rows to tell, few enough to be instant.
const SAMPLE_ROWS: usize = 300;
const SAMPLE_BYTES: usize = 512 * 1024;

/// The delimiter under which most rows have as many fields as the header; a comma for a single column.
///
/// Quoted delimiters and line breaks count as text, because each candidate is read as real CSV.
/// Excel's own `sep=;` line is obeyed.
pub(super) fn detect(text: &str) -> u8 {
    if let Some(declared) = declared(text) {
        return declared.0;
    }
    let sample = sample(text);
    CANDIDATES
        .iter()
        .map(|delimiter| (*delimiter, score(sample, *delimiter)))
        .filter(|(_, score)| *score > 0)
        // The first of equals wins, hence the reversed order.
        .rev()
        .max_by_key(|(_, score)| *score)
        .map_or(b',', |(delimiter, _)| delimiter)
}

/// The delimiter of a leading `sep=;` line and the text after that line.
pub(super) fn declared(text: &str) -> Option<(u8, &str)> {
    let rest = text.strip_prefix("sep=").or_else(|| text.strip_prefix("SEP="))?;
    let delimiter = *rest.as_bytes().first()?;
    let rest = rest.get(1..)?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).or_else(|| rest.strip_prefix('\r'))?;
    CANDIDATES.contains(&delimiter).then_some((delimiter, rest))
}

fn sample(text: &str) -> &str {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let cut = text.floor_char_boundary(SAMPLE_BYTES);
    &text[..cut]
}

fn score(sample: &str, delimiter: u8) -> usize {
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(sample.as_bytes());
    let mut widths = Vec::new();
    let mut known = 0_usize;
    for record in reader.records().take(SAMPLE_ROWS).map_while(Result::ok) {
        if widths.len() < 10 && record.len() > 1 {
            known = known.max(record.iter().filter(|cell| headers::field(cell).is_some()).count());
        }
        widths.push(record.len());
    }
    let Some((width, share)) = usual_width(&widths) else { return 0 };
    if width < 2 {
        return 0;
    }
    // Names we know under this delimiter weigh most: a comma inside every amount is consistent too.
    1 + known.min(50) * 1_000 + share * 10 + width.min(9)
}

/// The most frequent number of fields and the percentage of rows that have it.
fn usual_width(widths: &[usize]) -> Option<(usize, usize)> {
    let mut sorted = widths.to_vec();
    sorted.sort_unstable();
    sorted
        .chunk_by(|left, right| left == right)
        .map(|run| (run.len(), run[0]))
        .max()
        .map(|(rows, width)| (width, rows * 100 / widths.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delimiter_is_found() {
        for delimiter in [';', ',', '\t', '|'] {
            let text =
                "Nombre~Empresa~Correo\nAna~Óptica~a@b.mx\nLuis~Textil~l@b.mx\n".replace('~', &delimiter.to_string());
            assert_eq!(char::from(detect(&text)), delimiter);
        }
    }

    #[test]
    fn commas_inside_amounts_and_quoted_breaks_do_not_mislead() {
        let text = "Nombre;Monto;Notas\nAna;1,365,000.50;\"uno, dos\nlínea; tres\"\nLuis;2,085,000.00;\n";
        assert_eq!(detect(text), b';');
    }

    #[test]
    fn unknown_names_are_told_apart_by_consistency() {
        assert_eq!(detect("x1|x2|x3\na,b|c|d\nf|g,h,i|j\n"), b'|');
    }

    #[test]
    fn a_single_column_is_read_with_commas() {
        assert_eq!(detect("Correo\na@b.mx\nc@d.mx\n"), b',');
    }

    #[test]
    fn the_line_that_excel_writes_is_obeyed() {
        assert_eq!(detect("sep=|\r\nNombre;x|Correo\r\n"), b'|');
        assert_eq!(declared("sep=|\r\nNombre"), Some((b'|', "Nombre")));
        assert_eq!(declared("sep=x\nNombre"), None);
    }
}
