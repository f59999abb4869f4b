//! DejaVu Sans, regular and bold: read once, measured by its own advances.

use std::borrow::Cow;
use std::sync::OnceLock;

use printpdf::{FontId, ParsedFont};
use unicode_normalization::{UnicodeNormalization, is_nfc};

const REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSans-Bold.ttf");

/// What stands for a character the typeface does not draw.
const UNKNOWN: char = '\u{25A1}';

/// Characters below this are looked up in a table, the rest in the font.
const TABLED: u32 = 0x250;

/// The two weights a paper is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One weight, with the advance of each common character.
pub(crate) struct Face {
    pub(crate) font: ParsedFont,
    /// Thousandths of an em, `None` where the font has no glyph.
    advances: Vec<Option<u16>>,
}

impl Face {
    fn read(bytes: &[u8]) -> Self {
        let font = ParsedFont::from_bytes(bytes, 0, &mut Vec::new())
            .expect("the typeface is compiled in, and every test that draws a page reads it");
        let advances = (0..TABLED).map(|code| measure(&font, code)).collect();
        Self { font, advances }
    }

    fn advance(&self, character: char) -> Option<u16> {
        let code = u32::from(character);
        match usize::try_from(code).ok().and_then(|index| self.advances.get(index)) {
            Some(known) => *known,
            None => measure(&self.font, code),
        }
    }

    /// The width of printable text, in points.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|character| self.character_width(character, size)).sum()
    }

    pub(crate) fn character_width(&self, character: char, size: f32) -> f32 {
        f32::from(self.advance(character).unwrap_or(0)) * size / 1000.0
    }
}

/// The advance as the file states it to the reader: whole thousandths of an em, cut and not rounded.
fn measure(font: &ParsedFont, code: u32) -> Option<u16> {
    let glyph = font.lookup_glyph_index(code).filter(|glyph| *glyph != 0)?;
    let em = u32::from(font.pdf_font_metrics.units_per_em).max(1);
    u16::try_from(u32::from(font.get_horizontal_advance(glyph)) * 1000 / em).ok()
}

/// The face of a weight; the typeface is read the first time one is asked for.
pub(crate) fn face(weight: Weight) -> &'static Face {
    static FACES: [OnceLock<Face>; 2] = [OnceLock::new(), OnceLock::new()];
    match weight {
        Weight::Regular => FACES[0].get_or_init(|| Face::read(REGULAR)),
        Weight::Bold => FACES[1].get_or_init(|| Face::read(BOLD)),
    }
}

/// The name of a weight inside the file; its first six letters become the subset tag, so they are capitals.
pub(crate) fn font_id(weight: Weight) -> FontId {
    FontId(match weight {
        Weight::Regular => "ZUCREG".to_owned(),
        Weight::Bold => "ZUCBLD".to_owned(),
    })
}

/// The text as it can be drawn: accents composed, control characters as blanks, unknown characters as a box.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let drawn = |weight, character| face(weight).advance(character).is_some();
    let plain = |character: char| {
        !character.is_control() && drawn(Weight::Regular, character) && drawn(Weight::Bold, character)
    };
    if is_nfc(text) && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    text.nfc()
        .map(|character| match character {
            '\n' => '\n',
            _ if character.is_control() => ' ',
            _ if plain(character) => character,
            _ => UNKNOWN,
        })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_written_in_two_pieces_are_composed() {
        assert_eq!(printable("Compan\u{0303}ia Ma\u{0301}laga"), "Compañia Málaga");
    }

    #[test]
    fn what_the_typeface_lacks_becomes_a_box() {
        assert_eq!(printable("a\tb\u{6F22}"), "a b\u{25A1}");
    }

    #[test]
    fn figures_are_tabular_in_both_weights() {
        for weight in [Weight::Regular, Weight::Bold] {
            let widths: Vec<_> = ('0'..='9').map(|digit| face(weight).advance(digit)).collect();
            assert!(widths.windows(2).all(|pair| pair[0] == pair[1] && pair[0].is_some()));
        }
    }
}
