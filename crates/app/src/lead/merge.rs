//! Two leads that are one prospect: side by side, made one, and parted again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zuc_domain::{
    lead::{AssignmentRule, Lead, LeadEvent, LeadField, duplicates::Likeness, duplicates::MatchRecord},
    shared::{Action, DomainEvent, LeadId, OpportunityId},
};
use zuc_ipc::{
    Changes,
    lead::{ComparedField, LeadComparison, LeadDuplicate, LeadMerge, LeadPair},
    words,
};
use zuc_protocol::item::DocKind;
use zuc_store::Tx;

use super::{id, load, object, row};
use crate::{
    AppError, Office,
    history::label,
    undo::{CHANGED, Inverse},
};

/// Duplicates that are offered.
const OFFERED: usize = 5;
/// Lines of a timeline that are counted.
const COUNTED: u32 = 1_000;

/// Two leads that became one, each by the heads of its document: the token holds nothing that they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The one that stays.
    pub survivor: LeadId,
    /// The other.
    pub other: LeadId,
    /// Heads of the one that stays before, in hexadecimal.
    pub before: String,
    /// And after.
    pub after: String,
}

impl Office {
    /// Leads that may be the same prospect as one, the likeliest first.
    ///
    /// # Errors
    /// `app.not_found`; `auth.forbidden`.
    pub async fn lead_duplicates(&self, lead: String) -> Result<Vec<LeadDuplicate>, AppError> {
        let lead = self.store.survivor_of(id(&lead)?).await?;
        let whole = self.store.read::<Lead>(lead).await?.ok_or_else(|| AppError::not_found("lead"))?;
        self.allow(Action::ReadLeads, object(&whole))?;
        let record = MatchRecord::from(&whole);
        let mut found = Vec::new();
        for (other, like) in self.store.lead_candidates(&record).await? {
            let like = record.compare(&like);
            if other == lead || like.score.likeness() == Likeness::None {
                continue;
            }
            // one of another team is another team's to decide about
            let Some(other) = self.store.read::<Lead>(other).await?.filter(|other| other.scope == whole.scope) else {
                continue;
            };
            let Some(shown) = self.store.lead_row(other.id).await? else { continue };
            found.push((
                like.score,
                other.id,
                LeadDuplicate {
                    row: row(&shown),
                    likeness: u8::try_from(like.score.0 / 100).unwrap_or(100),
                    reasons: like.reasons.iter().map(|reason| reason.name().to_owned()).collect(),
                },
            ));
        }
        found.sort_by(|(left, one, _), (right, other, _)| right.cmp(left).then(one.cmp(other)));
        Ok(found.into_iter().take(OFFERED).map(|(.., duplicate)| duplicate).collect())
    }

    /// Two leads side by side, field by field.
    ///
    /// # Errors
    /// `lead.not_mergeable` for two that cannot become one.
    pub async fn lead_compare(&self, pair: LeadPair) -> Result<LeadComparison, AppError> {
        let mut tx = self.begin().await?;
        let (survivor, other) = (load(&mut tx, id(&pair.survivor)?).await?, load(&mut tx, id(&pair.other)?).await?);
        for lead in [&survivor, &other] {
            self.allow(Action::ReadLeads, object(lead))?;
        }
        let seen = seen(&mut tx, survivor.id, other.id).await?;
        drop(tx);
        let none = |_: &LeadField| false;
        decide(&survivor, &other, none, Uuid::nil())?;
        let mut fields = Vec::new();
        let (mine, theirs) = (serde_json::to_value(&survivor)?, serde_json::to_value(&other)?);
        for field in survivor.mergeable_fields() {
            let name = field.register();
            let Some(called) = label(DocKind::LEAD, name) else { continue };
            let says = |of: &serde_json::Value| self.shown(DocKind::LEAD, name, of.get(name));
            let (survivor, other) = (says(&mine), says(&theirs));
            // a question that nobody asked of one of them is none
            let is_said = |text: &str| !text.is_empty() && !matches!(field, LeadField::DemoRequested(_));
            if !is_said(&survivor) && !is_said(&other) {
                continue;
            }
            fields.push(ComparedField {
                field: name.to_owned(),
                label: called.to_owned(),
                differs: is_said(&survivor) && is_said(&other) && survivor != other,
                both_stay: matches!(field, LeadField::Email(_) | LeadField::Phone(_)),
                survivor,
                other,
            });
        }
        let touches = async |lead: LeadId| -> Result<u32, AppError> {
            Ok(u32::try_from(self.store.activities(lead, COUNTED).await?.len()).unwrap_or(COUNTED))
        };
        let shown = async |lead: LeadId| -> Result<zuc_ipc::lead::LeadRow, AppError> {
            let found = self.store.lead_row(lead).await?.ok_or_else(|| AppError::not_found("lead"))?;
            Ok(row(&found))
        };
        Ok(LeadComparison {
            created_on: (survivor.created_on.to_string(), other.created_on.to_string()),
            touches: (touches(survivor.id).await?, touches(other.id).await?),
            survivor: shown(survivor.id).await?,
            other: shown(other.id).await?,
            fields,
            seen,
        })
    }

    /// Makes two leads one: the other's chosen values stay, its mails, telephones and labels are united with the survivor's, and
    /// whatever hangs on it is found at the survivor.
    ///
    /// # Errors
    /// `app.stale` where somebody wrote to one of them since they were looked at; `lead.not_mergeable`; `auth.forbidden` where
    /// one of them is another's.
    #[tracing::instrument(skip_all, fields(lead.id = %merge.survivor, other.id = %merge.other))]
    pub async fn lead_merge(&self, merge: LeadMerge) -> Result<Changes, AppError> {
        let (survivor, other) = (id(&merge.survivor)?, id(&merge.other)?);
        let mut tx = self.begin().await?;
        for lead in [survivor, other] {
            let lead = load(&mut tx, lead).await?;
            self.allow(Action::MergeLeads, object(&lead))?;
        }
        if !merge.seen.is_empty() && merge.seen != seen(&mut tx, survivor, other).await? {
            return Err(AppError::new("app.stale", "one of the leads changed since they were compared"));
        }
        let joined = Box::pin(join(&mut tx, survivor, other, &merge.take)).await?;
        tx.commit().await?;
        let undo = Some(Inverse::Joined(joined).token());
        let done = words::say("lead.joined").to_owned();
        Ok(self.tell(Changes { leads: true, customers: true, undo, done, ..Changes::default() }))
    }

    /// Parts two leads that became one.
    ///
    /// # Errors
    /// `undo.changed_since` where they are one no more, or in another way; what the survivor refuses where it went on.
    pub(crate) async fn part_leads(&self, joined: &Joined) -> Result<Changes, AppError> {
        let mut tx = self.begin().await?;
        for lead in [joined.survivor, joined.other] {
            let lead = load(&mut tx, lead).await?;
            self.allow(Action::MergeLeads, object(&lead))?;
        }
        Box::pin(part(&mut tx, joined)).await?;
        tx.commit().await?;
        let done = words::say("undo.done").to_owned();
        Ok(self.tell(Changes { leads: true, customers: true, done, ..Changes::default() }))
    }
}

/// What was seen of two leads: the heads of both.
async fn seen(tx: &mut Tx, survivor: LeadId, other: LeadId) -> Result<String, AppError> {
    Ok(format!("{}.{}", heads(tx, survivor).await?, heads(tx, other).await?))
}

/// The heads of a lead's document, in hexadecimal.
pub(super) async fn heads(tx: &mut Tx, lead: LeadId) -> Result<String, AppError> {
    let heads = tx.repository::<Lead>().heads(lead).await?;
    heads.map(hex::encode).ok_or_else(|| AppError::not_found("lead"))
}

fn decide(
    survivor: &Lead,
    other: &Lead,
    takes: impl Fn(&LeadField) -> bool,
    undo: Uuid,
) -> Result<LeadEvent, AppError> {
    let taken = survivor.mergeable_fields().into_iter().filter(takes);
    let choices: BTreeMap<String, LeadId> = taken.map(|field| (field.name().to_owned(), other.id)).collect();
    let likeness = MatchRecord::from(survivor).compare(&MatchRecord::from(other)).score;
    let links = other.converted.iter().flat_map(|to| {
        [Some(to.customer.uuid()), Some(to.contact.uuid()), to.opportunity.map(OpportunityId::uuid)]
            .into_iter()
            .flatten()
    });
    Ok(survivor.merge(std::slice::from_ref(other), &choices, links.collect(), likeness, undo)?)
}

/// Makes two leads one in the transaction of a command; `take` names fields, as documents do, of which the other's value stays.
///
/// # Errors
/// `lead.not_mergeable`; the codes of leads that are read-only.
pub async fn join(tx: &mut Tx, survivor: LeadId, other: LeadId, take: &[String]) -> Result<Joined, AppError> {
    let (mut stays, mut goes) = (load(tx, survivor).await?, load(tx, other).await?);
    let (before, seen) = (heads(tx, survivor).await?, heads(tx, other).await?);
    let undo = tx.fresh_id();
    let merged = decide(&stays, &goes, |field| take.iter().any(|name| name == field.register()), undo)?;
    let owner = goes.owner;
    goes.apply(&merged);
    goes.seen_at_merge(seen);
    tx.repository().save(&goes).await?;
    stays.apply(&merged);
    let mut events = vec![merged];
    if let (None, Some(owner)) = (stays.owner, owner) {
        let act = tx.act();
        let rule = AssignmentRule {
            id: "merge".to_owned(),
            reason: "the other was theirs".to_owned(),
            capacity_before: None,
            sla_due_at: None,
        };
        // one that was discarded stays nobody's
        if let Ok(assigned) = stays.assign(owner, rule, &act) {
            stays.apply(&assigned);
            events.push(assigned);
        }
    }
    events.extend(Office::rescore(&mut stays));
    let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
    tx.repository().record_all(&stays, &events).await?;
    Ok(Joined { survivor, other, before, after: heads(tx, survivor).await? })
}

/// Parts them again in the transaction of a command: what others wrote since stays, in either.
///
/// # Errors
/// `undo.changed_since` where the other does not live on in that one; the codes of leads that are read-only.
pub async fn part(tx: &mut Tx, joined: &Joined) -> Result<(), AppError> {
    let (mut stays, mut goes) = (load(tx, joined.survivor).await?, load(tx, joined.other).await?);
    if goes.merged_into != Some(joined.survivor) {
        return Err(AppError::new(CHANGED, "they are one no more"));
    }
    let at = async |tx: &mut Tx, heads: &str| {
        let heads = hex::decode(heads).map_err(|_| AppError::invalid("token"))?;
        let found = tx.repository::<Lead>().load_at(joined.survivor, &heads).await?;
        found.ok_or_else(|| AppError::not_found("lead"))
    };
    let (before, after) = (at(tx, &joined.before).await?, at(tx, &joined.after).await?);
    let back = stays.split(&goes, &before, &after)?;
    stays.apply_split(&goes, &before, &back);
    goes.unmerge();
    for lead in [&mut stays, &mut goes] {
        match Office::rescore(lead) {
            Some(event) => tx.repository().record(&*lead, &event).await?,
            None => tx.repository().save(&*lead).await?,
        }
    }
    Ok(())
}
