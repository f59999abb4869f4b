//! What was left behind against what stands today: what can be taken over, what is there already, what somebody changed since.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;
use zuc_domain::{
    customer::Customer,
    lead::{Activity, ActivitySubject, Lead},
    shared::{CustomerId, LeadId, Scope},
};
use zuc_protocol::item::{DocKind, Fact};
use zuc_store::{FieldEdit, LeftSaid};

use crate::{AppError, Office, history::Writable};

/// How something that was left behind stands to what is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It can be taken over.
    Open,
    /// It is here already.
    There,
    /// Somebody wrote the field since: it can be taken over knowing that.
    Changed,
    /// The record that it is about was left behind too, and comes first.
    Waits,
    /// No command takes it: it can be read.
    Read,
}

impl Stand {
    /// The stable name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::There => "there",
            Self::Changed => "changed",
            Self::Waits => "waits",
            Self::Read => "read",
        }
    }
}

/// What of it can be taken over as one.
pub(super) enum Piece {
    /// A change of a record, with the course of its fields.
    Change { record: Uuid, kind: DocKind, edits: Vec<FieldEdit>, course: Course },
    /// A lead that nobody has, with all that was written of it.
    NewLead { record: Uuid, edits: Vec<FieldEdit> },
    /// A call, mail, meeting, note or message.
    Touch(Box<Activity>),
    /// Any other fact.
    Fact { kind: String, subject: Uuid },
}

/// What each field of a record was before all that was left behind of it, and what it would be after.
pub(super) type Course = BTreeMap<String, (Option<Value>, Option<Value>)>;

/// A piece, by its place among all that was left.
pub(super) struct Judged {
    pub(super) n: usize,
    pub(super) at: Option<Timestamp>,
    pub(super) piece: Piece,
    pub(super) stand: Stand,
}

impl Office {
    /// Judges all that somebody left behind in a scope.
    pub(super) async fn judge_left(&self, scope: Scope, said: Vec<LeftSaid>) -> Result<Vec<Judged>, AppError> {
        let courses = courses(&said);
        let mut judged: Vec<Judged> = Vec::new();
        // where the leads that nobody has stand
        let mut new: BTreeMap<Uuid, usize> = BTreeMap::new();
        for (n, said) in said.into_iter().enumerate() {
            match said {
                LeftSaid::Change { record, edits, .. } if new.contains_key(&record) => {
                    let Piece::NewLead { edits: all, .. } = &mut judged[new[&record]].piece else { continue };
                    for edit in edits {
                        fold(all, edit);
                    }
                }
                LeftSaid::Change { record, kind, at, edits } => {
                    let now = self.stands_now(kind, record).await?;
                    let (piece, stand) = if kind == DocKind::LEAD && now.is_none() {
                        new.insert(record, judged.len());
                        (Piece::NewLead { record, edits }, Stand::Open)
                    } else {
                        let course = courses.get(&record).cloned().unwrap_or_default();
                        // of another team's record it says nothing that could be taken over
                        let now = now.filter(|(of, _)| *of == scope).map(|(_, now)| now);
                        let stand = of_edits(kind, &edits, &course, now.as_ref());
                        (Piece::Change { record, kind, edits, course }, stand)
                    };
                    judged.push(Judged { n, at: Some(at), piece, stand });
                }
                LeftSaid::Fact(fact) => {
                    let (at, piece, stand) = self.judge_fact(scope, fact, &new).await?;
                    judged.push(Judged { n, at, piece, stand });
                }
            }
        }
        Ok(judged)
    }

    async fn judge_fact(
        &self,
        scope: Scope,
        fact: Fact,
        new: &BTreeMap<Uuid, usize>,
    ) -> Result<(Option<Timestamp>, Piece, Stand), AppError> {
        let subject = fact.subject.to_uuid();
        let activity =
            if fact.kind == Fact::ACTIVITY { serde_json::from_str::<Activity>(&fact.body).ok() } else { None };
        // one that says another id or place than it came under is nobody's
        let activity = activity.filter(|said| said.id.0 == fact.id.to_uuid() && said.scope == scope);
        let Some(activity) = activity else { return Ok((None, Piece::Fact { kind: fact.kind, subject }, Stand::Read)) };
        let stand = match activity.subject {
            ActivitySubject::Lead(lead) if lead.0 == subject => {
                if new.contains_key(&subject) {
                    Stand::Waits
                } else if self.store.facts::<Activity>(subject).await?.iter().any(|there| there.id == activity.id) {
                    Stand::There
                } else if self.store.read::<Lead>(lead).await?.is_some_and(|lead| lead.scope == scope) {
                    Stand::Open
                } else {
                    Stand::Read
                }
            }
            _ => Stand::Read,
        };
        Ok((Some(activity.at), Piece::Touch(Box::new(activity)), stand))
    }

    /// Where a record lies and what it says now; `None` of one that is not here, or of a kind that is only read.
    async fn stands_now(&self, kind: DocKind, id: Uuid) -> Result<Option<(Scope, Value)>, AppError> {
        Ok(match kind {
            DocKind::LEAD => match self.store.read::<Lead>(LeadId(id)).await? {
                Some(lead) => Some((lead.scope, serde_json::to_value(&lead)?)),
                None => None,
            },
            DocKind::CUSTOMER => match self.store.read::<Customer>(CustomerId(id)).await? {
                Some(customer) => Some((customer.scope, serde_json::to_value(&customer)?)),
                None => None,
            },
            _ => None,
        })
    }
}

/// An edit upon those before it: the field was what the first saw, and is what the last left.
fn fold(all: &mut Vec<FieldEdit>, edit: FieldEdit) {
    match all.iter_mut().find(|known| known.field == edit.field) {
        Some(known) => known.to = edit.to,
        None => all.push(edit),
    }
}

/// The fields of a change that a command takes, each with what it writes. What cannot be read, for its person was forgotten, is
/// none: it would empty the field.
pub(super) fn writable(kind: DocKind, edits: &[FieldEdit]) -> impl Iterator<Item = (&FieldEdit, Writable)> {
    edits.iter().filter_map(move |edit| Some((edit, Writable::of(kind, &edit.field, edit.to.clone()?)?)))
}

/// The courses of all records.
fn courses(said: &[LeftSaid]) -> BTreeMap<Uuid, Course> {
    let mut courses: BTreeMap<Uuid, Course> = BTreeMap::new();
    for said in said {
        let LeftSaid::Change { record, edits, .. } = said else { continue };
        let course = courses.entry(*record).or_default();
        for edit in edits {
            course.entry(edit.field.clone()).or_insert_with(|| (edit.from.clone(), None)).1.clone_from(&edit.to);
        }
    }
    courses
}

/// Whether a field says the same: one that is not there says nothing.
fn says(now: &Value, field: &str, value: Option<&Value>) -> bool {
    now.get(field).unwrap_or(&Value::Null) == value.unwrap_or(&Value::Null)
}

/// Whether an edit stands, or one that was left behind after it.
pub(super) fn stands(edit: &FieldEdit, course: &Course, now: &Value) -> bool {
    let last = course.get(&edit.field).and_then(|(_, last)| last.as_ref());
    let said = |value: Option<&Value>| value.is_some() && says(now, &edit.field, value);
    said(edit.to.as_ref()) || said(last)
}

/// Whether somebody wrote a field since: it says neither what the edit was made over nor what was there before all of them.
pub(super) fn clashes(edit: &FieldEdit, course: &Course, now: &Value) -> bool {
    let first = course.get(&edit.field).and_then(|(first, _)| first.as_ref());
    let untouched = course.contains_key(&edit.field) && says(now, &edit.field, first);
    !untouched && !says(now, &edit.field, edit.from.as_ref())
}

fn of_edits(kind: DocKind, edits: &[FieldEdit], course: &Course, now: Option<&Value>) -> Stand {
    let Some(now) = now else { return Stand::Read };
    let mut open = writable(kind, edits).map(|(edit, _)| edit).peekable();
    if open.peek().is_none() {
        return Stand::Read;
    }
    let still: Vec<&FieldEdit> = open.filter(|edit| !stands(edit, course, now)).collect();
    if still.is_empty() {
        Stand::There
    } else if still.iter().any(|edit| clashes(edit, course, now)) {
        Stand::Changed
    } else {
        Stand::Open
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edit(field: &str, from: Value, to: Value) -> FieldEdit {
        FieldEdit { field: field.to_owned(), from: Some(from), to: Some(to) }
    }

    #[test]
    fn a_change_stands_by_what_its_fields_say_today() {
        let none = Course::new();
        let city = [edit("city", json!("Celaya"), json!("León"))];
        let of = |now: Value| of_edits(DocKind::LEAD, &city, &none, Some(&now));
        assert_eq!(of(json!({ "city": "Celaya" })), Stand::Open);
        assert_eq!(of(json!({ "city": "León" })), Stand::There);
        assert_eq!(of(json!({ "city": "Silao" })), Stand::Changed);
        assert_eq!(of(json!({})), Stand::Changed, "it was emptied");
        let first = [edit("city", Value::Null, json!("León"))];
        assert_eq!(of_edits(DocKind::LEAD, &first, &none, Some(&json!({}))), Stand::Open);
        let owner = [edit("owner", Value::Null, json!("somebody"))];
        assert_eq!(of_edits(DocKind::LEAD, &owner, &none, Some(&json!({}))), Stand::Read, "its own command decides it");
        let unread = [FieldEdit { to: None, ..edit("city", json!("Celaya"), Value::Null) }];
        let of_unread = of_edits(DocKind::LEAD, &unread, &none, Some(&json!({ "city": "Celaya" })));
        assert_eq!(of_unread, Stand::Read, "it would empty the field");
        assert_eq!(of_edits(DocKind::PROPOSAL, &city, &none, Some(&json!({}))), Stand::Read);
        assert_eq!(of_edits(DocKind::LEAD, &city, &none, None), Stand::Read);
    }

    #[test]
    fn of_two_changes_of_a_field_neither_takes_the_other_for_somebody_elses() {
        let record = Uuid::nil();
        let change = |from: &str, to: &str| LeftSaid::Change {
            record,
            kind: DocKind::LEAD,
            at: Timestamp::UNIX_EPOCH,
            edits: vec![edit("city", json!(from), json!(to))],
        };
        let course = courses(&[change("Celaya", "Silao"), change("Silao", "León")]).remove(&record).unwrap_or_default();
        let of = |from: &str, to: &str, now: &str| {
            of_edits(DocKind::LEAD, &[edit("city", json!(from), json!(to))], &course, Some(&json!({ "city": now })))
        };
        assert_eq!(of("Silao", "León", "Celaya"), Stand::Open, "the first was not taken");
        assert_eq!(of("Celaya", "Silao", "León"), Stand::There, "the second was");
        assert_eq!(of("Silao", "León", "Silao"), Stand::Open);
        assert_eq!(of("Silao", "León", "Irapuato"), Stand::Changed);
    }

    #[test]
    fn what_was_written_of_a_new_lead_in_several_goes_is_what_the_last_left() {
        let mut all = vec![edit("city", Value::Null, json!("Celaya"))];
        fold(&mut all, edit("city", json!("Celaya"), json!("León")));
        fold(&mut all, edit("industry", Value::Null, json!("Herrajes")));
        assert_eq!(all, [edit("city", Value::Null, json!("León")), edit("industry", Value::Null, json!("Herrajes"))]);
    }
}
