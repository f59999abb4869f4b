//! What was written to a lead that lives on in another one, by somebody who did not know of it: it lands there.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::Notify, time::timeout};
use zuc_domain::{
    lead::{LateEdit, Lead},
    shared::{Action, LeadId, Object},
};
use zuc_ipc::Changes;
use zuc_store::{LateChange, Tx};

use super::merge::heads;
use crate::{AppError, Office};

/// After so many seconds whoever holds both leads does it: the laptop that wrote it first has the chance to.
const AGE: i64 = 10 * 60;
/// The fields that say where a lead lives on.
const POINTER: [&str; 3] = ["merged_into", "merged_seen", "moved_to"];

/// The longest pause between two looks: what another laptop did not do is looked at again.
const PAUSE: Duration = Duration::from_mins(1);

/// Looks after leads that live on in others until the office is gone.
pub(crate) async fn run(office: Weak<Office>, due: Arc<Notify>) {
    loop {
        let Some(this) = office.upgrade() else { return };
        this.catch_up().await;
        drop(this);
        // over or woken, it looks again
        let _ = timeout(PAUSE, due.notified()).await;
    }
}

impl Office {
    /// Does what is due for leads that live on in others, and tells of commands that are incomplete; what fails is tried again.
    pub(crate) async fn catch_up(&self) {
        if let Err(error) = self.catch_up_leads().await {
            tracing::warn!(code = error.code, detail = error.detail, "what came late to a lead has not landed");
        }
        if let Err(error) = self.tell_incomplete().await {
            tracing::warn!(code = error.code, detail = error.detail, "nobody was told what is incomplete");
        }
    }

    /// Lets what came late land where it belongs: edits of leads that were merged away or went to another team, leads that were
    /// merged into each other, and those that went to two teams at once.
    ///
    /// # Errors
    /// What the store says.
    pub async fn catch_up_leads(&self) -> Result<(), AppError> {
        let mut any = false;
        for stray in self.store.stray_leads().await? {
            any |= self.catch_up_lead(stray, true).await?;
        }
        // one that stays after all is one in which others can land
        for _ in 0..2 {
            for alias in self.store.late_aliases().await? {
                any |= self.catch_up_lead(alias, false).await?;
            }
        }
        if any {
            self.tell(Changes { leads: true, ..Changes::default() });
        }
        Ok(())
    }

    async fn catch_up_lead(&self, lead: LeadId, is_stray: bool) -> Result<bool, AppError> {
        let Some(found) = self.store.read::<Lead>(lead).await? else { return Ok(false) };
        let survivor = self.store.survivor_of(lead).await?;
        let at = self.store.read::<Lead>(survivor).await?.map_or(found.scope, |survivor| survivor.scope);
        if ![found.scope, at].iter().all(|scope| self.may(Action::EditLead, Object::in_scope(*scope))) {
            return Ok(false);
        }
        let now = self.now();
        let mut tx = self.begin().await?;
        let wrote = if is_stray {
            Box::pin(follow_origin(&mut tx, lead, now)).await
        } else {
            Box::pin(catch_up(&mut tx, lead, now)).await
        };
        match wrote {
            Ok(wrote) => {
                tx.commit().await?;
                Ok(wrote)
            }
            // a record whose person's key is on its way is read once that is here
            Err(error) if error.code == "store.person_key_missing" => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Lets what was written late to `alias` land in the lead that it lives on in; one that was merged away in a ring and stays is
/// a lead of its own again. `false` where nothing was written.
///
/// # Errors
/// What the store says.
pub async fn catch_up(tx: &mut Tx, alias: LeadId, now: Timestamp) -> Result<bool, AppError> {
    let Some(mut goes) = tx.repository::<Lead>().load(alias).await? else { return Ok(false) };
    let Some(pointed) = goes.merged_into else { return Ok(false) };
    let target = tx.survivor_of(alias).await?;
    if target == alias {
        let since = goes.merged_seen.clone().unwrap_or_default();
        if !may(&changes(tx, alias, &since).await?, points, now) {
            return Ok(false);
        }
        goes.unmerge();
        save(tx, &mut goes).await?;
        return Ok(true);
    }
    let Some(mut stays) = tx.repository::<Lead>().load(target).await? else { return Ok(false) };
    let opens = tx.repository::<Lead>().opens(alias) && tx.repository::<Lead>().opens(target);
    let read = stays.absorbed.get(&alias).map(|known| known.heads.clone()).or_else(|| goes.merged_seen.clone());
    let current = heads(tx, alias).await?;
    let Some(read) = read.filter(|read| *read != current) else {
        mark(tx, alias, &current).await?;
        return Ok(false);
    };
    let late = changes(tx, alias, &read).await?;
    if late.iter().all(|change| points(change) && !says(change)) {
        mark(tx, alias, &current).await?;
        return Ok(false);
    }
    // across teams whoever wrote it may not reach the other one: whoever let it go does
    let across = stays.scope != goes.scope;
    if !opens || !may(&late, |change| says(change) || (across && points(change)), now) {
        return Ok(false);
    }
    let before = tx.repository::<Lead>().load_at(alias, &bytes(&read)?).await?;
    let Some(before) = before else { return Ok(false) };
    let own = late.iter().any(|change| change.own && says(change));
    // one that became a customer is read-only: it is looked at again where that is taken back
    let Ok(landing) = stays.late(&before, &goes, own) else { return Ok(false) };
    tracing::debug!(lead.id = %target, alias.id = %alias, pointed.id = %pointed, "a late edit lands");
    stays.absorb(alias, &landing, current.clone(), |field| {
        let by = late.iter().rev().find(|change| change.fields.iter().any(|name| name == field));
        by.map(|change| LateEdit { at: change.at, actor: change.actor.clone() })
    });
    save(tx, &mut stays).await?;
    mark(tx, alias, &current).await?;
    Ok(true)
}

/// A lead that was let go to two teams at once lives on in one: this one follows what it was to where that went. `false` where
/// nothing was written.
///
/// # Errors
/// What the store says.
pub async fn follow_origin(tx: &mut Tx, stray: LeadId, now: Timestamp) -> Result<bool, AppError> {
    let Some(mut lead) = tx.repository::<Lead>().load(stray).await? else { return Ok(false) };
    let (None, Some(origin)) = (lead.merged_into, lead.moved_from) else { return Ok(false) };
    let target = tx.survivor_of(origin).await?;
    let Some(stays) = tx.repository::<Lead>().load(target).await?.filter(|_| target != stray) else {
        return Ok(false);
    };
    let Some(begun) = tx.repository::<Lead>().begun_at(stray).await? else { return Ok(false) };
    if !may(&changes(tx, stray, "").await?, |_| true, now) {
        return Ok(false);
    }
    lead.leave_for(&stays, hex::encode(begun));
    tx.repository().save(&lead).await?;
    Ok(true)
}

async fn changes(tx: &mut Tx, lead: LeadId, since: &str) -> Result<Vec<LateChange>, AppError> {
    Ok(tx.repository::<Lead>().changes_since(lead, &bytes(since)?).await?)
}

fn bytes(heads: &str) -> Result<Vec<u8>, AppError> {
    hex::decode(heads).map_err(|_| AppError::new("app.internal", "heads are hexadecimal"))
}

/// Whether a change says where a lead lives on.
fn points(change: &LateChange) -> bool {
    change.fields.iter().any(|field| POINTER.contains(&field.as_str()))
}

/// Whether it says anything else.
fn says(change: &LateChange) -> bool {
    change.fields.iter().any(|field| !POINTER.contains(&field.as_str()))
}

/// Whether it is for this laptop to do: one that wrote any of what counts does it at once, any other when that is old.
fn may(late: &[LateChange], counts: impl Fn(&LateChange) -> bool, now: Timestamp) -> bool {
    let newest = late.iter().map(|change| change.at).max();
    late.iter().any(|change| change.own && counts(change)) || newest.is_some_and(|at| at + AGE < now.as_second())
}

async fn mark(tx: &mut Tx, alias: LeadId, heads: &str) -> Result<(), AppError> {
    Ok(tx.alias_read(alias, &bytes(heads)?).await?)
}

async fn save(tx: &mut Tx, lead: &mut Lead) -> Result<(), AppError> {
    match Office::rescore(lead) {
        Some(event) => Ok(tx.repository().record(&*lead, &event).await?),
        None => Ok(tx.repository().save(&*lead).await?),
    }
}
