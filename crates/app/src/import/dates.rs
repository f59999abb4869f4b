//! Dates as people write them; whether the day or the month comes first is decided by the column.

use jiff::civil::Date;

/// Which number of `03/04/2026` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `dd/mm/aaaa`, as in Mexico; also when nothing tells.
    DayFirst,
    /// `mm/dd/yyyy`, as in the United States.
    MonthFirst,
}

impl DateOrder {
    /// The order under which more cells of a column are dates.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let (mut day_first, mut month_first) = (0_usize, 0_usize);
        for cell in cells {
            if let Some([first, second, _]) = numbers(cell).filter(|[first, _, _]| *first <= 31) {
                day_first += usize::from(first > 12 && second <= 12);
                month_first += usize::from(second > 12 && first <= 12);
            }
        }
        if month_first > day_first { Self::MonthFirst } else { Self::DayFirst }
    }
}

/// The day of a cell, any time behind it dropped; `None` when no such day exists.
pub(super) fn parse(cell: &str, order: DateOrder) -> Option<Date> {
    if let Some([first, second, third]) = numbers(cell) {
        let (year, month, day) = if first > 31 {
            (first, second, third)
        } else if order == DateOrder::DayFirst {
            (full_year(third), second, first)
        } else {
            (full_year(third), first, second)
        };
        return date(year, month, day);
    }
    if cell.len() == 5 && cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_serial(cell.parse().ok()?);
    }
    with_month_name(cell)
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

/// `26` is 2026 and `99` is 1999: nobody has prospects of the next half century.
fn full_year(year: u16) -> u16 {
    match year {
        0..=69 => 2000 + year,
        70..=99 => 1900 + year,
        other => other,
    }
}

/// The three numbers of `19/12/2026`, `2026-12-19T10:00:00Z` or `19.12.26 10:00`.
fn numbers(cell: &str) -> Option<[u16; 3]> {
    let day = cell.split([' ', 'T', ',']).next()?;
    let mark = day.chars().find(|letter| matches!(letter, '/' | '-' | '.'))?;
    let mut parts = day.split(mark).map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// Days since Excel's epoch, 1980 to 2079; other five-digit numbers are no dates.
fn from_serial(days: i64) -> Option<Date> {
    if !(29_221..=65_744).contains(&days) {
        return None;
    }
    Date::constant(1899, 12, 30).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// `19 de diciembre de 2026`, `19-dic-26`, `Dec 19, 2026`.
fn with_month_name(cell: &str) -> Option<Date> {
    const MONTHS: [[&str; 2]; 12] = [
        ["ene", "jan"],
        ["feb", "feb"],
        ["mar", "mar"],
        ["abr", "apr"],
        ["may", "may"],
        ["jun", "jun"],
        ["jul", "jul"],
        ["ago", "aug"],
        ["sep", "sep"],
        ["oct", "oct"],
        ["nov", "nov"],
        ["dic", "dec"],
    ];
    if cell.len() > 40 {
        return None;
    }
    let lower = cell.to_lowercase();
    let mut month = None;
    let mut numbers = Vec::new();
    for part in
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty() && *part != "martes")
    {
        if let Ok(number) = part.parse::<u16>() {
            numbers.push(number);
        } else if let Some(at) = MONTHS.iter().position(|names| names.iter().any(|name| part.starts_with(name))) {
            month = month.or(Some(at));
        }
    }
    let month = u16::try_from(month? + 1).ok()?;
    match numbers[..] {
        [year, day, ..] if year > 31 => date(year, month, day),
        [day, year, ..] => date(full_year(year), month, day),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_column_tells_which_number_is_the_day() {
        assert_eq!(DateOrder::of(["03/04/2026", "19/12/2026"].into_iter()), DateOrder::DayFirst);
        assert_eq!(DateOrder::of(["03/04/2026", "12/19/2026"].into_iter()), DateOrder::MonthFirst);
        assert_eq!(DateOrder::of(["03/04/2026"].into_iter()), DateOrder::DayFirst);
        assert_eq!(parse("03/04/2026", DateOrder::DayFirst), Some(date(2026, 4, 3)));
        assert_eq!(parse("03/04/2026", DateOrder::MonthFirst), Some(date(2026, 3, 4)));
    }

    #[test]
    fn every_way_of_writing_one_day_is_that_day() {
        for cell in [
            "19/12/2026",
            "19-12-26",
            "19.12.2026 10:30",
            "2026-12-19",
            "2026-12-19T10:30:00Z",
            "2026/12/19",
            "19 de diciembre de 2026",
            "19-dic-26",
            "Dec 19, 2026",
            "46375",
        ] {
            assert_eq!(parse(cell, DateOrder::DayFirst), Some(date(2026, 12, 19)), "{cell}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for cell in ["31/02/2026", "00/01/2026", "19/13/2026", "mañana", "12", "19/12", "1/2/3/4", ""] {
            assert_eq!(parse(cell, DateOrder::DayFirst), None, "{cell}");
        }
    }
}
