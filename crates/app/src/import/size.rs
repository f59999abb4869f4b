//! Numbers of employees as people write them.

/// Why a cell is no number of employees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadSize {
    /// Below zero.
    Negative,
    /// No whole number in it.
    Unreadable,
}

/// `140`, `1,200`, `51-200` (its lower end), `1000+`, `> 500`, `25 empleados`.
///
/// # Errors
/// [`BadSize`] says why not.
pub(super) fn parse(cell: &str) -> Result<u32, BadSize> {
    let text = cell.trim().trim_start_matches(['>', '≥', '~', '+', '≈', ' ']);
    let minus = text.strip_prefix(['-', '\u{2212}']);
    let number = leading_number(minus.unwrap_or(text).trim_start()).ok_or(BadSize::Unreadable)?;
    if minus.is_some() && number > 0 { Err(BadSize::Negative) } else { Ok(number) }
}

/// The whole number a text begins with, thousands joined, `.0` behind it dropped.
fn leading_number(text: &str) -> Option<u32> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(text);
    let (mut number, mut rest) = (text[..first].to_owned(), &text[first..]);
    if first == 0 {
        return None;
    }
    while first <= 3
        && let Some(group) = rest.strip_prefix([',', '.', ' ', '\''])
        && digits(group) == 3
    {
        number.push_str(&group[..3]);
        rest = &group[3..];
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let count = digits(fraction);
        if count == 0 || fraction[..count].bytes().any(|digit| digit != b'0') {
            return None;
        }
    }
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_every_spelling() {
        let cases = [
            ("140", 140),
            ("1,200", 1_200),
            ("1.200", 1_200),
            ("12 000", 12_000),
            ("51-200", 51),
            ("1000+", 1_000),
            ("> 500", 500),
            ("25 empleados", 25),
            ("140.0", 140),
            ("0", 0),
            ("-0", 0),
        ];
        for (cell, size) in cases {
            assert_eq!(parse(cell), Ok(size), "{cell}");
        }
    }

    #[test]
    fn what_is_no_size_is_named() {
        assert_eq!(parse("-4"), Err(BadSize::Negative));
        assert_eq!(parse("- 4"), Err(BadSize::Negative));
        for cell in ["muchos", "", "-", "8.5", "99999999999"] {
            assert_eq!(parse(cell), Err(BadSize::Unreadable), "{cell}");
        }
    }
}
