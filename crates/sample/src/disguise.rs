//! One thing written in many ways, and things written wrong.

use crate::{dialect::Dialect, dice::Dice, leads::SampleLead, rfc, words};

/// Ten digits as one of the many ways a telephone is written in Mexico.
pub(super) fn write_phone(digits: &str, dice: &mut Dice) -> String {
    let area = if matches!(&digits[..2], "55" | "33" | "81") { 2 } else { 3 };
    let (code, local) = digits.split_at(area);
    match dice.below(7) {
        0 => digits.to_owned(),
        1 => format!("({code}) {local}"),
        2 => format!("{code}-{local}"),
        3 => format!("+52{digits}"),
        4 => format!("+52 {code} {local}"),
        5 => format!("044 {code} {local}"),
        _ => format!("+52 1 {code} {} {}", &local[..local.len() - 4], &local[local.len() - 4..]),
    }
}

/// The same telephone with a country code and no marks, or without one where it had it.
pub(super) fn write_phone_otherwise(phone: &str) -> String {
    let all: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = &all[all.len() - 10..];
    if phone.starts_with("+52") { format!("({}) {}", &digits[..3], &digits[3..]) } else { format!("+52 {digits}") }
}

/// An RFC as it is, in lower case or with hyphens.
pub(super) fn write_rfc(rfc: &str, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => rfc.to_lowercase(),
        1 => {
            let date = rfc.len() - 9;
            format!("{}-{}-{}", &rfc[..date], &rfc[date..date + 6], &rfc[date + 6..])
        }
        _ => rfc.to_owned(),
    }
}

/// The company in capitals, without accents and with another suffix, as in a list of the treasury.
pub(super) fn shout_company(company: &str) -> String {
    let mut suffixes = words::SUFFIX;
    suffixes.sort_unstable_by_key(|suffix| std::cmp::Reverse(suffix.len()));
    let bare = suffixes.iter().find_map(|suffix| company.strip_suffix(suffix)).unwrap_or(company);
    let plain: String =
        bare.chars().flat_map(char::to_lowercase).map(words::plain).flat_map(char::to_uppercase).collect();
    format!("{plain} SA DE CV")
}

/// Breaks a row so that it must stay out; returns the reason an import gives.
pub(super) fn spoil(lead: &mut SampleLead, dice: &mut Dice, dialect: Dialect) -> &'static str {
    match dice.below(8) {
        0 | 1 => {
            lead.name.clear();
            lead.company.clear();
            "no_name_no_company"
        }
        2 => {
            lead.email = lead.email.replace('@', "(at)");
            "email"
        }
        3 => {
            lead.email = lead.email.split('@').next().unwrap_or_default().to_owned();
            "email"
        }
        4 => {
            (*dice.pick(&["PENDIENTE", "ABC123", "XXX999999XX1X", "por confirmar"])).clone_into(&mut lead.rfc);
            "rfc_format"
        }
        5 => {
            lead.size = format!("-{}", dice.between(1, 9));
            "negative_size"
        }
        6 => {
            lead.amount = match dice.below(3) {
                0 => format!("-{}", lead.amount),
                1 => "NaN".to_owned(),
                _ => dice.letters(b"123456789", 40),
            };
            "amount"
        }
        _ => {
            lead.created = dialect.date((2026, 2, dice.between(30, 31)));
            "date"
        }
    }
}

/// Makes a row that comes in, but not unremarked; returns the warning an import gives.
pub(super) fn make_odd(lead: &mut SampleLead, dice: &mut Dice) -> &'static str {
    match dice.below(3) {
        0 => {
            (*dice.pick(&words::FORMULA)).clone_into(&mut lead.notes);
            "formula"
        }
        1 => {
            (*dice.pick(&words::HTML)).clone_into(&mut lead.notes);
            "html"
        }
        _ => {
            let right = rfc::draw(dice);
            lead.rfc = rfc::with_wrong_digit(&right, dice);
            "rfc_check_digit"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_keeps_its_last_ten_digits() {
        let mut dice = Dice::new(3);
        for digits in ["5512345678", "2221234567", "8112345678"] {
            for _ in 0..30 {
                let written = write_phone(digits, &mut dice);
                let other = write_phone_otherwise(&written);
                for text in [&written, &other] {
                    let found: String = text.chars().filter(char::is_ascii_digit).collect();
                    assert!(found.ends_with(digits), "{text}");
                }
                assert_ne!(written, other);
            }
        }
    }

    #[test]
    fn a_company_is_shouted_without_accents_and_with_one_suffix() {
        assert_eq!(shout_company("Señalética Cañada Honda, S. de R.L. de C.V."), "SENALETICA CANADA HONDA SA DE CV");
        assert_eq!(shout_company("Molinos Istmo"), "MOLINOS ISTMO SA DE CV");
    }
}
