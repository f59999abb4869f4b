//! Text as people compare it: without accents, case, punctuation or company type.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents: `Peñón` becomes `penon`.
pub fn fold(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Trims and collapses runs of blanks; `None` when nothing is left.
pub fn clean(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Whether two names of persons can be of one: each word of the shorter is one of the longer, in order, whole or as its
/// initial, and one at least is whole. `R. Ruiz` and `Rosa Ruiz Peña` agree, `Rosa Ruiz` and `Eva Ruiz` do not.
pub fn names_agree(one: &str, other: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let letters: String = fold(name).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        letters.split_whitespace().map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let is_initial = |word: &str, of: &str| word.chars().count() == 1 && of.starts_with(word);
    let (mut rest, mut whole) = (long.iter(), false);
    let each = short.iter().all(|word| {
        let found = rest.find(|of| *of == word || is_initial(word, of) || is_initial(of, word));
        whole |= found == Some(word) && word.chars().count() > 1;
        found.is_some()
    });
    each && whole
}

/// Company types, as words without punctuation; longest first, so that the whole suffix goes at once.
const SUFFIXES: [&str; 34] = [
    "sociedad de responsabilidad limitada de capital variable",
    "sociedad anonima promotora de inversion de capital variable",
    "sociedad anonima bursatil de capital variable",
    "sociedad anonima de capital variable",
    "sociedad de responsabilidad limitada",
    "sociedad por acciones simplificada",
    "sociedad anonima",
    "sociedad civil",
    "asociacion civil",
    "s a p i b de c v",
    "s de r l de c v",
    "s a p i de c v",
    "s a b de c v",
    "s r l de c v",
    "sapib de cv",
    "s de rl de cv",
    "srl de cv",
    "sapi de cv",
    "s a de c v",
    "sab de cv",
    "s c de r l",
    "s de r l",
    "sc de rl",
    "sa de cv",
    "s de rl",
    "s a p i",
    "s a s",
    "s r l",
    "sapi",
    "s a",
    "s c",
    "a c",
    "srl",
    "i a p",
];
/// One-word types: taken off only when another word remains.
const SHORT_SUFFIXES: [&str; 6] = ["sa", "sc", "ac", "sas", "iap", "inc"];

/// Words of a company name for comparing: folded, without punctuation and without the company type.
pub fn company_words(name: &str) -> Vec<String> {
    let folded: String = fold(name).chars().map(|c| if c.is_alphanumeric() || c == '&' { c } else { ' ' }).collect();
    let mut words: Vec<&str> = folded.split_whitespace().collect();
    while let Some(count) = suffix_words(&words) {
        words.truncate(words.len() - count);
    }
    words.into_iter().map(str::to_owned).collect()
}

/// [`company_words`] joined by blanks.
pub fn normalise_company(name: &str) -> String {
    company_words(name).join(" ")
}

/// How many words of the company type end the name; never all of it.
fn suffix_words(words: &[&str]) -> Option<usize> {
    SUFFIXES.iter().chain(&SHORT_SUFFIXES).find_map(|suffix| {
        let mut before = words.iter().rev();
        let ends = suffix.rsplit(' ').all(|word| before.next() == Some(&word));
        (ends && before.len() > 0).then(|| words.len() - before.len())
    })
}

/// The name as the SAT registers it: upper case, single blanks, accents and Ñ kept, company type taken off.
///
/// Source: CFDI 4.0 guide, `Nombre` of issuer and receiver (CFDI40139, CFDI40145).
pub fn fiscal_name(name: &str) -> String {
    let upper = name.to_uppercase();
    let words: Vec<&str> = upper.split_whitespace().collect();
    let spelled: Vec<Vec<String>> = words.iter().map(|word| spell(word)).collect();
    // Punctuation makes several comparison words of one written word: take off whole written words only.
    let keep = (1..words.len()).find(|&start| {
        let tail: Vec<&str> = spelled[start..].iter().flatten().map(String::as_str).collect();
        SUFFIXES.iter().chain(&SHORT_SUFFIXES).any(|suffix| suffix.split(' ').eq(tail.iter().copied()))
    });
    let kept = words[..keep.unwrap_or(words.len())].join(" ");
    kept.trim_end_matches([',', ';']).to_owned()
}

fn spell(word: &str) -> Vec<String> {
    let spaced: String = fold(word).chars().map(|c| if c.is_alphanumeric() || c == '&' { c } else { ' ' }).collect();
    spaced.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_person_agree_in_each_word_that_both_have() {
        for (one, other) in [
            ("R. Ruiz", "Rosa Ruiz Peña"),
            ("ROSA RUÍZ", "rosa ruiz"),
            ("Rosa", "Rosa Ruiz"),
            ("Rosa M. Ruiz", "Rosa Ruiz"),
        ] {
            assert!(names_agree(one, other) && names_agree(other, one), "{one} and {other}");
        }
        for (one, other) in [
            ("Eva Ruiz", "Rosa Ruiz"),
            ("R.", "Rosa Ruiz"),
            ("", "Rosa"),
            ("Ruiz Rosa", "Rosa Ruiz"),
            ("Rosalía", "Rosa"),
        ] {
            assert!(!names_agree(one, other) && !names_agree(other, one), "{one} and {other}");
        }
    }

    #[test]
    fn accents_and_case_fall_away() {
        assert_eq!(fold("Íñigo GÜEMES Peña"), "inigo guemes pena");
    }

    #[test]
    fn every_spelling_of_the_company_type_falls_away() {
        let forms = [
            "Plásticos La Peña Muñoz, S. de R.L. de C.V.",
            "PLASTICOS LA PENA MUNOZ SA DE CV",
            "Plásticos La Peña Muñoz S.A.P.I. de C.V.",
            "Plasticos la Peña  Muñoz S.C.",
            "Plásticos La Peña Muñoz A.C.",
            "plásticos la peña muñoz S. A. de C. V.",
            "Plásticos La Peña Muñoz S de RL de CV",
            "Plásticos La Peña Muñoz, Sociedad Anónima de Capital Variable",
        ];
        for form in forms {
            assert_eq!(normalise_company(form), "plasticos la pena munoz", "{form}");
        }
    }

    #[test]
    fn a_name_that_is_only_a_type_stays() {
        assert_eq!(normalise_company("SAS"), "sas");
        assert_eq!(normalise_company("S.A. de C.V."), "s a de c v");
    }

    #[test]
    fn the_fiscal_name_keeps_accents_and_loses_the_company_type() {
        assert_eq!(fiscal_name("Escuela  Kemper Urgate, S.A. de C.V."), "ESCUELA KEMPER URGATE");
        assert_eq!(fiscal_name("Diseño Río Bravo S. de R.L."), "DISEÑO RÍO BRAVO");
        assert_eq!(fiscal_name("ESCUELA KEMPER URGATE"), "ESCUELA KEMPER URGATE");
        assert_eq!(fiscal_name("Herrera & Esparza S.C."), "HERRERA & ESPARZA");
        assert_eq!(fiscal_name("U.S.A. Importaciones"), "U.S.A. IMPORTACIONES");
    }
}
