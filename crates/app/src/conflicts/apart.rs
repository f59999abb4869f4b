//! What was written here and does not count: refused by the relay, set aside, passed over by everybody. It stays on this laptop
//! and a person has to know.

use zuc_domain::shared::DeviceId;
use zuc_ipc::conflict::ApartRow;
use zuc_protocol::item::DocKind;
use zuc_store::{Fate, Finding};

use crate::{AppError, Office, history::kind_name};

/// Rows listed.
const LISTED: usize = 200;

impl Office {
    /// What this laptop wrote and nobody counts, newest first; what has no time stands last.
    ///
    /// # Errors
    /// What the store says.
    pub async fn apart_list(&self) -> Result<Vec<ApartRow>, AppError> {
        let mut rows = Vec::new();
        let mut kept = self.conflict_kept().await?;
        for found in self.store.findings().await?.into_iter().filter(|found| is_own(found, self.actor.device)) {
            let record = match found.record {
                Some(record) => self.store.held_record(record).await?,
                None => None,
            };
            let kind = record.as_ref().map_or(DocKind(0), |record| record.kind);
            if record.is_some() && self.may_read(kind, found.scope).is_err() {
                continue;
            }
            let id = record.as_ref().map(|record| record.id);
            let at = found.at.map(|at| at.to_string()).unwrap_or_default();
            let told = found.record.map(|record| record.to_string()).unwrap_or_default();
            let told = kept.iter().position(|kept| (&kept.record, &kept.code, &kept.at) == (&told, &found.code, &at));
            rows.push(ApartRow {
                said: told.map(|place| kept.swap_remove(place).said).unwrap_or_default(),
                id: id.map(|id| id.to_string()).unwrap_or_default(),
                kind: kind_name(kind).to_owned(),
                title: match id {
                    Some(id) => self.title_of(kind, id).await?,
                    None => String::new(),
                },
                why: zuc_ipc::sentence(&found.code).unwrap_or_default().to_owned(),
                code: found.code,
                at,
            });
        }
        rows.sort_by(|left, right| right.at.cmp(&left.at));
        rows.dedup();
        rows.truncate(LISTED);
        Ok(rows)
    }
}

/// Whether something that does not count was written on this laptop.
fn is_own(found: &Finding, me: DeviceId) -> bool {
    match found.fate {
        Fate::KeptApart => true,
        Fate::Ignored | Fate::PassedOver | Fate::SetAside => found.device == Some(me),
        Fate::Stopped
        | Fate::Hidden
        | Fate::Distrusted
        | Fate::Forked
        | Fate::Left
        | Fate::Disputed
        | Fate::Unproven => false,
    }
}
