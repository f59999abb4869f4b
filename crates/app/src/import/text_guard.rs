//! Texts that a program might run: what to remark on when they come in, how to disarm them when they go out.

use super::shape;

/// Whether a spreadsheet would take the text for a formula.
///
/// A telephone with its plus, a negative number and a note that begins with a dash are none.
pub fn is_formula(text: &str) -> bool {
    let text = text.trim_start();
    let Some(first) = text.chars().next() else { return false };
    match first {
        '=' => text.len() > 1,
        '+' | '-' | '@' => text.contains(['(', '!', '|']) && !shape::phone_marks_only(text),
        _ => false,
    }
}

/// Whether the text holds a tag, open or closed.
pub fn is_html(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        let opens = rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || matches!(letter, '/' | '!' | '?'));
        opens && rest.contains('>')
    })
}

/// The text as a cell that every spreadsheet shows and none runs: an apostrophe before the signs that begin a
/// formula, unless the whole is a plain number. Source: OWASP, "CSV Injection".
pub fn guarded(text: &str) -> String {
    let begins_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']);
    if begins_formula && !is_plain_number(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text that [`guarded`] was given.
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) => rest,
        _ => cell,
    }
}

fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_told_from_telephones_and_notes() {
        for text in ["=1+1", " =HYPERLINK(\"x\")", "@SUM(A1:A9)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"] {
            assert!(is_formula(text), "{text}");
        }
        for text in ["+52 (55) 1234 5678", "-5", "- llamar mañana", "@anita", "=", "", "a=b", "+528109459679"] {
            assert!(!is_formula(text), "{text}");
        }
    }

    #[test]
    fn tags_are_told_from_signs() {
        for text in ["<img src=x onerror=alert(1)>", "hola <b>ya</b>", "</p>", "<!-- x -->"] {
            assert!(is_html(text), "{text}");
        }
        for text in ["3 < 4 y 5 > 2", "<3", "a<b", "-> x"] {
            assert!(!is_html(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_goes_out_guarded_comes_back_equal(text in "[-=+@'\t\r\n]{0,3}.{0,12}") {
            let cell = guarded(&text);
            prop_assert!(!cell.starts_with(['=', '+', '@', '\t', '\r', '\n']));
            prop_assert!(!cell.starts_with('-') || is_plain_number(&cell));
            prop_assert_eq!(unguarded(&cell), text);
        }

        #[test]
        fn a_negative_number_stays_a_number(number in i32::MIN..0) {
            prop_assert_eq!(guarded(&number.to_string()), number.to_string());
        }
    }
}
