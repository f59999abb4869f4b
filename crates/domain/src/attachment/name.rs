//! What a file is called: words for people, never a path.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of the longest name: every file system takes as many.
const LONGEST: usize = 200;
/// Bytes of the longest ending that is kept when a name is cut.
const LONGEST_ENDING: usize = 16;
/// What a file is called whose name says nothing.
const NAMELESS: &str = "archivo";
/// What some systems take for a device, with whatever ending.
const DEVICES: [&str; 24] = [
    "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt0",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name that every system takes as one file of one folder, whatever it was made of.
///
/// It has 1 to 200 bytes in NFC, no separator of paths, nothing that is not shown or turns the direction of writing, is no
/// device's, and neither begins with a dot or a blank nor ends with one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct FileName(String);

impl FileName {
    /// The name that is left of a text from outside: the last part of a path, without what a name may not have.
    pub fn new(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).find(|part| part.chars().any(is_kept)).unwrap_or_default();
        let shown: String = last.chars().filter(|c| is_kept(*c)).collect();
        let whole: String = shown.nfc().map(|c| if is_forbidden(c) { '_' } else { c }).collect();
        let name = trimmed(&whole);
        let stem = name.split('.').next().unwrap_or_default().trim().to_lowercase();
        if name.is_empty() {
            Self(NAMELESS.to_owned())
        } else if DEVICES.contains(&stem.as_str()) {
            Self(cut(&format!("_{name}")))
        } else {
            Self(cut(name))
        }
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not a control, nor what is not shown or turns the direction of writing.
fn is_kept(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What some system does not take in a name.
const fn is_forbidden(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c == '.' || c.is_whitespace())
}

/// At most [`LONGEST`] bytes, with the ending that says what it is.
fn cut(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rfind('.').map(|at| &name[at..]).filter(|ending| ending.len() <= LONGEST_ENDING).unwrap_or("");
    let mut room = LONGEST - ending.len();
    while !name.is_char_boundary(room) {
        room -= 1;
    }
    format!("{}{ending}", trimmed(&name[..room]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_what_was_given_as_people_wrote_it() {
        for (given, name) in [
            ("Cotización No. 4 (final).pdf", "Cotización No. 4 (final).pdf"),
            ("/home/ana/contrato.docx", "contrato.docx"),
            (r"C:\Users\Ana\plano.dwg", "plano.dwg"),
            ("../../etc/passwd", "passwd"),
            ("..", "archivo"),
            ("", "archivo"),
            ("a/..", "archivo"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("factura\u{202e}fdp.exe", "facturafdp.exe"),
            ("un\0o.pdf", "uno.pdf"),
            ("Pen\u{303}a.pdf", "Peña.pdf"),
            (".oculto", "oculto"),
            ("punto. ", "punto"),
            ("¿qué? <1|2>.txt", "¿qué_ _1_2_.txt"),
        ] {
            assert_eq!(FileName::new(given).as_str(), name, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = FileName::new(&format!("{}.pdf", "ñ".repeat(4_096)));
        assert!(name.as_str().len() <= LONGEST && name.as_str().ends_with("ñ.pdf"), "{name}");
        assert!(FileName::new(&"a".repeat(4_096)).as_str().len() == LONGEST);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_given_becomes_one_part_of_a_path_and_stays_what_it_became(given in "\\PC{0,60}|[./\\\\:\u{0}-\u{20}\u{200e}\u{202e}CONonul1.]{0,300}") {
            let name = FileName::new(&given);
            let text = name.as_str();
            proptest::prop_assert!(!text.is_empty() && text.len() <= LONGEST);
            proptest::prop_assert!(text.chars().all(|c| is_kept(c) && !is_forbidden(c)));
            proptest::prop_assert_eq!(std::path::Path::new(text).components().count(), 1);
            proptest::prop_assert!(!text.starts_with('.'));
            proptest::prop_assert_eq!(FileName::new(text), name);
        }
    }
}
