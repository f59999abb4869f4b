//! An amount in Spanish words, as proposals and fiscal papers spell it.

use rust_decimal::{Decimal, RoundingStrategy};

/// How the words are dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordStyle {
    /// `(un millón de pesos 00/100 M.N.)`: lower case in parentheses.
    Proposal,
    /// `UN MILLÓN DE PESOS 00/100 M.N.`: upper case, as printed CFDI have it.
    Cfdi,
}

/// A currency's noun, its gender and what follows the cents.
struct Noun {
    one: &'static str,
    many: &'static str,
    feminine: bool,
    /// What stands after `NN/100`; the ISO code when empty.
    mark: &'static str,
}

/// The nouns of the currencies Mexican companies invoice in; any other is written with its code alone.
fn noun(code: &str) -> Noun {
    let (one, many, feminine, mark) = match code {
        "MXN" => ("peso", "pesos", false, "M.N."),
        "USD" => ("dólar", "dólares", false, ""),
        "EUR" => ("euro", "euros", false, ""),
        "CAD" => ("dólar canadiense", "dólares canadienses", false, ""),
        "GBP" => ("libra esterlina", "libras esterlinas", true, ""),
        "CHF" => ("franco suizo", "francos suizos", false, ""),
        "JPY" => ("yen", "yenes", false, ""),
        "SEK" => ("corona sueca", "coronas suecas", true, ""),
        "BRL" => ("real", "reales", false, ""),
        "GTQ" => ("quetzal", "quetzales", false, ""),
        "COP" => ("peso colombiano", "pesos colombianos", false, ""),
        _ => ("", "", false, ""),
    };
    Noun { one, many, feminine, mark }
}

/// The amount in words with its currency and cents, rounded half up to two decimals.
///
/// Source: SAT practice for printed CFDI: apocope before the noun (`UN`, `VEINTIÚN`), `MIL` and not `UN MIL`,
/// `DE` after exact millions, cents as `NN/100`, `M.N.` for pesos and the ISO code for other currencies.
pub fn amount_in_words(amount: Decimal, currency_code: &str, style: WordStyle) -> String {
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let absolute = rounded.abs();
    let whole = absolute.trunc();
    let cents = ((absolute - whole) * Decimal::ONE_HUNDRED).trunc().mantissa().unsigned_abs();
    // `trunc` leaves no decimals, so the mantissa is the integer itself.
    let whole = whole.mantissa().unsigned_abs();
    let noun = noun(currency_code);

    let mut words = Vec::new();
    if rounded.is_sign_negative() && !rounded.is_zero() {
        words.push("menos".to_owned());
    }
    words.push(integer(whole, noun.feminine));
    if !noun.one.is_empty() {
        if whole >= MILLION && whole.is_multiple_of(MILLION) {
            words.push("de".to_owned());
        }
        words.push(if whole == 1 { noun.one } else { noun.many }.to_owned());
    }
    words.push(format!("{cents:02}/100"));
    let spelled = words.join(" ");
    let mark = if noun.mark.is_empty() { currency_code } else { noun.mark };
    match style {
        WordStyle::Proposal => format!("({spelled} {mark})"),
        WordStyle::Cfdi => format!("{} {mark}", spelled.to_uppercase()),
    }
}

const MILLION: u128 = 1_000_000;

/// Spanish names of the powers of a million (long scale): a billón is a million millions.
const POWERS: [(&str, &str); 5] = [
    ("", ""),
    ("millón", "millones"),
    ("billón", "billones"),
    ("trillón", "trillones"),
    ("cuatrillón", "cuatrillones"),
];

/// The integer in apocope, ready to stand before a noun.
fn integer(number: u128, feminine: bool) -> String {
    if number == 0 {
        return "cero".to_owned();
    }
    let mut groups = Vec::new();
    let mut rest = number;
    for (one, many) in POWERS {
        let group = rest % MILLION;
        rest /= MILLION;
        if group > 0 {
            // Millón is a masculine noun: only the last group agrees with the currency.
            let mut words = below_million(group, feminine && one.is_empty());
            if !one.is_empty() {
                words.push(if group == 1 { one } else { many });
            }
            groups.push(words.join(" "));
        }
    }
    groups.reverse();
    groups.join(" ")
}

fn below_million(number: u128, feminine: bool) -> Vec<&'static str> {
    let mut words = Vec::new();
    let (thousands, units) = (number / 1000, number % 1000);
    if thousands > 1 {
        words.extend(below_thousand(thousands, feminine));
    }
    if thousands > 0 {
        words.push("mil");
    }
    words.extend(below_thousand(units, feminine));
    words
}

const HUNDREDS: [(&str, &str); 10] = [
    ("", ""),
    ("ciento", "ciento"),
    ("doscientos", "doscientas"),
    ("trescientos", "trescientas"),
    ("cuatrocientos", "cuatrocientas"),
    ("quinientos", "quinientas"),
    ("seiscientos", "seiscientas"),
    ("setecientos", "setecientas"),
    ("ochocientos", "ochocientas"),
    ("novecientos", "novecientas"),
];
const TENS: [&str; 10] =
    ["", "diez", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"];
const SMALL: [&str; 30] = [
    "",
    "un",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiún",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];

fn below_thousand(number: u128, feminine: bool) -> Vec<&'static str> {
    let index = |part: u128| usize::try_from(part).unwrap_or(0);
    if number == 100 {
        return vec!["cien"];
    }
    let mut words = Vec::new();
    let (masculine, feminine_form) = HUNDREDS[index(number / 100)];
    words.push(if feminine { feminine_form } else { masculine });
    let rest = number % 100;
    let unit = |small: u128| match small {
        1 if feminine => "una",
        21 if feminine => "veintiuna",
        other => SMALL[index(other)],
    };
    if rest < 30 {
        words.push(unit(rest));
    } else {
        words.push(TENS[index(rest / 10)]);
        if !rest.is_multiple_of(10) {
            words.push("y");
            words.push(unit(rest % 10));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cfdi(amount: &str, code: &str) -> String {
        amount_in_words(amount.parse().unwrap(), code, WordStyle::Cfdi)
    }

    #[test]
    fn pesos_follow_the_rules_of_apocope_hundreds_and_millions() {
        let list = [
            ("0", "CERO PESOS 00/100 M.N."),
            ("1", "UN PESO 00/100 M.N."),
            ("1.50", "UN PESO 50/100 M.N."),
            ("16", "DIECISÉIS PESOS 00/100 M.N."),
            ("21", "VEINTIÚN PESOS 00/100 M.N."),
            ("22", "VEINTIDÓS PESOS 00/100 M.N."),
            ("26", "VEINTISÉIS PESOS 00/100 M.N."),
            ("31", "TREINTA Y UN PESOS 00/100 M.N."),
            ("100", "CIEN PESOS 00/100 M.N."),
            ("101", "CIENTO UN PESOS 00/100 M.N."),
            ("500", "QUINIENTOS PESOS 00/100 M.N."),
            ("700", "SETECIENTOS PESOS 00/100 M.N."),
            ("900", "NOVECIENTOS PESOS 00/100 M.N."),
            ("1000", "MIL PESOS 00/100 M.N."),
            ("1001", "MIL UN PESOS 00/100 M.N."),
            ("1234.56", "MIL DOSCIENTOS TREINTA Y CUATRO PESOS 56/100 M.N."),
            ("21000", "VEINTIÚN MIL PESOS 00/100 M.N."),
            ("100000", "CIEN MIL PESOS 00/100 M.N."),
            ("1000000", "UN MILLÓN DE PESOS 00/100 M.N."),
            ("1000001", "UN MILLÓN UN PESOS 00/100 M.N."),
            ("2000000", "DOS MILLONES DE PESOS 00/100 M.N."),
            (
                "999999999.99",
                "NOVECIENTOS NOVENTA Y NUEVE MILLONES NOVECIENTOS NOVENTA Y NUEVE MIL NOVECIENTOS NOVENTA Y NUEVE \
                 PESOS 99/100 M.N.",
            ),
            ("1000000000000", "UN BILLÓN DE PESOS 00/100 M.N."),
            ("21000000", "VEINTIÚN MILLONES DE PESOS 00/100 M.N."),
            ("-5", "MENOS CINCO PESOS 00/100 M.N."),
            ("0.995", "UN PESO 00/100 M.N."),
        ];
        for (amount, words) in list {
            assert_eq!(cfdi(amount, "MXN"), words);
        }
    }

    #[test]
    fn other_currencies_end_in_their_code_and_agree_in_gender() {
        assert_eq!(cfdi("1234.56", "USD"), "MIL DOSCIENTOS TREINTA Y CUATRO DÓLARES 56/100 USD");
        assert_eq!(cfdi("1", "USD"), "UN DÓLAR 00/100 USD");
        assert_eq!(cfdi("21", "EUR"), "VEINTIÚN EUROS 00/100 EUR");
        assert_eq!(cfdi("1000000", "EUR"), "UN MILLÓN DE EUROS 00/100 EUR");
        assert_eq!(cfdi("201", "GBP"), "DOSCIENTAS UNA LIBRAS ESTERLINAS 00/100 GBP");
        assert_eq!(cfdi("2000021", "SEK"), "DOS MILLONES VEINTIUNA CORONAS SUECAS 00/100 SEK");
        assert_eq!(cfdi("12.30", "XPF"), "DOCE 30/100 XPF");
    }

    #[test]
    fn a_proposal_writes_them_small_and_in_parentheses() {
        let words = amount_in_words("1614553.98".parse().unwrap(), "MXN", WordStyle::Proposal);
        assert_eq!(words, "(un millón seiscientos catorce mil quinientos cincuenta y tres pesos 98/100 M.N.)");
    }

    #[test]
    fn the_largest_decimal_has_words_too() {
        assert!(amount_in_words(Decimal::MAX, "MXN", WordStyle::Cfdi).starts_with("SETENTA Y NUEVE MIL"));
    }
}
