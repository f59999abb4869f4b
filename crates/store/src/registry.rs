//! Which aggregate or fact a kind is: the one place that knows them all.

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::attachment::{Attachment, AttachmentHeld, AttachmentRemoval};
use zuc_domain::compliance::Retention;
use zuc_domain::customer::{Contract, Customer};
use zuc_domain::financial::{Invoice, PublicInvoice};
use zuc_domain::lead::opportunity::Opportunity;
use zuc_domain::lead::{Activity, Lead};
use zuc_domain::proposal::{Product, Proposal};
use zuc_domain::shared::{Actor, Illegal, Object, PersonId, Scope, TransitionId};
use zuc_protocol::item::{DocKind, Fact};

use crate::StoreError;
use crate::aggregate::{self, Aggregate, Projector};
use crate::doc::Content;
use crate::facts::{self, FactRecord};
use crate::financial::ProcessStep;
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

        /// Whether a transition of a document counts; see [`Aggregate::judge`].
        pub(crate) fn judge(
            shape: &Shape,
            author: &Actor,
            key: TransitionId,
            record: &str,
            object: &Object,
        ) -> Result<(), Illegal> {
            $(if shape.number == <$aggregate as Aggregate>::SHAPE.number {
                return <$aggregate as Aggregate>::judge(author, key, record, object);
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
        /// Whether a fact is what it says, of where it lies, and by its author. One that does not read is shown by nobody.
        pub(crate) fn judge_fact(scope: Scope, fact: &Fact, author: PersonId) -> Result<(), Illegal> {
            $(if fact.kind == <$fact as FactRecord>::KIND {
                let Ok(record) = serde_json::from_str::<$fact>(&fact.body) else { return Ok(()) };
                let is_true = FactRecord::uuid(&record) == fact.id.to_uuid()
                    && FactRecord::subject(&record) == fact.subject.to_uuid()
                    && FactRecord::scope(&record) == scope
                    && FactRecord::fence(&record) == fact.fence
                    && FactRecord::by(&record).is_none_or(|by| by == author);
                return if is_true { Ok(()) } else { Err(Illegal::Forged) };
            })+
            Ok(())
        }

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
facts!(Activity, Attachment, AttachmentRemoval, AttachmentHeld, PublicInvoice, ProcessStep, Retention);

#[cfg(test)]
mod tests {
    use super::*;
    use zuc_domain::shared::{Action, Record, Role, authorize};
    use zuc_protocol::Rights;
    use zuc_protocol::home::{home_of_document, home_of_fact, writers_of_document, writers_of_fact};
    use zuc_protocol::item::Item;

    /// What a kind of the wire is in the matrix of actions.
    const DOCUMENTS: [(DocKind, Record); 7] = [
        (DocKind::LEAD, Record::Lead),
        (DocKind::CUSTOMER, Record::Customer),
        (DocKind::OPPORTUNITY, Record::Opportunity),
        (DocKind::PRODUCT, Record::Product),
        (DocKind::PROPOSAL, Record::Proposal),
        (DocKind::CONTRACT, Record::Contract),
        (DocKind::INVOICE, Record::Invoice),
    ];
    const FACTS: [(&str, Record); 12] = [
        (Fact::ACTIVITY, Record::Activity),
        (Fact::ATTACHMENT, Record::Attachment),
        (Fact::ATTACHMENT_REMOVAL, Record::Attachment),
        (Fact::ATTACHMENT_HELD, Record::Attachment),
        (Fact::SIGNATURE, Record::Signature),
        (Fact::COMPANY_PROFILE, Record::Profile),
        (Fact::CSD, Record::Certificate),
        (Fact::SEALED_CFDI, Record::Cfdi),
        (Fact::STAMPED_CFDI, Record::Cfdi),
        (Fact::PUBLIC_INVOICE, Record::PublicInvoice),
        (Fact::PROCESS_STEP, Record::Process),
        (Fact::RETENTION, Record::Retention),
    ];

    fn person(role: Role) -> (Actor, Rights) {
        let wire = zuc_protocol::Role::ALL.into_iter().find(|wire| wire.name() == role.name()).unwrap();
        let device = zuc_domain::shared::DeviceId(Uuid::from_u128(9));
        let actor = Actor { person: PersonId(Uuid::from_u128(1)), device, roles: [role].into(), teams: [1].into() };
        (actor, Rights::new([wire], [1]))
    }

    fn items() -> Vec<(Record, Item)> {
        let id = zuc_protocol::ids::ItemId([1; 16]);
        let (person_keys, events) = (Vec::new(), Vec::new());
        let change = zuc_protocol::item::Change {
            doc: id,
            kind: DocKind::LEAD,
            chunk: Vec::new(),
            person_keys: person_keys.clone(),
            events: events.clone(),
            part: None,
        };
        let kind = String::new();
        let fact = Fact { id, kind, subject: id, fence: 0, body: String::new(), person_keys, events, part: None };
        let documents = DOCUMENTS
            .map(|(kind, record)| (record, Item::Change(zuc_protocol::item::Change { kind, ..change.clone() })));
        let facts = FACTS.map(|(kind, record)| (record, Item::Fact(Fact { kind: kind.to_owned(), ..fact.clone() })));
        documents.into_iter().chain(facts).collect()
    }

    #[test]
    fn who_writes_a_kind_into_a_scope_is_who_may_do_an_action_that_writes_it_there() {
        let mut written = std::collections::BTreeSet::new();
        for (record, item) in items().into_iter().filter(|(record, _)| *record != Record::Profile) {
            written.insert(record);
            let mut somebody = false;
            for role in Role::ALL {
                let (actor, rights) = person(role);
                let wire = |scope: &Scope| crate::wire_scope(*scope);
                for scope in Scope::all(2).into_iter().filter(|scope| item.may_lie_in(wire(scope))) {
                    let allows = |action: &&Action| {
                        action.writes().contains(&record)
                            && authorize(&actor, **action, &Object::in_scope(scope)).is_ok()
                    };
                    let by_action = Action::ALL.iter().find(allows);
                    assert_eq!(
                        item.is_for(&rights, wire(&scope)),
                        by_action.is_some(),
                        "{role} {record:?} {scope}: {by_action:?}"
                    );
                    somebody |= by_action.is_some();
                }
            }
            assert!(somebody, "{record:?} is written by nobody");
        }
        // the company's data are administración's to say, into a scope that another role of theirs reaches
        let says =
            |role: &Role| authorize(&person(*role).0, Action::EditCompany, &Object::in_scope(Scope::Admin)).is_ok();
        let roles: Vec<&str> = Role::ALL.iter().filter(|role| says(role)).map(|role| role.name()).collect();
        let wire = writers_of_fact(Fact::COMPANY_PROFILE).unwrap();
        assert_eq!(wire.iter().map(|role| role.name()).collect::<Vec<_>>(), roles);
        written.insert(Record::Profile);
        let all: std::collections::BTreeSet<Record> =
            Action::ALL.iter().flat_map(|action| action.writes()).copied().collect();
        assert_eq!(all, written, "what an action writes has a kind");
    }

    #[test]
    fn what_is_read_has_a_home() {
        let read: Vec<DocKind> = (1..=64).map(DocKind).filter(|kind| shape(*kind).is_some()).collect();
        assert!(read.contains(&DocKind::INVOICE));
        for kind in read {
            assert!(home_of_document(kind).is_some() && writers_of_document(kind).is_some(), "{kind:?}");
        }
        for kind in [
            Activity::KIND,
            Attachment::KIND,
            AttachmentRemoval::KIND,
            AttachmentHeld::KIND,
            PublicInvoice::KIND,
            ProcessStep::KIND,
            Retention::KIND,
        ] {
            assert!(home_of_fact(kind).is_some(), "{kind}");
        }
    }
}
