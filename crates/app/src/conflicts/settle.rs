//! A person's word on a conflict: a change like any other, which every laptop receives and which ends it there too.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;
use zuc_domain::{
    customer::{Contract, Customer},
    financial::Invoice,
    lead::{
        Lead,
        opportunity::{NewOpportunity, Opportunity, Stage},
    },
    proposal::{Product, Proposal},
    shared::{
        Action, ConflictError, DecimalStyle, OpportunityId, TransitionId,
        conflict::{self, STATE},
    },
};
use zuc_ipc::{Changes, conflict::ConflictSettle, words};
use zuc_protocol::item::DocKind;
use zuc_store::{ConflictRow as Stored, Contested, SideValue, Tx};

use super::record::{Decided, object};
use crate::{
    AppError, Office,
    undo::{CHANGED, Inverse},
};

/// How another value of a field is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// An amount, in the currency of the sides.
    Money,
    /// A number.
    Number,
    /// Text that its type checks.
    Text,
}

impl Typed {
    /// Of a field; `None` where another value is chosen on the record's own page.
    pub(super) fn of(field: &str) -> Option<Self> {
        match field.rsplit('/').next().unwrap_or(field) {
            "amount" | "cost" | "estimated_amount" | "list_price" | "mrr" => Some(Self::Money),
            "discount" | "document_discount" | "quantity" | "unit_price" => Some(Self::Number),
            "postal_code" | "rfc" => Some(Self::Text),
            // a contract's value is money, and no line's
            "value" if field == "value" => Some(Self::Money),
            _ => None,
        }
    }

    /// What was typed, as the field holds it.
    fn read(self, text: &str, like: &Value) -> Result<Value, AppError> {
        let text = text.trim();
        match self {
            Self::Text if text.is_empty() => Ok(Value::Null),
            Self::Text => Ok(json!(text.to_uppercase())),
            Self::Number => Ok(json!(number(text)?.normalize().to_string())),
            Self::Money => {
                let currency = like.get("currency").and_then(Value::as_str).unwrap_or("MXN");
                Ok(json!({ "value": number(text)?.normalize().to_string(), "currency": currency }))
            }
        }
    }
}

fn number(text: &str) -> Result<Decimal, AppError> {
    let text = text.trim_start_matches('$').trim_end_matches('%').trim();
    if text.is_empty() {
        return Err(AppError::new("amount.empty", "an amount is expected").at("value"));
    }
    let read = DecimalStyle::detect([text]).parse(text);
    read.map_err(|error| AppError::new(error.code(), error.to_string()).at("value"))
}

impl Office {
    /// Writes what a person chose.
    ///
    /// # Errors
    /// `conflict.gone` where it was settled meanwhile; `conflict.no_way` where that side can hold no more;
    /// `auth.forbidden` where it is another's to decide.
    #[tracing::instrument(skip_all, fields(record.id = %word.id, field = %word.field, choice = %word.choice))]
    pub async fn conflict_settle(&self, word: ConflictSettle) -> Result<Changes, AppError> {
        let stored = self.conflict_at(&word.id, &word.field).await?;
        let undo = match (self.contested(&stored).await?, word.choice.as_str()) {
            (Contested::States(_), "side") => {
                let chosen: TransitionId = word.side.parse().map_err(|_| AppError::invalid("side"))?;
                self.settle_state(&stored, chosen).await?;
                None
            }
            (Contested::Values(sides), "side") => {
                let value = chosen(&sides, &word.side)?.value.clone();
                self.settle_value(stored.kind, stored.id, &stored.field, value.clone(), None).await?;
                was(&stored, &sides, &value)
            }
            (Contested::Values(sides), "other") => {
                let typed = Typed::of(&stored.field).ok_or_else(|| AppError::invalid("choice"))?;
                let like = sides.iter().find(|side| side.shown).map_or(&Value::Null, |side| &side.value);
                let value = typed.read(&word.value, like)?;
                self.settle_value(stored.kind, stored.id, &stored.field, value.clone(), None).await?;
                was(&stored, &sides, &value)
            }
            (Contested::Values(sides), "both") => {
                self.keep_both(&stored, &sides, &word.side).await?;
                None
            }
            _ => return Err(AppError::invalid("choice")),
        };
        let done = words::say("conflict.settled").to_owned();
        Ok(self.tell(Changes { undo: undo.map(|undo| undo.token()), done, ..Changes::all() }))
    }

    /// Writes a value of a field of a record, over all that stand there; where one was `seen`, only if it still stands.
    pub(crate) async fn settle_value(
        &self,
        kind: DocKind,
        id: Uuid,
        field: &str,
        value: Value,
        seen: Option<Value>,
    ) -> Result<(), AppError> {
        match kind {
            DocKind::LEAD => self.settle_in::<Lead>(id, field, value, seen).await,
            DocKind::CUSTOMER => self.settle_in::<Customer>(id, field, value, seen).await,
            DocKind::CONTRACT => self.settle_in::<Contract>(id, field, value, seen).await,
            DocKind::OPPORTUNITY => self.settle_in::<Opportunity>(id, field, value, seen).await,
            DocKind::PRODUCT => self.settle_in::<Product>(id, field, value, seen).await,
            DocKind::PROPOSAL => self.settle_in::<Proposal>(id, field, value, seen).await,
            DocKind::INVOICE => self.settle_in::<Invoice>(id, field, value, seen).await,
            _ => Err(ConflictError::Gone.into()),
        }
    }

    async fn settle_in<A: Decided>(
        &self,
        id: Uuid,
        field: &str,
        value: Value,
        seen: Option<Value>,
    ) -> Result<(), AppError>
    where
        A::Id: From<Uuid>,
    {
        let mut tx = self.begin().await?;
        if let Some(seen) = seen {
            let record =
                tx.repository::<A>().load(A::Id::from(id)).await?.ok_or_else(|| AppError::not_found("record"))?;
            let now = serde_json::to_value(&record)?;
            let mut expected = now.clone();
            put(&mut expected, field, seen);
            // as the record says it: `920` and `920.00` are one amount
            let expected: A = serde_json::from_value(expected).map_err(|_| AppError::invalid("token"))?;
            if serde_json::to_value(&expected)? != now {
                return Err(AppError::new(CHANGED, "the field changed since it was settled").at(field));
            }
        }
        self.write_choice::<A>(&mut tx, id, field, value).await?;
        Ok(tx.commit().await?)
    }

    async fn write_choice<A: Decided>(&self, tx: &mut Tx, id: Uuid, field: &str, value: Value) -> Result<A, AppError>
    where
        A::Id: From<Uuid>,
    {
        let record = tx.repository::<A>().load(A::Id::from(id)).await?.ok_or_else(|| AppError::not_found("record"))?;
        self.allow(A::action(field), object(&record, record.scope()))?;
        let before = serde_json::to_value(&record)?;
        let mut after = before.clone();
        if field == "fiscal_profile" {
            // what sales knows of the tax id follows the profile
            put(&mut after, "rfc", value.get("rfc").cloned().unwrap_or(Value::Null));
        }
        put(&mut after, field, value);
        if after != before && !record.is_editable(field) {
            return Err(ConflictError::NoWay.into());
        }
        let mut settled: A = serde_json::from_value(after).map_err(|_| AppError::invalid("value"))?;
        settled.answer(field);
        tx.repository().settle(&settled, &[field]).await?;
        Ok(settled)
    }

    async fn settle_state(&self, stored: &Stored, chosen: TransitionId) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let act = tx.act();
        macro_rules! settle {
            ($aggregate:ty, $apply:expr) => {{
                let id = <$aggregate as zuc_store::Aggregate>::Id::from(stored.id);
                let found = tx.repository::<$aggregate>().load(id).await?;
                let mut record = found.ok_or_else(|| AppError::not_found("record"))?;
                self.allow(<$aggregate>::action(STATE), object(&record, record.scope))?;
                let step = conflict::settle(&record.transitions, chosen, &act)?;
                $apply(&mut record, &step);
                tx.repository().save(&record).await?;
            }};
        }
        match stored.kind {
            DocKind::LEAD => settle!(Lead, Lead::apply_transition),
            DocKind::CUSTOMER => settle!(Customer, Customer::apply_transition),
            DocKind::CONTRACT => settle!(Contract, Contract::apply_transition),
            DocKind::PROPOSAL => settle!(Proposal, Proposal::apply_transition),
            DocKind::OPPORTUNITY => {
                let found = tx.repository::<Opportunity>().load(OpportunityId(stored.id)).await?;
                let mut record = found.ok_or_else(|| AppError::not_found("record"))?;
                let step = conflict::settle(&record.transitions, chosen, &act)?;
                let reopens = record.stage().is_closed() && !step.to.is_closed();
                let action = if reopens { Action::ReopenOpportunity } else { Action::EditOpportunity };
                self.allow(action, object(&record, record.scope))?;
                record.apply_transition(&step, &act);
                tx.repository().save(&record).await?;
            }
            _ => return Err(ConflictError::Gone.into()),
        }
        Ok(tx.commit().await?)
    }

    /// One side holds, the other becomes a deal of its own.
    async fn keep_both(&self, stored: &Stored, sides: &[SideValue], side: &str) -> Result<(), AppError> {
        let (DocKind::OPPORTUNITY, "amount", [_, _]) = (stored.kind, stored.field.as_str(), sides) else {
            return Err(AppError::invalid("choice"));
        };
        let kept = chosen(sides, side)?;
        let apart = sides.iter().find(|other| other.change != kept.change).ok_or(ConflictError::Gone)?;
        let amount = serde_json::from_value(apart.value.clone())?;
        let mut tx = self.begin().await?;
        let deal = self.write_choice::<Opportunity>(&mut tx, stored.id, &stored.field, kept.value.clone()).await?;
        let act = tx.act();
        let event = Opportunity::create(
            NewOpportunity {
                id: OpportunityId(tx.fresh_id()),
                scope: deal.scope,
                customer: deal.customer,
                lead: deal.lead,
                name: words::fill("conflict.second_deal", &[("name", &deal.name)]),
                amount,
                mrr: None,
                stage: if deal.stage().is_closed() { Stage::Prospeccion } else { deal.stage() },
                expected_close: deal.expected_close,
                owner: deal.owner,
                created_at: act.at,
            },
            &act,
        )?;
        let second = Opportunity::from_created(&event)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes a deal"))?;
        tx.repository().record(&second, &event).await?;
        Ok(tx.commit().await?)
    }
}

/// The side that was chosen.
fn chosen<'s>(sides: &'s [SideValue], side: &str) -> Result<&'s SideValue, ConflictError> {
    sides.iter().find(|one| hex::encode(one.change) == side).ok_or(ConflictError::Gone)
}

/// What takes the choice back: the value that everybody saw meanwhile.
fn was(stored: &Stored, sides: &[SideValue], written: &Value) -> Option<Inverse> {
    let shown = sides.iter().find(|side| side.shown)?;
    Some(Inverse::Settled {
        kind: stored.kind.0,
        record: stored.id.to_string(),
        field: stored.field.clone(),
        value: shown.value.to_string(),
        written: written.to_string(),
    })
}

/// Puts a value where a field stands: `owner`, or the way to an item's field.
fn put(record: &mut Value, field: &str, value: Value) {
    let mut at = record;
    for segment in field.split('/') {
        let Value::Object(fields) = at else { return };
        at = fields.entry(segment.to_owned()).or_insert(Value::Null);
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_is_read_as_its_field_holds_it() {
        let peso = json!({ "value": "1290000", "currency": "USD" });
        let read = |typed: Typed, text: &str| typed.read(text, &peso).unwrap();
        assert_eq!(read(Typed::Money, "$1,385,000.50"), json!({ "value": "1385000.5", "currency": "USD" }));
        assert_eq!(read(Typed::Number, "12.50 %"), json!("12.5"));
        assert_eq!(read(Typed::Text, " 37480 "), json!("37480"));
        assert_eq!(read(Typed::Text, ""), Value::Null);
        assert_eq!(Typed::Money.read(" $ ", &peso).unwrap_err().code, "amount.empty");
        assert!(Typed::of("owner").is_none() && Typed::of("fiscal_profile").is_none());
    }

    #[test]
    fn a_value_is_put_where_its_field_stands() {
        let mut record =
            json!({ "owner": "a", "versions": { "1": { "content": { "lines": { "l": { "tax": "iva16" } } } } } });
        put(&mut record, "versions/1/content/lines/l/tax", json!("iva8"));
        put(&mut record, "owner", json!("b"));
        assert_eq!(record["versions"]["1"]["content"]["lines"]["l"]["tax"], "iva8");
        assert_eq!(record["owner"], "b");
    }
}
