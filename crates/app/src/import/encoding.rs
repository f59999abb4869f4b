//! From bytes to text: which encoding a file was saved in, and whether it is text at all.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::ImportError;

/// How the bytes of a file spell its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, with or without its mark.
    Utf8,
    /// UTF-16, low byte first, as Excel's "Unicode text" is saved.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// What Excel in Mexico saves as CSV; a superset of printable Latin-1.
    Windows1252,
}

impl Encoding {
    /// The name shown in the wizard and printed by the command.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "cp1252",
        }
    }
}

/// Text and the encoding it was in. Letters that could not be read become U+FFFD, and their row a warning.
///
/// # Errors
/// [`ImportError::NotText`] for anything that holds control bytes no text file has.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), ImportError> {
    if known_binary(bytes) {
        return Err(ImportError::NotText);
    }
    let encoding = detect(bytes)?;
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)),
        Encoding::Utf16Le => UTF_16LE.decode_with_bom_removal(bytes).0,
        Encoding::Utf16Be => UTF_16BE.decode_with_bom_removal(bytes).0,
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    if is_text(&text) { Ok((text, encoding)) } else { Err(ImportError::NotText) }
}

fn detect(bytes: &[u8]) -> Result<Encoding, ImportError> {
    if bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\0\0\xFE\xFF") {
        return Err(ImportError::NotText); // UTF-32: no program we know of saves lists in it.
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Ok(Encoding::Utf8);
    }
    if bytes.starts_with(b"\xFF\xFE") {
        return Ok(Encoding::Utf16Le);
    }
    if bytes.starts_with(b"\xFE\xFF") {
        return Ok(Encoding::Utf16Be);
    }
    if bytes.contains(&0) {
        return utf16_without_mark(bytes).ok_or(ImportError::NotText);
    }
    if mostly_utf8(bytes) { Ok(Encoding::Utf8) } else { Ok(Encoding::Windows1252) }
}

/// In Western text every second byte of UTF-16 is zero, and only every second one.
fn utf16_without_mark(bytes: &[u8]) -> Option<Encoding> {
    let sample = &bytes[..bytes.len().min(64 * 1024)];
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = sample.len() / 2;
    if odd * 10 >= half * 7 && even * 20 <= half {
        Some(Encoding::Utf16Le)
    } else if even * 10 >= half * 7 && odd * 20 <= half {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Valid UTF-8, or UTF-8 that was cut or patched: many whole sequences for each broken one.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let mut whole = 0_usize;
    let mut broken = 0_usize;
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    broken == 0 || whole >= 9 * broken
}

/// Files with a signature are named at once, however much of them reads as letters.
fn known_binary(bytes: &[u8]) -> bool {
    const SIGNATURES: [&[u8]; 12] = [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"%PDF-",
        b"\x89PNG",
        b"\xFF\xD8\xFF",
        b"GIF8",
        b"\x1F\x8B",
        b"BZh9",
        b"\xD0\xCF\x11\xE0",
        b"SQLite format 3",
        b"\x7FELF",
        b"7z\xBC\xAF",
    ];
    SIGNATURES.iter().any(|signature| bytes.starts_with(signature))
}

fn is_text(text: &str) -> bool {
    let mut letters = 0_usize;
    let mut strange = 0_usize;
    for letter in text.chars() {
        letters += 1;
        let control =
            letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1a}' | '\u{85}');
        strange += usize::from(control || letter == '\u{fffd}');
    }
    // One slip in two hundred letters is a wounded list; more is something else.
    strange * 200 <= letters || strange <= 1 && letters >= 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, low_first: bool, mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "Razón social;Correo\nPeñón, S.A.;niño@peñón.mx\n";
        let (cp1252, _, _) = WINDOWS_1252.encode(text);
        let cases = [
            (text.as_bytes().to_vec(), "utf-8"),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), "utf-8"),
            (cp1252.to_vec(), "cp1252"),
            (utf16(text, true, true), "utf-16le"),
            (utf16(text, false, true), "utf-16be"),
            (utf16(text, true, false), "utf-16le"),
            (utf16(text, false, false), "utf-16be"),
        ];
        for (bytes, name) in cases {
            let (decoded, encoding) = decode(&bytes).unwrap();
            assert_eq!((decoded.as_ref(), encoding.name()), (text, name));
        }
    }

    #[test]
    fn utf8_cut_inside_its_last_letter_is_still_utf8() {
        let text = "nombre,empresa\n".to_owned() + &"Íñigo Muñoz,Óptica Ñandú\n".repeat(9) + "Peñ";
        let (decoded, encoding) = decode(&text.as_bytes()[..text.len() - 1]).unwrap();
        assert_eq!(encoding, Encoding::Utf8);
        assert!(decoded.ends_with("Pe\u{fffd}"));
    }

    #[test]
    fn pictures_archives_and_noise_are_not_text() {
        let noise: Vec<u8> = (0..4_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let cases: [&[u8]; 6] = [
            b"\x89PNG\r\n\x1a\n....",
            b"%PDF-1.7 only letters",
            b"\xD0\xCF\x11\xE0\xA1\xB1",
            b"a,b\n\0\0\0\x01\x02,c\n",
            b"\x01\x02\x03\x04\x05\x06 words",
            &noise,
        ];
        for bytes in cases {
            assert_eq!(decode(bytes).unwrap_err(), ImportError::NotText);
        }
    }
}
