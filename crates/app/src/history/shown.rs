//! Fields of records and what they say, in the words of the business.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;
use zuc_documents::numbers;
use zuc_domain::{
    customer::{ContractState, CustomerState},
    lead::{LeadState, opportunity::Stage},
    proposal::ProposalState,
    shared::{Money, PersonId, TaxKind},
};
use zuc_ipc::words;
use zuc_protocol::item::DocKind;

use crate::{Office, customer::stage_label, proposal};

/// A kind of record as commands and pages name it.
pub(crate) fn kind_name(kind: DocKind) -> &'static str {
    match kind {
        DocKind::LEAD => "lead",
        DocKind::CUSTOMER => "customer",
        DocKind::CONTRACT => "contract",
        DocKind::OPPORTUNITY => "opportunity",
        DocKind::PRODUCT => "product",
        DocKind::PROPOSAL => "proposal",
        DocKind::INVOICE => "invoice",
        _ => "",
    }
}

/// What a field is called; `None` for one that only programs read.
pub(crate) fn label(kind: DocKind, field: &str) -> Option<&'static str> {
    let (container, _) = field.split_once('/').unwrap_or((field, ""));
    let name = field.rsplit('/').next().unwrap_or(field);
    Some(match (container, name) {
        ("transitions", _) if kind == DocKind::OPPORTUNITY => words::say("field.stage"),
        ("transitions", _) => words::say("field.state"),
        ("contacts", "gone") => words::say("field.contact_gone"),
        ("contacts", "name" | "email" | "phone" | "role") => words::say("field.contact"),
        ("acceptance", "signer") => words::say("field.signature"),
        ("versions", "gone") => words::say("field.line_gone"),
        ("versions", "discount") => words::say("field.line_discount"),
        ("versions", "description") => words::say("field.line"),
        ("tags", _) => words::say("field.tags"),
        (_, "amount") => words::say("field.amount"),
        (_, "campaign") => words::say("field.campaign"),
        (_, "city") => words::say("field.city"),
        (_, "company") => words::say("field.company"),
        (_, "company_size") => words::say("field.company_size"),
        (_, "converted") => words::say("field.converted"),
        (_, "cost") => words::say("field.cost"),
        (_, "currency") => words::say("field.currency"),
        (_, "custom_fx_rate") => words::say("field.fx_rate"),
        (_, "demo_requested") => words::say("field.demo_requested"),
        (_, "document_discount") => words::say("field.document_discount"),
        (_, "email") => words::say("field.email"),
        (_, "estimated_amount") => words::say("field.estimated_amount"),
        (_, "expected_close") => words::say("field.expected_close"),
        (_, "fiscal_profile" | "receptor") => words::say("field.fiscal_profile"),
        (_, "full_name") => words::say("field.full_name"),
        (_, "industry") => words::say("field.industry"),
        (_, "legal_name") => words::say("field.legal_name"),
        (_, "list_price") if kind == DocKind::PRODUCT => words::say("field.list_price"),
        (_, "medium") => words::say("field.medium"),
        (_, "mrr") => words::say("field.mrr"),
        (_, "name") if kind == DocKind::OPPORTUNITY => words::say("field.name"),
        (_, "next_step") => words::say("field.next_step"),
        (_, "notes") => words::say("field.notes"),
        (_, "nurture_until") => words::say("field.nurture_until"),
        (_, "owner") => words::say("field.owner"),
        (_, "payment_days") => words::say("field.payment_days"),
        (_, "phone") => words::say("field.phone"),
        (_, "postal_code") => words::say("field.postal_code"),
        (_, "price_breaks") => words::say("field.price_breaks"),
        (_, "probability") => words::say("field.probability"),
        (_, "quantity") => words::say("field.quantity"),
        (_, "rfc") => words::say("field.rfc"),
        (_, "source") => words::say("field.source"),
        (_, "tax") => words::say("field.tax"),
        (_, "title") => words::say("field.title"),
        (_, "trade_name") => words::say("field.trade_name"),
        (_, "unit_price") => words::say("field.unit_price"),
        (_, "valid_until") => words::say("field.valid_until"),
        (_, "value") => words::say("field.value"),
        _ => return None,
    })
}

/// A state in Spanish; one of a newer version stands as it is written.
pub(crate) fn state(kind: DocKind, name: &str) -> String {
    let label = match kind {
        DocKind::LEAD => name.parse().ok().map(lead_state),
        DocKind::CUSTOMER => name.parse().ok().map(customer_state),
        DocKind::CONTRACT => name.parse().ok().map(contract_state),
        DocKind::OPPORTUNITY => name.parse::<Stage>().ok().map(stage_label),
        DocKind::PROPOSAL => name.parse::<ProposalState>().ok().map(proposal::state_label),
        _ => None,
    };
    label.unwrap_or(name).to_owned()
}

fn lead_state(state: LeadState) -> &'static str {
    match state {
        LeadState::New => words::say("lead.state.new"),
        LeadState::Assigned => words::say("lead.state.assigned"),
        LeadState::Working => words::say("lead.state.working"),
        LeadState::Nurturing => words::say("lead.state.nurturing"),
        LeadState::Qualified => words::say("lead.state.qualified"),
        LeadState::Converted => words::say("lead.state.converted"),
        LeadState::Disqualified => words::say("lead.state.disqualified"),
    }
}

fn customer_state(state: CustomerState) -> &'static str {
    match state {
        CustomerState::Prospect => words::say("customer.state.prospect"),
        CustomerState::Active => words::say("customer.state.active"),
        CustomerState::Archived => words::say("customer.state.archived"),
    }
}

fn contract_state(state: ContractState) -> &'static str {
    match state {
        ContractState::Draft => words::say("contract.state.draft"),
        ContractState::InSignature => words::say("contract.state.in_signature"),
        ContractState::Active => words::say("contract.state.active"),
        ContractState::Renewed => words::say("contract.state.renewed"),
        ContractState::Expired => words::say("contract.state.expired"),
        ContractState::Terminated => words::say("contract.state.terminated"),
    }
}

/// The amount that a field holds, to compare sides by.
pub(crate) fn figure(field: &str, value: &Value) -> Option<Decimal> {
    if let Ok(money) = serde_json::from_value::<Money>(value.clone()) {
        return Some(money.amount());
    }
    let name = field.rsplit('/').next().unwrap_or(field);
    matches!(name, "unit_price" | "quantity").then(|| value.as_str()?.parse().ok()).flatten()
}

impl Office {
    /// What a field says; empty for nothing, and for what only programs read.
    pub(crate) fn shown(&self, kind: DocKind, field: &str, value: Option<&Value>) -> String {
        let Some(value) = value else { return String::new() };
        let name = field.rsplit('/').next().unwrap_or(field);
        if field.starts_with("transitions") {
            return value.as_str().map(|name| state(kind, name)).unwrap_or_default();
        }
        if field.starts_with("tags/") {
            return if value == &Value::Bool(true) { name.to_owned() } else { String::new() };
        }
        match (name, value) {
            (_, Value::Null) => String::new(),
            (_, Value::Bool(true)) => words::say("value.yes").to_owned(),
            (_, Value::Bool(false)) => words::say("value.no").to_owned(),
            ("owner", Value::String(person)) => {
                person.parse::<PersonId>().map_or_else(|_| String::new(), |person| self.exchange.name_of(person))
            }
            ("tax", _) => serde_json::from_value::<TaxKind>(value.clone())
                .map_or_else(|_| String::new(), |tax| proposal::tax_label(tax).to_owned()),
            ("unit_price" | "custom_fx_rate", Value::String(text)) => {
                text.parse().map_or_else(|_| text.clone(), |price| format!("${}", numbers::unit_price(price, 2)))
            }
            ("discount" | "document_discount", Value::String(text)) => {
                text.parse().map_or_else(|_| text.clone(), numbers::percent)
            }
            ("quantity", Value::String(text)) => text.parse().map_or_else(|_| text.clone(), numbers::quantity),
            ("probability", Value::Number(number)) => format!("{number} %"),
            ("expected_close" | "valid_until" | "nurture_until", Value::String(text)) => day(text),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Number(number)) => number.to_string(),
            ("price_breaks", Value::Array(breaks)) => breaks.iter().map(price_break).collect::<Vec<_>>().join(", "),
            (_, Value::Array(list)) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            (_, Value::Object(_)) => object(name, value),
        }
    }
}

fn object(name: &str, value: &Value) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match name {
        "fiscal_profile" | "receptor" => words::fill(
            "value.fiscal_profile",
            &[
                ("rfc", &text("rfc")),
                ("name", &text("legal_name")),
                ("regimen", &text("regimen_fiscal")),
                ("cp", &text("domicilio_cp")),
                ("uso", &if name == "receptor" { text("uso_cfdi") } else { text("uso_cfdi_default") }),
            ],
        ),
        "next_step" => format!("{}, {}", text("text"), day(&text("due"))),
        "signer" => text("name"),
        _ => serde_json::from_value::<Money>(value.clone()).map_or_else(|_| String::new(), money),
    }
}

/// An amount as people write it.
fn money(money: Money) -> String {
    let decimals = money.currency().decimals().max(money.amount().normalize().scale());
    let figure = numbers::money(money.amount(), decimals);
    match money.currency() {
        zuc_domain::shared::Currency::Mxn => figure,
        other => format!("{figure} {other}"),
    }
}

fn price_break(value: &Value) -> String {
    let from = value.get("from_quantity").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let price = value.get("price").and_then(|price| serde_json::from_value::<Money>(price.clone()).ok());
    match (from, price) {
        (Some(from), Some(price)) => format!("{} × {}", numbers::quantity(from), money(price)),
        _ => String::new(),
    }
}

fn day(text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), numbers::date)
}
