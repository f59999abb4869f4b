//! Leads: capture, list, edit, log, qualify, convert.

mod bulk;
mod convert;
mod create;
mod edit;
mod field;
mod late;
mod list;
mod log;
mod merge;
mod move_team;
mod qualify;

pub(crate) use edit::put_field;
pub(crate) use field::text;
pub(crate) use late::run;
pub use late::{catch_up, follow_origin};
pub(crate) use list::{reason, row};
pub use merge::{Joined, join, part};
pub use move_team::{Moved, let_go, take_back};
use zuc_domain::{
    lead::Lead,
    shared::{LeadId, Object},
};
use zuc_store::Tx;

use crate::{AppError, Office};

/// The lead of this id, to write.
pub(crate) async fn load(tx: &mut Tx, id: LeadId) -> Result<Lead, AppError> {
    tx.repository::<Lead>().load(id).await?.ok_or_else(|| AppError::not_found("lead"))
}

/// What `authorize` asks about a lead.
pub(crate) fn object(lead: &Lead) -> Object {
    Object { scope: lead.scope, owner: lead.owner }
}

/// Reads an id that came from outside.
pub(crate) fn id(text: &str) -> Result<LeadId, AppError> {
    text.parse().map_err(|_| AppError::invalid("id"))
}

impl Office {
    /// Scores the lead by the rules again; the event where the score moved enough to tell.
    pub(crate) fn rescore(lead: &mut Lead) -> Option<zuc_domain::lead::LeadEvent> {
        let score = zuc_domain::lead::score::rule_score((&*lead).into());
        let event = lead.rescore(score);
        if let Some(event) = &event {
            lead.apply(event);
        }
        event
    }
}
