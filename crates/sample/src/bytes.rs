//! Lists as the bytes of a file.

use crate::{dialect::TextEncoding, leads::LeadList, products::ProductList};

impl LeadList {
    /// The file: header and rows with quotes where they are needed, lines ended as Windows ends them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::new();
        write_line(&mut text, &self.dialect.headers.names(), self.dialect.delimiter);
        for row in &self.rows {
            write_line(&mut text, &row.cells(), self.dialect.delimiter);
        }
        encode(&text, self.dialect.encoding)
    }
}

impl ProductList {
    /// A UTF-8 file with commas and the columns of the sample workbook.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut text = String::new();
        write_line(&mut text, &Self::HEADER, ',');
        for product in &self.products {
            let cells = product.cells();
            write_line(&mut text, &cells.each_ref().map(String::as_str), ',');
        }
        text.into_bytes()
    }
}

fn write_line(text: &mut String, cells: &[&str], delimiter: char) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(delimiter);
        }
        if cell.contains([delimiter, '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

fn encode(text: &str, encoding: TextEncoding) -> Vec<u8> {
    match encoding {
        TextEncoding::Utf8 => text.as_bytes().to_vec(),
        TextEncoding::Utf8Mark => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        TextEncoding::Utf16 => std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        // All words of the samples are within Latin-1, whose letters Windows-1252 keeps.
        TextEncoding::Windows1252 => text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, ListSpec, SampleLead};

    #[test]
    fn quotes_stand_where_they_must() {
        let mut text = String::new();
        write_line(&mut text, &["a;b", "c\"d", "e\nf", "g,h"], ';');
        assert_eq!(text, "\"a;b\";\"c\"\"d\";\"e\nf\";g,h\r\n");
    }

    #[test]
    fn no_letter_is_lost_in_windows_1252() {
        let spec = ListSpec { dialect: Some(Dialect::EXCEL), ..ListSpec::new(1, 1_500) };
        let list = LeadList::generate(&spec);
        let text: String = list.rows.iter().flat_map(SampleLead::cells).collect();
        assert!(text.chars().all(|letter| letter <= '\u{ff}' && !('\u{80}'..='\u{9f}').contains(&letter)));
    }
}
