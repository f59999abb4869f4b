//! A cell of the grid as a field of the lead, and back.

use rust_decimal::Decimal;
use zuc_domain::{
    lead::{Lead, LeadField, NextStep},
    shared::{Currency, DecimalStyle, Money},
};

use crate::AppError;

/// Reads what was typed into the cell `name`.
pub(super) fn parse(name: &str, text: &str) -> Result<LeadField, AppError> {
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
        "amount" => LeadField::EstimatedAmount(amount(text)?),
        "next_step" => LeadField::NextStep(next_step(text)?),
        _ => return Err(AppError::invalid("field")),
    })
}

/// The cell's text for a field, as the window sends it back as the old value.
pub(super) fn text(field: &LeadField) -> String {
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
        LeadField::EstimatedAmount(value) => value.map(|money| money.amount().to_string()).unwrap_or_default(),
        LeadField::MailOpenRate(value) => value.map(|rate| rate.value().to_string()).unwrap_or_default(),
        LeadField::DemoRequested(value) => value.to_string(),
        LeadField::NextStep(value) => {
            value.as_ref().map(|step| format!("{}|{}", step.text, step.due)).unwrap_or_default()
        }
        LeadField::Tags(tags) => tags.iter().cloned().collect::<Vec<_>>().join(","),
    }
}

/// Whether the cell still shows what the person saw when they began to type.
pub(super) fn unchanged_since(lead: &Lead, like: &LeadField, seen: &str) -> bool {
    let now = lead.field(like);
    match (&now, parse_like(like, seen)) {
        // amounts are compared as numbers: `1500` and `1500.00` are the same cell
        (LeadField::EstimatedAmount(now), Some(LeadField::EstimatedAmount(seen))) => {
            now.map(|money| money.amount().normalize()) == seen.map(|money| money.amount().normalize())
        }
        (_, Some(seen)) => now == seen,
        (_, None) => text(&now) == seen.trim(),
    }
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
    parse(name, seen).ok()
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

fn amount(text: &str) -> Result<Option<Money>, AppError> {
    if text.is_empty() {
        return Ok(None);
    }
    let (text, currency) = match text.strip_prefix("US$").or_else(|| text.strip_suffix("USD")) {
        Some(rest) => (rest.trim(), Currency::Usd),
        None => (text.trim_start_matches('$').trim_end_matches("MXN").trim(), Currency::Mxn),
    };
    let style = DecimalStyle::detect([text]);
    let amount: Decimal =
        style.parse(text).map_err(|error| AppError::new(error.code(), error.to_string()).at("amount"))?;
    Money::try_new(amount, currency)
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
