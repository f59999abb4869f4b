//! Taking back what a command did to a record: of the fields that it changed, each is written again as it was.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use zuc_domain::{customer::Customer, financial::Invoice, lead::Lead, proposal::Proposal};
use zuc_protocol::item::DocKind;
use zuc_store::{Aggregate, Tx};

use super::{CHANGED, Inverse};
use crate::{
    AppError, Office,
    conflicts::{Decided, object},
};

/// The field in which changes of state lie: what happened has happened, and no undo takes it out.
const TRANSITIONS: &str = "transitions";

/// A record before and after a command, by the heads of its document: the token holds nothing that the record says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RecordWas {
    /// Kind of record.
    kind: u16,
    /// Record.
    id: Uuid,
    /// Heads before, in hexadecimal.
    before: String,
    /// Heads after.
    after: String,
}

/// A record that a command made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// Kind of record.
    kind: u16,
    /// Record.
    id: Uuid,
    /// Its heads when it was made, in hexadecimal.
    left: String,
}

impl Made {
    /// The record that was just made.
    pub(crate) async fn of<A: Aggregate>(tx: &mut Tx, id: A::Id) -> Result<Inverse, AppError> {
        let left = tx.repository::<A>().heads(id).await?.unwrap_or_default();
        Ok(Inverse::Made(Self { kind: A::SHAPE.number.0, id: id.into(), left: hex::encode(left) }))
    }
}

/// Where a record stands before a command writes it.
pub(crate) struct Before {
    id: Uuid,
    heads: Vec<u8>,
}

impl Before {
    /// Notes where the record stands.
    pub(crate) async fn of<A: Aggregate>(tx: &mut Tx, id: A::Id) -> Result<Self, AppError> {
        Ok(Self { id: id.into(), heads: tx.repository::<A>().heads(id).await?.unwrap_or_default() })
    }

    /// What takes back what was written since; `None` where nothing was, or nothing stood here before.
    pub(crate) async fn was<A: Aggregate>(self, tx: &mut Tx) -> Result<Option<RecordWas>, AppError>
    where
        A::Id: From<Uuid>,
    {
        let after = tx.repository::<A>().heads(A::Id::from(self.id)).await?.unwrap_or_default();
        let was = || RecordWas {
            kind: A::SHAPE.number.0,
            id: self.id,
            before: hex::encode(&self.heads),
            after: hex::encode(&after),
        };
        Ok((!self.heads.is_empty() && self.heads != after).then(was))
    }
}

impl Office {
    /// Writes again what one command changed, in all of its records or in none; what takes that back.
    ///
    /// # Errors
    /// `undo.changed_since` where somebody wrote to one of the fields since, or a record may not be edited any more.
    pub(super) async fn put_records_back(&self, records: &[RecordWas]) -> Result<Inverse, AppError> {
        let mut tx = self.begin().await?;
        let mut back = Vec::with_capacity(records.len());
        for record in records {
            let was = match DocKind(record.kind) {
                DocKind::CUSTOMER => self.put_back_in::<Customer>(&mut tx, record).await?,
                DocKind::PROPOSAL => self.put_back_in::<Proposal>(&mut tx, record).await?,
                DocKind::INVOICE => self.put_back_in::<Invoice>(&mut tx, record).await?,
                _ => return Err(AppError::invalid("token")),
            };
            back.extend(was);
        }
        if back.is_empty() {
            return Err(AppError::new(CHANGED, "it was taken back before"));
        }
        tx.commit().await?;
        Ok(Inverse::Records { records: back })
    }

    async fn put_back_in<A: Decided>(&self, tx: &mut Tx, record: &RecordWas) -> Result<Option<RecordWas>, AppError>
    where
        A::Id: From<Uuid>,
    {
        let id = A::Id::from(record.id);
        let now = tx.repository::<A>().load(id).await?.ok_or_else(|| AppError::not_found("record"))?;
        let before = at::<A>(tx, id, &record.before).await?;
        let after = at::<A>(tx, id, &record.after).await?;
        let mut back = to_map(&now)?;
        for field in changed(&before, &after) {
            self.allow(A::action(&field), object(&now, now.scope()))?;
            if field == TRANSITIONS || back.get(&field) != after.get(&field) || !now.is_editable(&whole(&field)) {
                return Err(AppError::new(CHANGED, "the record changed since").at(field));
            }
            match before.get(&field) {
                Some(was) => _ = back.insert(field, was.clone()),
                None => _ = back.remove(&field),
            }
        }
        let back: A = serde_json::from_value(Value::Object(back))?;
        let here = Before::of::<A>(tx, id).await?;
        tx.repository().save(&back).await?;
        here.was::<A>(tx).await
    }

    /// Takes a record away that a command made, unless somebody changed it or noted something about it.
    ///
    /// # Errors
    /// `undo.changed_since`.
    pub(super) async fn take_away(&self, made: &Made) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        match DocKind(made.kind) {
            DocKind::LEAD => self.take_away_in::<Lead>(&mut tx, made).await?,
            DocKind::PROPOSAL => self.take_away_in::<Proposal>(&mut tx, made).await?,
            _ => return Err(AppError::invalid("token")),
        }
        Ok(tx.commit().await?)
    }

    async fn take_away_in<A: Decided>(&self, tx: &mut Tx, made: &Made) -> Result<(), AppError>
    where
        A::Id: From<Uuid>,
    {
        let id = A::Id::from(made.id);
        let now = tx.repository::<A>().load(id).await?.ok_or_else(|| AppError::not_found("record"))?;
        self.allow(A::action(""), object(&now, now.scope()))?;
        if at::<A>(tx, id, &made.left).await? != to_map(&now)? || !self.store.facts_about(made.id).await?.is_empty() {
            return Err(AppError::new(CHANGED, "somebody worked on it since"));
        }
        if !tx.repository::<A>().delete(id).await? {
            return Err(AppError::not_found("record"));
        }
        Ok(())
    }
}

/// What a record said at `heads`.
async fn at<A: Aggregate>(tx: &mut Tx, id: A::Id, heads: &str) -> Result<Map<String, Value>, AppError> {
    let heads = hex::decode(heads).map_err(|_| AppError::invalid("token"))?;
    let record = tx.repository::<A>().load_at(id, &heads).await?;
    to_map(&record.ok_or_else(|| AppError::invalid("token"))?)
}

/// The fields that say something else before and after.
fn changed(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// A field as those name it who ask whether it may be edited: `versions` holds the terms.
fn whole(field: &str) -> String {
    format!("{field}/")
}

fn to_map<A: Serialize>(record: &A) -> Result<Map<String, Value>, AppError> {
    match serde_json::to_value(record)? {
        Value::Object(map) => Ok(map),
        _ => Err(AppError::new("app.internal", "a record is an object")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_written_again() {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let before = map(json!({ "rfc": null, "name": "A", "notes": "x" }));
        let after = map(json!({ "rfc": "EKU9003173C9", "name": "A", "profile": 1, "notes": "x" }));
        assert_eq!(changed(&before, &after), ["profile", "rfc"]);
        assert_eq!(changed(&after, &after), [""; 0]);
    }
}
