//! The conflict inbox: fields that were changed apart, their sides in the words of the business, and a person's word.

mod apart;
mod kept;
mod record;
mod settle;
mod story;

pub use kept::Kept;
pub(crate) use record::{Decided, object};
use uuid::Uuid;
use zuc_domain::shared::{
    ContestSide, ContractId, CustomerId, InvoiceId, LeadId, OpportunityId, PersonId, ProductId, ProposalId,
};
use zuc_ipc::{
    conflict::{ConflictAsk, ConflictRow, ConflictSide, ConflictView},
    words,
};
use zuc_protocol::item::DocKind;
use zuc_store::{ConflictRow as Stored, Contested, SideValue, Written};

use crate::{
    AppError, Office,
    history::{figure, kind_name, label, state},
};

/// Conflicts listed; who has more settles these first.
const LISTED: u32 = 500;

impl Office {
    /// The fields that wait for a person, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn conflict_list(&self) -> Result<Vec<ConflictRow>, AppError> {
        let mut rows = Vec::new();
        for stored in self.store.conflicts(LISTED).await? {
            if self.may_read(stored.kind, stored.scope).is_ok() {
                rows.push(self.conflict_row(&stored).await?);
            }
        }
        Ok(rows)
    }

    /// One of them, with its sides.
    ///
    /// # Errors
    /// `conflict.gone` where it was settled meanwhile, here or elsewhere.
    pub async fn conflict_get(&self, ask: ConflictAsk) -> Result<ConflictView, AppError> {
        let stored = self.conflict_at(&ask.id, &ask.field).await?;
        let contested = self.contested(&stored).await?;
        let row = self.conflict_row(&stored).await?;
        let open = self.record_of(&stored).await?;
        let mut sides: Vec<ConflictSide> = match &contested {
            Contested::Values(values) => {
                values.iter().map(|side| self.value_side(&stored, side, open.editable)).collect()
            }
            Contested::States(states) => states.iter().map(|side| self.state_side(stored.kind, side)).collect(),
        };
        let story = self.story(&stored, &contested);
        // one's own first, as a person looks for it
        sides.sort_by_key(|side| !side.mine);
        let both = stored.kind == DocKind::OPPORTUNITY && stored.field == "amount" && sides.len() == 2 && open.may;
        let other = settle::Typed::of(&stored.field).filter(|_| open.editable).map(|_| row.what.clone());
        Ok(ConflictView {
            question: story::question(&stored, &row),
            story,
            sides,
            both,
            other,
            may: open.may,
            page: self.page_of(&stored).await?,
            row,
        })
    }

    /// The conflict over a field of a record.
    async fn conflict_at(&self, id: &str, field: &str) -> Result<Stored, AppError> {
        let id: Uuid = id.parse().map_err(|_| AppError::invalid("id"))?;
        let mut all = self.store.conflicts(u32::MAX).await?.into_iter();
        let found = all.find(|stored| stored.id == id && stored.field == field);
        let stored = found.ok_or_else(gone)?;
        self.may_read(stored.kind, stored.scope)?;
        Ok(stored)
    }

    async fn contested(&self, stored: &Stored) -> Result<Contested, AppError> {
        self.store.contested(stored.id, &stored.field).await?.ok_or_else(gone)
    }

    async fn conflict_row(&self, stored: &Stored) -> Result<ConflictRow, AppError> {
        let mut people: Vec<Option<PersonId>> = stored
            .authors
            .iter()
            .map(|author| match author {
                Written::By(person) => Some(*person),
                Written::On(device) => device.and_then(|device| self.person_at(device)),
            })
            .collect();
        // «Ana y tú»: whoever reads comes last
        people.sort_by_key(|person| (*person == Some(self.actor.person), *person));
        people.dedup();
        Ok(ConflictRow {
            id: stored.id.to_string(),
            field: stored.field.clone(),
            kind: kind_name(stored.kind).to_owned(),
            title: self.title_of(stored.kind, stored.id).await?,
            what: label(stored.kind, &stored.field).unwrap_or_default().to_owned(),
            who: story::list(&people.into_iter().map(|person| self.said(person)).collect::<Vec<_>>()),
            at: stored.at.to_string(),
        })
    }

    /// What the record is called.
    pub(crate) async fn title_of(&self, kind: DocKind, id: Uuid) -> Result<String, AppError> {
        let store = &self.store;
        let title = match kind {
            DocKind::LEAD => store
                .lead_row(LeadId(id))
                .await?
                .map(|row| if row.company.is_empty() { row.full_name } else { row.company }),
            DocKind::CUSTOMER => store.customer_row(CustomerId(id)).await?.map(|row| row.name),
            DocKind::CONTRACT => match store.contract_customer(ContractId(id)).await? {
                Some(customer) => store.customer_row(customer).await?.map(|row| row.name),
                None => None,
            },
            DocKind::OPPORTUNITY => store.opportunity_name(OpportunityId(id)).await?.map(|(name, _)| name),
            DocKind::PRODUCT => store.product_name(ProductId(id)).await?,
            DocKind::PROPOSAL => store.proposal_row(ProposalId(id)).await?.map(|row| row.title),
            _ => store.invoice_row(InvoiceId(id)).await?.map(|row| row.label),
        };
        Ok(title.unwrap_or_default())
    }

    /// The record whose page shows it.
    async fn page_of(&self, stored: &Stored) -> Result<(String, String), AppError> {
        let customer = match stored.kind {
            DocKind::OPPORTUNITY => {
                self.store.opportunity_name(OpportunityId(stored.id)).await?.map(|(_, customer)| customer)
            }
            DocKind::CONTRACT => self.store.contract_customer(ContractId(stored.id)).await?,
            _ => return Ok((kind_name(stored.kind).to_owned(), stored.id.to_string())),
        };
        let id = customer.map(|customer| customer.to_string()).unwrap_or_default();
        Ok((kind_name(DocKind::CUSTOMER).to_owned(), id))
    }

    fn value_side(&self, stored: &Stored, side: &SideValue, editable: bool) -> ConflictSide {
        let person = side.device.and_then(|device| self.person_at(device));
        ConflictSide {
            side: hex::encode(side.change),
            mine: person == Some(self.actor.person),
            who: self.name_or_somebody(person),
            at: side.at.to_string(),
            text: match self.shown(stored.kind, &stored.field, Some(&side.value)) {
                text if text.is_empty() => words::say("conflict.nothing").to_owned(),
                text => text,
            },
            note: String::new(),
            shown: side.shown,
            // what may not be edited any more can only be confirmed
            may: editable || side.shown,
        }
    }

    fn state_side(&self, kind: DocKind, side: &ContestSide) -> ConflictSide {
        ConflictSide {
            side: side.transition.to_string(),
            mine: side.by == self.actor.person,
            who: self.name_or_somebody(Some(side.by)),
            at: jiff::Timestamp::from_millisecond(side.at).map(|at| at.to_string()).unwrap_or_default(),
            text: state(kind, side.to),
            note: side.reason.clone().unwrap_or_default(),
            shown: side.shown,
            may: side.may,
        }
    }

    /// A person by name; whoever nobody saw is somebody.
    fn name_or_somebody(&self, person: Option<PersonId>) -> String {
        match person.map(|person| self.exchange.name_of(person)) {
            Some(name) if !name.is_empty() => name,
            _ => words::say("conflict.somebody").to_owned(),
        }
    }

    /// As a sentence names a person: `tú` for whoever reads it.
    fn said(&self, person: Option<PersonId>) -> String {
        if person == Some(self.actor.person) {
            words::say("conflict.you").to_owned()
        } else {
            self.name_or_somebody(person).split_whitespace().next().unwrap_or_default().to_owned()
        }
    }

    /// What happened, a clause for each side.
    fn story(&self, stored: &Stored, contested: &Contested) -> String {
        match contested {
            Contested::States(sides) => {
                let clauses: Vec<String> = sides
                    .iter()
                    .map(|side| {
                        story::set(
                            &self.said(Some(side.by)),
                            side.by == self.actor.person,
                            &state(stored.kind, side.to),
                        )
                    })
                    .collect();
                story::told(&clauses, "")
            }
            Contested::Values(sides) => {
                let clauses: Vec<String> = sides
                    .iter()
                    .map(|side| {
                        let person = side.device.and_then(|device| self.person_at(device));
                        let mine = person == Some(self.actor.person);
                        let moved = side.before.as_ref().and_then(|before| {
                            Some((figure(&stored.field, before)?, figure(&stored.field, &side.value)?))
                        });
                        let text = self.shown(stored.kind, &stored.field, Some(&side.value));
                        story::clause(&self.said(person), mine, moved, &text)
                    })
                    .collect();
                let base = sides.first().and_then(|first| first.before.as_ref());
                let same = sides.iter().all(|side| side.before.as_ref() == base);
                let base = base.filter(|_| same).map(|base| self.shown(stored.kind, &stored.field, Some(base)));
                story::told(&clauses, &base.unwrap_or_default())
            }
        }
    }
}

fn gone() -> AppError {
    zuc_domain::shared::ConflictError::Gone.into()
}
