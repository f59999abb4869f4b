//! Figures and dates as the interface writes them: grouped thousands, two decimals, `dd/mm/aaaa`, 24 hours.
//!
//! Amounts arrive as decimal text and are never turned into a float here.

use js_sys::{Array, Date, Object, Reflect};
use wasm_bindgen::JsValue;

/// The zone of the company's calendar.
const ZONE: &str = "America/Mexico_City";

/// An amount cut where the design draws it lighter: `("$1,234", ".50")`.
pub(crate) fn money_parts(amount: &str, currency: &str) -> (String, String) {
    let (negative, digits) = amount.strip_prefix('-').map_or((false, amount), |rest| (true, rest));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, ""));
    let mut cents: String = cents.chars().chain("00".chars()).take(2.max(cents.trim_end_matches('0').len())).collect();
    cents.insert(0, '.');
    let sign = if negative { "−" } else { "" };
    let symbol = match currency {
        "MXN" => "$",
        "USD" => "US$",
        "EUR" => "€",
        other => return (format!("{sign}{other} {}", group(whole)), cents),
    };
    (format!("{sign}{symbol}{}", group(whole)), cents)
}

/// An amount in one piece.
pub(crate) fn money_text(amount: &str, currency: &str) -> String {
    let (whole, cents) = money_parts(amount, currency);
    whole + &cents
}

/// A whole number with its thousands apart: `1,284`.
pub(crate) fn count(number: impl ToString) -> String {
    let text = number.to_string();
    text.strip_prefix('-').map_or_else(|| group(&text), |rest| format!("−{}", group(rest)))
}

/// Bytes for a person.
pub(crate) fn bytes(bytes: u64) -> String {
    let (of, unit) = if bytes >= 1_000_000 { (100_000, "MB") } else { (100, "kB") };
    let tenths = bytes / of;
    format!("{}.{} {unit}", count(tenths / 10), tenths % 10)
}

/// A decimal without trailing zeros: `12.50` is `12.5`, `3.00` is `3`.
pub(crate) fn plain(decimal: &str) -> String {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        decimal.to_owned()
    }
}

fn group(whole: &str) -> String {
    let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `2026-11-24` (or the day of `2026-11-24T09:41:00`) as `24/11/2026`; other text is left as it is.
pub(crate) fn day(iso: &str) -> String {
    match iso.get(0..10).map(|date| date.split('-').collect::<Vec<_>>()).as_deref() {
        Some([year, month, day]) => format!("{day}/{month}/{year}"),
        _ => iso.to_owned(),
    }
}

/// A day as people write it, `24/11/2026` or ISO, as ISO; `None` while it is none.
pub(crate) fn iso_day(text: &str) -> Option<String> {
    let text = text.trim();
    let parts: Vec<u32> = text.split(['/', '-']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if *year > 999 => (*year, *month, *day),
        [day, month, year] if *year > 999 => (*year, *month, *day),
        _ => return None,
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// `2026-11-24` as `24/11`.
pub(crate) fn day_short(iso: &str) -> String {
    day(iso).chars().take(5).collect()
}

/// The civil parts of an instant in the company's zone: `("2026-11-24", "09:41")`.
pub(crate) fn local(instant: &str) -> (String, String) {
    let options = Object::new();
    for (key, value) in [
        ("timeZone", ZONE),
        ("year", "numeric"),
        ("month", "2-digit"),
        ("day", "2-digit"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("hourCycle", "h23"),
    ] {
        // A plain object takes any property.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    let date = Date::new(&JsValue::from_str(instant));
    if date.get_time().is_nan() {
        return (instant.to_owned(), String::new());
    }
    let format = js_sys::Intl::DateTimeFormat::new(&Array::of1(&"en-CA".into()), &options);
    let part = |wanted: &str| {
        format
            .format_to_parts(&date)
            .iter()
            .find(|part| {
                Reflect::get(part, &"type".into()).ok().and_then(|kind| kind.as_string()).as_deref() == Some(wanted)
            })
            .and_then(|part| Reflect::get(&part, &"value".into()).ok()?.as_string())
            .unwrap_or_default()
    };
    (format!("{}-{}-{}", part("year"), part("month"), part("day")), format!("{}:{}", part("hour"), part("minute")))
}

/// Today in the company's zone, `2026-11-24`.
pub(crate) fn today() -> String {
    local(&now()).0
}

/// This moment, RFC 3339 in UTC.
pub(crate) fn now() -> String {
    Date::new_0().to_iso_string().as_string().unwrap_or_default()
}

/// Today as it is said: `martes, 24 de noviembre`.
pub(crate) fn today_in_words() -> String {
    let options = Object::new();
    for (key, value) in [("timeZone", ZONE), ("weekday", "long"), ("month", "long"), ("day", "numeric")] {
        // A plain object takes any property.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    let format = js_sys::Intl::DateTimeFormat::new(&Array::of1(&"es-MX".into()), &options);
    format
        .format()
        .call1(&JsValue::UNDEFINED, &Date::new_0())
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// An instant as `24/11/2026 09:41`.
pub(crate) fn instant(instant: &str) -> String {
    // A day alone has no zone to be shown in.
    if !instant.contains('T') {
        return day(instant);
    }
    let (date, time) = local(instant);
    format!("{} {time}", day(&date)).trim_end().to_owned()
}

/// A telephone of Mexico as it is said, `222 418 7703` or `55 6648 9854`; others are left as they are.
pub(crate) fn phone(text: &str) -> String {
    let Some(digits) = text.strip_prefix("+52").filter(|digits| digits.len() == 10 && digits.is_ascii()) else {
        return text.to_owned();
    };
    // the three large cities have keys of two digits
    let key = if ["55", "56", "33", "81"].iter().any(|key| digits.starts_with(key)) { 2 } else { 3 };
    format!("{} {} {}", &digits[..key], &digits[key..6], &digits[6..])
}

/// Two letters for an avatar: `Mariana Cázares` is `MC`.
pub(crate) fn initials(name: &str) -> String {
    let mut letters =
        name.split_whitespace().filter(|word| !word.ends_with('.')).filter_map(|word| word.chars().next());
    letters.by_ref().take(2).collect::<String>().to_uppercase()
}

/// A share of the whole as a percentage for a bar's width, 0 to 100.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 100.0).clamp(0.0, 100.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_an_hour_is_the_same_day_in_every_zone() {
        assert_eq!(instant("2026-11-24"), "24/11/2026");
    }

    #[test]
    fn an_amount_keeps_every_digit_and_two_decimals() {
        assert_eq!(money_text("1385000", "MXN"), "$1,385,000.00");
        assert_eq!(money_text("-119056.5", "MXN"), "−$119,056.50");
        assert_eq!(money_text("86200.10", "USD"), "US$86,200.10");
        assert_eq!(money_text("0.126", "MXN"), "$0.126");
        assert_eq!(money_text("900719925474099312.34", "MXN"), "$900,719,925,474,099,312.34");
    }

    #[test]
    fn days_and_initials_are_written_the_mexican_way() {
        assert_eq!(day("2026-11-24T09:41:00"), "24/11/2026");
        assert_eq!(day("sin fecha"), "sin fecha");
        assert_eq!(iso_day("9/12/2026").as_deref(), Some("2026-12-09"));
        assert_eq!(iso_day("2026-12-09").as_deref(), Some("2026-12-09"));
        assert_eq!(iso_day("31/02/2026"), None);
        assert_eq!(iso_day("24/11"), None);
        assert_eq!(initials("Dra. Irma Quintanar"), "IQ");
        assert_eq!(plain("12.50"), "12.5");
        assert_eq!(phone("+522224187703"), "222 418 7703");
        assert_eq!(phone("+525566489854"), "55 6648 9854");
        assert_eq!(phone("+12025550123"), "+12025550123");
        assert_eq!(count(100_000), "100,000");
    }
}
