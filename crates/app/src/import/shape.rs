//! What a single cell looks like, to tell columns and headers apart; says nothing about being right.

use zuc_domain::shared::text;

/// Something, an at sign, a host with a dot.
pub(super) fn is_email(cell: &str) -> bool {
    let Some((user, host)) = cell.split_once('@') else { return false };
    let host_is_name = host.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'));
    !user.is_empty()
        && !cell.contains(char::is_whitespace)
        && host_is_name
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
}

/// Three or four letters, six digits, three more; hyphens and blanks between the groups are allowed.
pub(super) fn is_rfc(cell: &str) -> bool {
    if cell.len() > 24 {
        return false;
    }
    let plain: Vec<char> =
        cell.chars().filter(|letter| !matches!(letter, ' ' | '-')).flat_map(char::to_uppercase).collect();
    let letters = plain.len().saturating_sub(9);
    matches!(letters, 3 | 4)
        && plain[..letters].iter().all(|letter| letter.is_ascii_uppercase() || matches!(letter, 'Ñ' | '&'))
        && plain[letters..letters + 6].iter().all(char::is_ascii_digit)
        && plain[letters + 6..].iter().all(char::is_ascii_alphanumeric)
}

/// Ten to fifteen digits with the marks people put between them.
pub(super) fn is_phone(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    (10..=15).contains(&digits) && phone_marks_only(cell)
}

/// Nothing but digits and what is written between them in a telephone or an amount.
pub(super) fn phone_marks_only(cell: &str) -> bool {
    cell.chars().all(|letter| {
        letter.is_ascii_digit() || matches!(letter, ' ' | '(' | ')' | '+' | '-' | '.' | '/' | ',' | '\u{a0}')
    })
}

/// Digits with at most the marks of a number, a currency sign or a percentage.
pub(super) fn is_numeric(cell: &str) -> bool {
    cell.bytes().any(|byte| byte.is_ascii_digit())
        && cell.chars().all(|letter| {
            letter.is_ascii_digit()
                || matches!(letter, '.' | ',' | '-' | '+' | '$' | '%' | ' ' | '\'' | '(' | ')' | '€' | '\u{a0}')
        })
}

/// Three numbers parted by slashes, hyphens or dots, perhaps with a time behind.
pub(super) fn is_date(cell: &str) -> bool {
    let day = cell.split([' ', 'T']).next().unwrap_or_default();
    ['/', '-', '.'].into_iter().any(|mark| {
        let parts: Vec<&str> = day.split(mark).collect();
        parts.len() == 3
            && parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
            && parts.iter().filter(|part| part.len() == 4).count() <= 1
    })
}

/// Ends as the name of a Mexican company does: its type falls away when names are compared.
pub(super) fn has_company_suffix(cell: &str) -> bool {
    let all = text::fold(cell);
    let letters = all.chars().filter(|letter| letter.is_alphanumeric()).count();
    let compared: usize = text::company_words(cell)
        .iter()
        .map(|word| word.chars().filter(|letter| letter.is_alphanumeric()).count())
        .sum();
    compared < letters
}
