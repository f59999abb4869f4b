//! Everything about one customer, in one call.

use rust_decimal::Decimal;
use zuc_cfdi::catalogs::{Catalog, description};
use zuc_domain::{
    lead::opportunity::Stage,
    shared::{Action, Currency, Object, Persona, Rfc, Scope},
};
use zuc_ipc::{
    customer::{ContactRow, ContractRow, Customer360, FiscalProfile, OpportunityBrief, ProposalBrief},
    lead::TimelineRow,
    words,
};

use super::id;
use crate::{AppError, Office, financial, money};

/// Proposals shown.
const PROPOSALS: u32 = 5;
/// Lines of the timeline.
const TIMELINE: u32 = 50;

impl Office {
    /// Customer, contacts, deals, last proposals, contracts and their ARR, and what happened.
    pub async fn customer_360(&self, customer: String) -> Result<Customer360, AppError> {
        let customer_id = id(&customer)?;
        self.allow(Action::ReadCustomers, Object::in_scope(self.sales()))?;
        let row = self.store.customer_row(customer_id).await?.ok_or_else(|| AppError::not_found("customer"))?;
        let contracts = self.store.contracts_of(customer_id).await?;
        let arr: Decimal =
            contracts.iter().filter(|contract| contract.state == "active").map(|contract| contract.arr.amount()).sum();
        let mut timeline = self.timeline_of(customer_id.uuid()).await?;
        if let Some(lead) = row.lead {
            timeline.extend(self.timeline_of(lead.uuid()).await?);
            timeline.sort_by(|left, right| right.at.cmp(&left.at));
        }
        // of whoever was forgotten the figures are those of documents that are kept for the law alone
        let control = self.exchange.control();
        let keys = self.store.person_keys_of(customer_id.uuid()).await?;
        let forgotten = keys.iter().any(|key| control.is_erased(*key));
        let sees_money = !forgotten && self.may(Action::ReadInvoices, Object::in_scope(Scope::Finance));
        let fiscal = FiscalProfile {
            rfc: row.rfc.clone(),
            legal_name: row.legal_name.clone(),
            regimen_fiscal: row.regimen.clone(),
            domicilio_cp: row.fiscal_cp.clone(),
            uso_cfdi: row.uso_cfdi.clone(),
        };
        let outstanding = sees_money.then(|| money::signed(row.outstanding));
        let named = |catalog, key: &str| description(catalog, key).unwrap_or_default().to_owned();
        Ok(Customer360 {
            regimen_text: named(Catalog::RegimenFiscal, &fiscal.regimen_fiscal),
            uso_text: named(Catalog::UsoCfdi, &fiscal.uso_cfdi),
            fiscal,
            contacts: self
                .store
                .contacts_of(customer_id)
                .await?
                .into_iter()
                .map(|contact| ContactRow {
                    id: contact.id.to_string(),
                    name: contact.name,
                    role: contact.role,
                    email: contact.email,
                    phone: contact.phone,
                    is_primary: contact.is_primary,
                })
                .collect(),
            proposals: self
                .store
                .proposals_of(customer_id, PROPOSALS)
                .await?
                .into_iter()
                .map(|proposal| ProposalBrief {
                    id: proposal.id.to_string(),
                    number: proposal.number,
                    title: proposal.title,
                    state: proposal.state,
                    total: money::signed(proposal.total),
                    on: self.day_of(proposal.updated_at),
                })
                .collect(),
            opportunities: self
                .store
                .opportunities_of(customer_id)
                .await?
                .into_iter()
                .filter(|deal| deal.open)
                .map(opportunity)
                .collect(),
            arr: money::amount(arr, Currency::Mxn),
            contracts: contracts
                .into_iter()
                .map(|contract| ContractRow {
                    id: contract.id.to_string(),
                    state: contract.state,
                    value: money::signed(contract.value),
                    arr: money::signed(contract.arr),
                    start: contract.starts_on,
                    end: contract.ends_on,
                })
                .collect(),
            unpaid: if sees_money {
                let unpaid = self.store.unpaid_of(customer_id).await?;
                Some(unpaid.into_iter().map(financial::brief).collect())
            } else {
                None
            },
            revenue: if sees_money { Some(money::signed(self.store.revenue_of(customer_id).await?)) } else { None },
            outstanding,
            balances: if forgotten { None } else { self.balances(customer_id).await? },
            timeline,
            privacy: self.may(Action::ErasePerson, Object::in_scope(Scope::Admin)),
            is_person: row.rfc.parse::<Rfc>().is_ok_and(|rfc| rfc.persona() == Persona::Fisica),
            row: self.customer_shown(row),
        })
    }

    async fn timeline_of(&self, subject: uuid::Uuid) -> Result<Vec<TimelineRow>, AppError> {
        let activities = self.store.activities(subject, TIMELINE).await?;
        Ok(activities
            .into_iter()
            .map(|activity| TimelineRow {
                at: jiff::Timestamp::from_millisecond(activity.at).map(|at| at.to_string()).unwrap_or_default(),
                kind: activity.kind,
                by: self.exchange.name_of(activity.by),
                text: activity.text,
            })
            .collect())
    }

    /// The company's calendar day of an instant in milliseconds.
    pub(crate) fn day_of(&self, millis: i64) -> String {
        jiff::Timestamp::from_millisecond(millis)
            .map(|at| at.to_zoned_datetime(self.zone.clone()).date().to_string())
            .unwrap_or_default()
    }
}

/// A deal as rows show it.
pub(crate) fn opportunity(deal: zuc_store::OpportunityRow) -> OpportunityBrief {
    OpportunityBrief {
        id: deal.id.to_string(),
        name: deal.name,
        stage: deal.stage.parse::<Stage>().map_or(deal.stage, |stage| stage_label(stage).to_owned()),
        probability: u8::try_from(deal.probability).unwrap_or_default(),
        amount: money::signed(deal.amount),
    }
}

/// A stage in Spanish.
pub(crate) fn stage_label(stage: Stage) -> &'static str {
    match stage {
        Stage::Prospeccion => words::say("opportunity.stage.prospeccion"),
        Stage::Calificacion => words::say("opportunity.stage.calificacion"),
        Stage::Diagnostico => words::say("opportunity.stage.diagnostico"),
        Stage::Propuesta => words::say("opportunity.stage.propuesta"),
        Stage::Negociacion => words::say("opportunity.stage.negociacion"),
        Stage::Ganada => words::say("opportunity.stage.ganada"),
        Stage::Perdida => words::say("opportunity.stage.perdida"),
    }
}
