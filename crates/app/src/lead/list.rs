//! The list and one lead.

use std::str::FromStr;

use rust_decimal::Decimal;
use zuc_domain::{
    lead::{Lead, LeadState, score::Factor},
    shared::{Action, Currency, ImportBatchId, Object, OpportunityId, PersonId, Scope},
};
use zuc_ipc::{
    lead::{LeadDetail, LeadPage, LeadQuery, LeadRow, LeadSort, ScoreFactor, TimelineRow},
    shared::{Money, PersonRef},
    words,
};
use zuc_store::{LeadFilter, LeadOrder};

use super::{field, id, object};
use crate::{AppError, Office, money};

/// Most rows of one page.
const PAGE: u32 = 500;
/// Most rows of one timeline.
const TIMELINE: u32 = 100;

impl Office {
    /// A page of the list: SQL on read rows, no document is loaded.
    pub async fn lead_list(&self, query: LeadQuery) -> Result<LeadPage, AppError> {
        self.allow(Action::ReadLeads, Object::in_scope(self.sales()))?;
        let filter = filter(&query)?;
        let limit = if query.limit == 0 { 50 } else { query.limit.min(PAGE) };
        let order = order(query.sort);
        let page = self.store.lead_page(&filter, order, query.descending, query.offset, limit).await?;
        Ok(LeadPage {
            total: page.total,
            offset: query.offset,
            only_newest: page.only_newest,
            rows: page.rows.iter().map(row).collect(),
            sums: page
                .sums
                .iter()
                .filter(|sum| sum.micro != 0 && !sum.currency.is_empty())
                .map(|sum| Money { amount: micro_text(sum.micro, &sum.currency), currency: sum.currency.clone() })
                .collect(),
        })
    }

    /// One lead with the reasons of its score, its timeline and what may be done with it.
    pub async fn lead_get(&self, lead: String) -> Result<LeadDetail, AppError> {
        let asked = id(&lead)?;
        let lead_id = self.store.survivor_of(asked).await?;
        let Some(found) = self.store.lead_row(lead_id).await? else {
            let moved = self.store.read::<Lead>(asked).await?.and_then(|lead| lead.moved_to);
            return Err(moved.map_or_else(|| AppError::not_found("lead"), |_| AppError::new("lead.moved", "elsewhere")));
        };
        let whole = self.store.read::<Lead>(lead_id).await?.ok_or_else(|| AppError::not_found("lead"))?;
        let object = object(&whole);
        self.allow(Action::ReadLeads, object)?;
        let united = self.united(&whole).await?;
        let incomplete_since = self.incomplete_since(&whole).await?;
        let opposed_at = whole.opposed_at.map(|since| since.to_string());
        let (emails, phones) = (&whole.other_emails, &whole.other_phones);
        let factors: Vec<Factor> = serde_json::from_str(&found.factors).unwrap_or_default();
        let state = found.state.parse().unwrap_or(LeadState::New);
        let timeline = self
            .store
            .activities(lead_id, TIMELINE)
            .await?
            .into_iter()
            .map(|activity| TimelineRow {
                at: jiff::Timestamp::from_millisecond(activity.at).map(|at| at.to_string()).unwrap_or_default(),
                kind: activity.kind,
                by: self.exchange.name_of(activity.by),
                text: activity.text,
            })
            .collect();
        Ok(LeadDetail {
            company_size: found.company_size.and_then(|size| u32::try_from(size).ok()),
            industry: found.industry.clone(),
            postal_code: found.postal_code.clone(),
            other_emails: emails.iter().map(|email| email.as_str().to_owned()).collect(),
            other_phones: phones.iter().map(|phone| phone.as_str().to_owned()).collect(),
            created_on: found.created_on.clone(),
            notes: found.notes.clone(),
            factors: factors
                .into_iter()
                .map(|factor| ScoreFactor { label: reason(&factor.code).to_owned(), points: i32::from(factor.points) })
                .collect(),
            timeline,
            actions: self.lead_actions(state, object),
            merged: united.names,
            team: whole.scope.team().unwrap_or_default(),
            teams: self.teams_to_go_to(state, object),
            incomplete_since,
            opposed_at: opposed_at.unwrap_or_default(),
            customer_id: found.customer.or(united.customer).map(|id| id.to_string()),
            opportunity_id: found.opportunity.or(united.opportunity).map(|id| id.to_string()),
            row: row(&found),
        })
    }

    /// What the leads brought along that live on in this one.
    async fn united(&self, lead: &Lead) -> Result<United, AppError> {
        let mut united = United::default();
        for alias in self.store.aliases_of(lead.id).await? {
            let Some(alias) = self.store.read::<Lead>(alias).await? else { continue };
            // what it was in another team is no other lead
            if alias.scope == lead.scope {
                united.names.push(alias.display_name().to_owned());
            }
            if let Some(to) = alias.converted {
                united.customer = united.customer.or(Some(to.customer.uuid()));
                united.opportunity = united.opportunity.or(to.opportunity.map(OpportunityId::uuid));
            }
        }
        Ok(united)
    }

    /// Since when a lead waits for the other part of its move; empty where it does not.
    async fn incomplete_since(&self, lead: &Lead) -> Result<String, AppError> {
        let Some(origin) = lead.moved_from else { return Ok(String::new()) };
        // what it was is here, and does not say yet that it went
        let waits = self.store.read::<Lead>(origin).await?.is_some_and(|origin| origin.merged_into.is_none());
        if !waits {
            return Ok(String::new());
        }
        let mut parts = self.store.incomplete().await?.into_iter();
        let part = parts.find(|part| part.scopes.contains(&lead.scope));
        Ok(part.map(|part| part.since.to_string()).unwrap_or_default())
    }

    /// The text of a field, as an edit takes it for what the person saw.
    pub async fn lead_field(&self, lead: &str, name: &str) -> Result<String, AppError> {
        let lead = self.store.read::<Lead>(id(lead)?).await?.ok_or_else(|| AppError::not_found("lead"))?;
        let any = |text| field::parse(name, text, Currency::Mxn);
        Ok(field::text(&lead.field(&any("").or_else(|_| any("0"))?)))
    }

    fn lead_actions(&self, state: LeadState, object: Object) -> Vec<String> {
        let open = !matches!(state, LeadState::Converted | LeadState::Disqualified);
        let offers = [
            ("edit", open, Action::EditLead),
            ("log", open, Action::LogActivity),
            ("qualify", matches!(state, LeadState::Working | LeadState::Nurturing), Action::QualifyLead),
            ("disqualify", open, Action::DisqualifyLead),
            ("convert", state == LeadState::Qualified, Action::ConvertLead),
            ("merge", state != LeadState::Converted, Action::MergeLeads),
        ];
        let privacy = self.may(Action::ErasePerson, Object::in_scope(Scope::Admin)).then_some("privacy");
        let offered = offers.into_iter().filter(|(_, possible, action)| *possible && self.may(*action, object));
        offered.map(|(name, ..)| name).chain(privacy).map(ToOwned::to_owned).collect()
    }
}

impl Office {
    /// The teams that a lead can go to.
    fn teams_to_go_to(&self, state: LeadState, object: Object) -> Vec<u16> {
        if state == LeadState::Converted || !self.may(Action::MoveLead, object) {
            return Vec::new();
        }
        let mut teams = self.open_teams();
        teams.retain(|team| Some(*team) != object.scope.team());
        teams
    }
}

/// What leads brought along that live on in another.
#[derive(Default)]
struct United {
    names: Vec<String>,
    customer: Option<uuid::Uuid>,
    opportunity: Option<uuid::Uuid>,
}

fn filter(query: &LeadQuery) -> Result<LeadFilter, AppError> {
    let states = if query.states.is_empty() {
        LeadState::ALL
            .iter()
            .copied()
            .filter(|state| !matches!(state, LeadState::Converted | LeadState::Disqualified))
            .collect()
    } else {
        named(&query.states, "states")?
    };
    let owners = query
        .owners
        .iter()
        .map(|owner| match owner.as_str() {
            "" => Ok(None),
            owner => owner.parse::<PersonId>().map(Some).map_err(|_| AppError::invalid("owners")),
        })
        .collect::<Result<_, _>>()?;
    let import_batch = query
        .import_batch
        .as_deref()
        .map(|batch| batch.parse::<ImportBatchId>().map_err(|_| AppError::invalid("import_batch")))
        .transpose()?;
    Ok(LeadFilter {
        text: query.text.clone(),
        states,
        owners,
        bands: named(&query.bands, "bands")?,
        sources: query.sources.clone(),
        import_batch,
    })
}

fn named<T: FromStr>(names: &[String], field: &str) -> Result<Vec<T>, AppError> {
    names.iter().map(|name| name.parse().map_err(|_| AppError::invalid(field))).collect()
}

fn order(sort: LeadSort) -> LeadOrder {
    match sort {
        LeadSort::Company => LeadOrder::Company,
        LeadSort::Name => LeadOrder::Name,
        LeadSort::City => LeadOrder::City,
        LeadSort::State => LeadOrder::State,
        LeadSort::Score => LeadOrder::Score,
        LeadSort::Amount => LeadOrder::Amount,
        LeadSort::CreatedOn => LeadOrder::CreatedOn,
        LeadSort::Owner => LeadOrder::Owner,
        LeadSort::NextStep => LeadOrder::NextStep,
    }
}

/// Why a score is what it is, in Spanish; what a newer device found and this one has no words for, by its code.
pub(crate) fn reason(code: &str) -> &str {
    match code {
        "base" => words::say("lead.score.base"),
        "company_size" => words::say("lead.score.company_size"),
        "industry" => words::say("lead.score.industry"),
        "mail_open_rate" => words::say("lead.score.mail_open_rate"),
        "demo_requested" => words::say("lead.score.demo_requested"),
        other => other,
    }
}

/// A row as the window shows it.
pub(crate) fn row(row: &zuc_store::LeadRow) -> LeadRow {
    LeadRow {
        id: row.id.to_string(),
        company: if row.company.is_empty() { row.full_name.clone() } else { row.company.clone() },
        city: row.city.clone(),
        full_name: row.full_name.clone(),
        state: row.state.clone(),
        score: u8::try_from(row.score).unwrap_or_default(),
        band: row.band.clone(),
        score_method: row.score_method.clone(),
        next_step: row.next_step.clone(),
        next_step_due: row.next_step_due.clone().unwrap_or_default(),
        amount: row.amount.map(money::signed),
        owner: row.owner.map(|owner| PersonRef { id: owner.to_string(), name: row.owner_name.clone() }),
        email: row.email.clone(),
        phone: row.phone.clone(),
        rfc: row.rfc.clone(),
        source: row.source.clone(),
        unsent: row.unsent,
    }
}

/// Micro-units as an amount with the decimals of its currency.
fn micro_text(micro: i64, currency: &str) -> String {
    let mut amount = Decimal::new(micro, 6);
    let decimals = currency.parse::<Currency>().map_or(2, Currency::decimals);
    amount = amount.round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(decimals);
    amount.to_string()
}
