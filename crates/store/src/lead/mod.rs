//! The lead domain's documents and read tables.

mod activity;
pub(crate) mod agenda;
mod alias;
mod facet;
mod filter;
mod imports;
mod list;
mod matches;
mod opportunity;
mod rows;

use uuid::Uuid;
use zuc_domain::lead::{Lead, LeadState};
use zuc_domain::shared::{Actor, Illegal, LeadId, Object, Scope, TransitionId};
use zuc_protocol::item::DocKind;

pub use activity::ActivityRow;
pub use alias::LateChange;
pub use filter::{LeadFilter, LeadOrder};
pub use imports::{ImportMark, LeadIdentity};
pub use list::{LeadPage, LeadRow, LeadSum};
pub use matches::HeldRow;
pub(crate) use matches::forget_held;
pub use opportunity::OpportunityRow;

use crate::aggregate::{Aggregate, Projector};
use crate::doc::{Keep, Kind, MapSpec};
use crate::shape::{SealedField, Shape, When};
use crate::{StoreError, legality};

pub(crate) use rows::{name_owner, remove, write};

static KIND: Kind = Kind { name: "lead", maps: &[MapSpec { name: "tags", keep: Keep::Set }], texts: &["notes"] };

static SHAPE: Shape = Shape {
    kind: &KIND,
    number: DocKind::LEAD,
    items: &[],
    sets: &["tags"],
    transitions: "transitions",
    sealed: &[
        SealedField { of: "", name: "full_name", when: When::Always, erased: "null" },
        SealedField { of: "", name: "email", when: When::Always, erased: "null" },
        SealedField { of: "", name: "phone", when: When::Always, erased: "null" },
        SealedField { of: "", name: "other_emails", when: When::Always, erased: "[]" },
        SealedField { of: "", name: "other_phones", when: When::Always, erased: "[]" },
        SealedField { of: "", name: "rfc", when: When::NaturalPerson, erased: "null" },
    ],
    derived: &["id", "scope"],
    defaults: &[
        ("other_emails", "[]"),
        ("other_phones", "[]"),
        ("demo_requested", "false"),
        ("opposed_at", "null"),
        ("merged_seen", "null"),
        ("moved_to", "null"),
        ("moved_from", "null"),
        ("absorbed", "{}"),
    ],
};

impl Aggregate for Lead {
    type Id = LeadId;
    const SHAPE: &'static Shape = &SHAPE;

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn as_lead(&self) -> Option<&Lead> {
        Some(self)
    }

    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal> {
        legality::step::<LeadState>(author, key, record, object)
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        into.dirty.leads();
        if let Some(survivor) = self.merged_into {
            alias::note_origins(into.conn, &[self]).await?;
            // An alias: it is found through its survivor.
            remove(into.conn, self.id.0).await?;
            return alias::point(into.conn, self.id.0, survivor.0, self.scope).await;
        }
        write(into.conn, &[self], false).await
    }

    async fn unproject(id: Uuid, from: &mut Projector<'_>) -> Result<(), StoreError> {
        from.dirty.leads();
        alias::forget(from.conn, id).await?;
        remove(from.conn, id).await
    }
}
