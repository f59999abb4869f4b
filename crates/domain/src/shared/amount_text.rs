//! Amounts as people write them in spreadsheets.

use rust_decimal::Decimal;
use thiserror::Error;

/// Which mark stands before the decimals; a whole column uses one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DecimalStyle {
    /// `1,365,000.50`, as in Mexico.
    #[default]
    Point,
    /// `1.365.000,50`, as in Spain.
    Comma,
}

/// The text is no amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum AmountError {
    /// Below zero.
    #[error("the amount is negative")]
    Negative,
    /// Not a number, or its groups of thousands do not fit.
    #[error("the amount is not a number")]
    NotANumber,
    /// More digits than an amount may have.
    #[error("the amount has too many digits")]
    TooManyDigits,
}

impl AmountError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Negative => "amount.negative",
            Self::NotANumber => "amount.not_a_number",
            Self::TooManyDigits => "amount.too_many_digits",
        }
    }
}

impl DecimalStyle {
    const fn marks(self) -> (char, char) {
        match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        }
    }

    /// Tells the style of a column from all its values: each value that can be read in one way only votes.
    pub fn detect<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let balance: i64 = values.into_iter().map(|value| vote(&bare(value))).sum();
        if balance < 0 { Self::Comma } else { Self::Point }
    }

    /// Reads one value of a column of this style. Currency signs and blanks are ignored.
    ///
    /// # Errors
    /// [`AmountError`] says which rule broke.
    pub fn parse(self, value: &str) -> Result<Decimal, AmountError> {
        let text = bare(value);
        let (point, group) = self.marks();
        let negative = text.starts_with(['-', '\u{2212}', '(']) || text.ends_with('-');
        let text = text.trim_matches(|c| matches!(c, '-' | '\u{2212}' | '(' | ')'));
        let text = text.strip_prefix('+').unwrap_or(text);
        let (whole, fraction) = text.split_once(point).unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !digits(fraction) || (whole.is_empty() && fraction.is_empty()) || !is_grouped(whole, group) {
            return Err(AmountError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        let whole = whole.trim_start_matches('0');
        if whole.len() > 12 || fraction.len() > 6 {
            return Err(AmountError::TooManyDigits);
        }
        let amount =
            Decimal::from_str_exact(&format!("0{whole}.{fraction}0")).map_err(|_| AmountError::NotANumber)?.normalize();
        if negative && !amount.is_zero() { Err(AmountError::Negative) } else { Ok(amount) }
    }
}

/// The value without currency signs, codes and blanks.
fn bare(value: &str) -> String {
    let upper = value.to_uppercase();
    let text =
        ["MXN", "USD", "EUR", "CAD", "GBP", "M.N.", "US$"].iter().fold(upper, |text, code| text.replace(code, ""));
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '$' | '€' | '£' | '\'' | '\u{2019}')).collect()
}

/// Whole digits, either without marks or in groups of three.
fn is_grouped(whole: &str, group: char) -> bool {
    let mut parts = whole.split(group);
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let fits = |part: &&str| part.len() == 3 && digits(part);
    digits(first) && rest.iter().all(fits) && (rest.is_empty() || (1..=3).contains(&first.len()))
}

/// Above zero for the point, below for the comma, zero where both readings stand.
fn vote(text: &str) -> i64 {
    match (text.rfind('.'), text.rfind(',')) {
        (Some(point), Some(comma)) => {
            if point > comma {
                1
            } else {
                -1
            }
        }
        (Some(_), None) => only('.', text),
        (None, Some(_)) => -only(',', text),
        (None, None) => 0,
    }
}

/// 1 when the only mark in `text` stands before decimals, -1 when it groups thousands, 0 when unclear.
fn only(mark: char, text: &str) -> i64 {
    let parts: Vec<&str> = text.trim_matches(|c: char| !c.is_ascii_digit() && c != mark).split(mark).collect();
    match parts.as_slice() {
        [whole, fraction] if fraction.len() != 3 || whole.len() > 3 || whole.is_empty() || *whole == "0" => 1,
        [_, _] => 0,
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(style: DecimalStyle, text: &str) -> Result<String, &'static str> {
        style.parse(text).map(|amount| amount.to_string()).map_err(AmountError::code)
    }

    #[test]
    fn the_column_tells_which_mark_stands_before_the_decimals() {
        assert_eq!(DecimalStyle::detect(["1,365,000.50", "92,000.50"]), DecimalStyle::Point);
        assert_eq!(DecimalStyle::detect(["1.365.000,50", "92.000,50"]), DecimalStyle::Comma);
        assert_eq!(
            DecimalStyle::detect(["1.365", "92,5"]),
            DecimalStyle::Comma,
            "one clear value decides the unclear ones"
        );
        assert_eq!(DecimalStyle::detect(["1,365", "2,400"]), DecimalStyle::Point, "in doubt as in Mexico");
        assert_eq!(DecimalStyle::detect(["1.365.000"]), DecimalStyle::Comma);
        assert_eq!(DecimalStyle::detect(["0.125"]), DecimalStyle::Point);
        assert_eq!(DecimalStyle::detect([]), DecimalStyle::Point);
    }

    #[test]
    fn both_styles_read_the_same_amount() {
        for text in ["1,365,000.50", "$1,365,000.50 MXN", " 1365000.5 ", "+1,365,000.500"] {
            assert_eq!(parse(DecimalStyle::Point, text).unwrap(), "1365000.5", "{text}");
        }
        for text in ["1.365.000,50", "1365000,5", "1 365 000,50 €"] {
            assert_eq!(parse(DecimalStyle::Comma, text).unwrap(), "1365000.5", "{text}");
        }
        assert_eq!(parse(DecimalStyle::Point, ".5").unwrap(), "0.5");
        assert_eq!(parse(DecimalStyle::Point, "1,365").unwrap(), "1365");
    }

    #[test]
    fn what_is_no_amount_is_refused_with_its_code() {
        for text in ["-1", "(1,000.00)", "1,000.00-", "\u{2212}5"] {
            assert_eq!(parse(DecimalStyle::Point, text), Err("amount.negative"), "{text}");
        }
        for text in ["", "NaN", "inf", "1e5", "1.2.3", "1,00.5", "12,34", ",5", "mucho", "=1+1", "0x10"] {
            assert_eq!(parse(DecimalStyle::Point, text), Err("amount.not_a_number"), "{text}");
        }
        for text in ["1234567890123456789012345678901234567890", "0.1234567"] {
            assert_eq!(parse(DecimalStyle::Point, text), Err("amount.too_many_digits"), "{text}");
        }
        assert_eq!(parse(DecimalStyle::Point, "-0.00").unwrap(), "0");
    }
}
