//! A cell of the grid as a field of the lead, and back.

use zuc_domain::{
    lead::{Lead, LeadField, NextStep},
    shared::{Currency, DecimalStyle, Money},
};

use crate::{AppError, import::currency};

/// Reads what was typed into the cell `name`; an amount that names no currency is in the one it is given here.
pub(super) fn parse(name: &str, text: &str, unnamed: Currency) -> Result<LeadField, AppError> {
    let text = text.trim();
    let some = || (!text.is_empty()).then(|| text.to_owned());
    Ok(match name {
        "full_name" => LeadField::FullName(some()),
        "company" => LeadField::Company(some()),
        "city" => LeadField::City(some()),
        "industry" => LeadField::Industry(some()),
        "source" => LeadField::Source(text.to_owned()),
        "notes" => LeadField::Notes(text.to_owned()),
        "email" => LeadField::Email(value(name, text)?),
        "phone" => LeadField::Phone(value(name, text)?),
        "rfc" => LeadField::Rfc(value(name, text)?),
        "postal_code" => LeadField::PostalCode(value(name, text)?),
        "company_size" => LeadField::CompanySize(value(name, &text.replace([',', ' '], ""))?),
        "amount" => LeadField::EstimatedAmount(amount(text, unnamed)?),
        "next_step" => LeadField::NextStep(next_step(text)?),
        _ => return Err(AppError::invalid("field")),
    })
}

/// The cell's text for a field: [`parse`] makes the same value of it, whatever the record holds by then.
pub(crate) fn text(field: &LeadField) -> String {
    match field {
        LeadField::FullName(value)
        | LeadField::Company(value)
        | LeadField::City(value)
        | LeadField::Industry(value)
        | LeadField::Medium(value)
        | LeadField::Campaign(value) => value.clone().unwrap_or_default(),
        LeadField::Source(value) | LeadField::Notes(value) => value.clone(),
        LeadField::Email(value) => value.as_ref().map(ToString::to_string).unwrap_or_default(),
        LeadField::Phone(value) => value.as_ref().map(ToString::to_string).unwrap_or_default(),
        LeadField::Rfc(value) => value.as_ref().map(ToString::to_string).unwrap_or_default(),
        LeadField::PostalCode(value) => value.as_ref().map(ToString::to_string).unwrap_or_default(),
        LeadField::CompanySize(value) => value.map(|size| size.to_string()).unwrap_or_default(),
        LeadField::EstimatedAmount(value) => {
            value.map(|money| format!("{} {}", money.amount(), money.currency())).unwrap_or_default()
        }
        LeadField::MailOpenRate(value) => value.map(|rate| rate.value().to_string()).unwrap_or_default(),
        LeadField::DemoRequested(value) => value.to_string(),
        LeadField::NextStep(value) => {
            value.as_ref().map(|step| format!("{}|{}", step.text, step.due)).unwrap_or_default()
        }
        LeadField::Tags(tags) => tags.iter().cloned().collect::<Vec<_>>().join(","),
    }
}

/// Whether the cell still shows what the person saw when they began to type. What they saw of an amount names its
/// currency, unless it is pesos; `1500` and `1500.00` are the same cell.
pub(super) fn unchanged_since(lead: &Lead, like: &LeadField, seen: &str) -> bool {
    let now = lead.field(like);
    parse_like(like, seen).map_or_else(|| text(&now) == seen.trim(), |seen| now == seen)
}

fn parse_like(like: &LeadField, seen: &str) -> Option<LeadField> {
    let name = match like {
        LeadField::FullName(_) => "full_name",
        LeadField::PostalCode(_) => "postal_code",
        LeadField::CompanySize(_) => "company_size",
        LeadField::EstimatedAmount(_) => "amount",
        LeadField::NextStep(_) => "next_step",
        other => other.name(),
    };
    parse(name, seen, Currency::Mxn).ok()
}

fn value<T: std::str::FromStr>(name: &str, text: &str) -> Result<Option<T>, AppError> {
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse()
            .map(Some)
            .map_err(|_| AppError::new(format!("lead.bad_{name}"), format!("{name} cannot be read")).at(name))
    }
}

fn amount(text: &str, unnamed: Currency) -> Result<Option<Money>, AppError> {
    if text.is_empty() {
        return Ok(None);
    }
    let (named, number) = currency::split(text);
    let amount = DecimalStyle::detect([number.as_str()])
        .parse(&number)
        .map_err(|error| AppError::new(error.code(), error.to_string()).at("amount"))?;
    Money::try_new(amount, named.unwrap_or(unnamed))
        .map(Some)
        .map_err(|error| AppError::new(error.code(), error.to_string()).at("amount"))
}

fn next_step(text: &str) -> Result<Option<NextStep>, AppError> {
    if text.is_empty() {
        return Ok(None);
    }
    let (step, due) = text.rsplit_once('|').ok_or_else(|| AppError::invalid("next_step"))?;
    let due = due.trim().parse().map_err(|_| AppError::invalid("next_step"))?;
    Ok(Some(NextStep { text: step.trim().to_owned(), due }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, unnamed: Currency) -> LeadField {
        parse("amount", text, unnamed).unwrap()
    }

    #[test]
    fn an_amount_without_a_currency_is_in_the_one_the_lead_holds() {
        let dollars =
            |amount: &str| LeadField::EstimatedAmount(Money::try_new(amount.parse().unwrap(), Currency::Usd).ok());
        for (typed, unnamed) in [
            ("1,300", Currency::Usd),
            ("$1,300", Currency::Usd),
            ("US$1,300", Currency::Mxn),
            ("1300 USD", Currency::Mxn),
            ("1,300 dólares", Currency::Eur),
        ] {
            assert_eq!(money(typed, unnamed), dollars("1300"), "{typed} over {unnamed}");
        }
        assert_eq!(money("1,300 MXN", Currency::Usd), money("1300", Currency::Mxn));
        assert_eq!(money(" ", Currency::Usd), LeadField::EstimatedAmount(None));
    }

    #[test]
    fn the_text_of_an_amount_comes_back_as_it_went_whatever_stands_by_then() {
        for held in Currency::ALL {
            let field = money("1234.5", held);
            for other in Currency::ALL {
                assert_eq!(money(&text(&field), other), field);
            }
        }
    }
}
