//! Which aggregate or fact a kind is: the one place that knows them all.

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::customer::{Contract, Customer};
use zuc_domain::financial::Invoice;
use zuc_domain::lead::opportunity::Opportunity;
use zuc_domain::lead::{Activity, Lead};
use zuc_domain::proposal::{Product, Proposal};
use zuc_domain::shared::Scope;
use zuc_protocol::item::{DocKind, Fact};

use crate::StoreError;
use crate::aggregate::{self, Aggregate, Projector};
use crate::doc::Content;
use crate::facts::{self, FactRecord};
use crate::persons::Ring;
use crate::projections::analytics::Dirty;
use crate::shape::Shape;

macro_rules! aggregates {
    ($($aggregate:ty),+ $(,)?) => {
        /// The shape of a kind; `None` for one of a newer version.
        pub(crate) fn shape(kind: DocKind) -> Option<&'static Shape> {
            $(if kind == <$aggregate as Aggregate>::SHAPE.number {
                return Some(<$aggregate as Aggregate>::SHAPE);
            })+
            None
        }

        #[expect(clippy::too_many_arguments, reason = "one dispatch over all kinds, called in one place")]
        /// Writes the read rows of a document, or takes them away when it is deleted.
        pub(crate) async fn project(
            shape: &Shape,
            scope: Scope,
            id: Uuid,
            content: &Content,
            deleted: bool,
            ring: &Ring,
            conn: &mut SqliteConnection,
            dirty: &mut Dirty,
        ) -> Result<(), StoreError> {
            let mut projector = Projector { conn, scope, dirty };
            $(if shape.number == <$aggregate as Aggregate>::SHAPE.number {
                if deleted {
                    return <$aggregate as Aggregate>::unproject(id, &mut projector).await;
                }
                return match aggregate::read::<$aggregate>(scope, id, content, ring) {
                    Ok(aggregate) => aggregate.project(&mut projector).await,
                    Err(error) if crate::reread::is_bad_content(&error) => Ok(()),
                    Err(other) => Err(other),
                };
            })+
            Ok(())
        }

        /// Takes the read rows of a document away.
        pub(crate) async fn unproject(
            kind: DocKind,
            scope: Scope,
            id: Uuid,
            conn: &mut SqliteConnection,
            dirty: &mut Dirty,
        ) -> Result<(), StoreError> {
            let mut projector = Projector { conn, scope, dirty };
            $(if kind == <$aggregate as Aggregate>::SHAPE.number {
                return <$aggregate as Aggregate>::unproject(id, &mut projector).await;
            })+
            Ok(())
        }
    };
}

macro_rules! facts {
    ($($fact:ty),+ $(,)?) => {
        /// Writes the read rows of a fact that stands.
        pub(crate) async fn project_fact(
            scope: Scope,
            fact: &Fact,
            ring: &mut Ring,
            conn: &mut SqliteConnection,
            dirty: &mut Dirty,
        ) -> Result<(), StoreError> {
            $(if fact.kind == <$fact as FactRecord>::KIND {
                let Ok(mut body) = serde_json::from_str(&fact.body) else { return Ok(()) };
                facts::open_body(conn, ring, <$fact as FactRecord>::KIND, <$fact as FactRecord>::SEALED, &mut body).await?;
                let Ok(record) = serde_json::from_value::<$fact>(body) else { return Ok(()) };
                let mut projector = Projector { conn, scope, dirty };
                return record.project(&mut projector).await;
            })+
            Ok(())
        }
    };
}

aggregates!(Lead, Customer, Contract, Opportunity, Product, Proposal, Invoice);
facts!(Activity);

#[cfg(test)]
mod tests {
    use super::*;
    use zuc_protocol::home::{home_of_document, home_of_fact};

    #[test]
    fn what_is_read_has_a_home() {
        let read: Vec<DocKind> = (1..=64).map(DocKind).filter(|kind| shape(*kind).is_some()).collect();
        assert!(read.contains(&DocKind::INVOICE));
        for kind in read {
            assert!(home_of_document(kind).is_some(), "{kind:?}");
        }
        assert!(home_of_fact(Activity::KIND).is_some());
    }
}
