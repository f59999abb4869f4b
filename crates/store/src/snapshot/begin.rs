//! A snapshot of another's, taken in by a laptop that has read nothing of the scope: whole and in one transaction with the
//! cursors, or not at all. Each document's changes are checked as if they came in batches; read rows are made here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tokio::sync::mpsc;
use uuid::Uuid;
use zuc_domain::shared::{CloudEvent, Hlc, Scope};
use zuc_protocol::Blob;
use zuc_protocol::ids::{CompanyId, DeviceId};
use zuc_protocol::item::{DocKind, Fact};
use zuc_protocol::manifest::{Manifest, Unfit};
use zuc_protocol::pack::{PackItem, PackedAuthor, PackedDocument, PackedFact, PackedVerdict};
use zuc_sync::{Advance, AuthorCursor, KeyRing};

use super::fresh::{self, Fresh, Step};
use super::{digest_of, earlier};
use crate::facts::Put;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::remote::{author_acted, move_cursors, receive_clock};
use crate::reread::Reread;
use crate::store::{Identity, domain_scope, scope_number};
use crate::{Store, StoreError, aggregate, doc, events, facts, history, legality, parts};

/// What was taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Begun {
    /// How far every author is read.
    pub(crate) authors: Vec<(DeviceId, AuthorCursor)>,
    /// Kinds of documents that came.
    pub(crate) kinds: BTreeSet<DocKind>,
}

/// Events written in one go.
const EVENTS: usize = 500;

/// Why nothing is taken in.
pub(super) enum Not {
    /// It is not what it says.
    Unfit(Unfit),
    /// The disk.
    Store(StoreError),
}

impl From<StoreError> for Not {
    fn from(error: StoreError) -> Self {
        match error {
            // a change that every receiver refuses is in no log's fold
            StoreError::ChangeRefused(_) => Self::Unfit(Unfit::Forged),
            other => Self::Store(other),
        }
    }
}

impl From<doc::Refusal> for Not {
    fn from(_: doc::Refusal) -> Self {
        Self::Unfit(Unfit::Forged)
    }
}

impl From<sqlx::Error> for Not {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Takes in a snapshot whose manifest may be begun at; or says why nothing of it was. Entries of this device's own may be among
    /// those that it is of with `own` alone.
    ///
    /// # Errors
    /// [`StoreError`] of the disk; nothing is taken in then either.
    pub(crate) async fn begin_at(
        &self,
        manifest: &Manifest,
        packs: &[Blob],
        ring: &KeyRing,
        own: bool,
        now: Timestamp,
    ) -> Result<Result<Begun, Unfit>, StoreError> {
        match Box::pin(self.take_in(manifest, packs, ring, own, now)).await {
            Ok(begun) => Ok(Ok(begun)),
            Err(Not::Unfit(why)) => Ok(Err(why)),
            Err(Not::Store(error)) => Err(error),
        }
    }

    async fn take_in(
        &self,
        manifest: &Manifest,
        packs: &[Blob],
        ring: &KeyRing,
        own: bool,
        now: Timestamp,
    ) -> Result<Begun, Not> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let company = CompanyId::from_uuid(identity.company.0);
        let mut opened = Vec::with_capacity(packs.len());
        let digest = digest_of(company, ring, manifest, packs, |pack| opened.push(pack)).map_err(Not::Unfit)?;
        if digest != manifest.digest {
            return Err(Not::Unfit(Unfit::OtherDigest));
        }
        let scope = domain_scope(manifest.scope);
        let number = scope_number(scope);
        let mut tx = self.begin_plain().await?;
        let (mut dirty, mut names) = (Dirty::default(), Ring::new(self, identity.company.0));
        // in one look: the documents name nearly all of them
        let keys = sqlx::query_scalar!("SELECT key_id FROM person_key WHERE scope = ?", number);
        let keys = keys.fetch_all(&mut *tx).await?;
        names.load(&mut tx, &keys.iter().filter_map(|key| key.as_slice().try_into().ok()).collect()).await?;
        let rows = Reread::new(&mut tx, &mut names, &mut dirty);
        let mut taking = Taking { own, ..Taking::new(identity, rows, scope, now) };
        let (to, mut steps) = mpsc::channel(fresh::AHEAD);
        let actor = identity.actor;
        let making = tokio::task::spawn_blocking(move || fresh::steps(opened, scope, &actor.0, &to));
        while let Some(step) = steps.recv().await {
            match step? {
                Step::Documents(documents) => Box::pin(taking.documents(documents)).await?,
                Step::Events(events) => taking.events(events).await?,
                Step::Other(item) => taking.item(item).await?,
            }
        }
        // one that ended early by a panic has told of no end
        making.await.map_err(|_panicked| StoreError::Spoilt)?;
        taking.write_events().await?;
        taking.rows.finish().await?;
        let Taking { begun, acted, latest, .. } = taking;
        let mut advance = Advance { seq: manifest.cursor, chain: manifest.chain, author: None };
        move_cursors(&mut tx, number, &advance).await?;
        earlier::note(&mut tx, company, manifest).await?;
        for author in &begun.authors {
            advance.author = Some(*author);
            move_cursors(&mut tx, number, &advance).await?;
        }
        for (device, millis) in acted {
            // a clock that is ahead has not been where it says
            author_acted(&mut tx, number, device, millis.min(now.as_millisecond())).await?;
        }
        if let Some(latest) = latest {
            receive_clock(&mut tx, identity, latest, now).await?;
        }
        analytics::refresh(&mut tx, &dirty).await?;
        tx.commit().await?;
        self.inner.committed.notify_one();
        Ok(begun)
    }
}

/// Items on their way in.
pub(super) struct Taking<'c> {
    identity: Identity,
    pub(super) rows: Reread<'c>,
    scope: Scope,
    number: i64,
    now: Timestamp,
    events: Vec<CloudEvent>,
    /// When each device last acted, by its clock; Unix milliseconds.
    pub(super) acted: BTreeMap<Uuid, i64>,
    /// The latest that any of them did.
    pub(super) latest: Option<Hlc>,
    pub(super) begun: Begun,
    /// Entries of this device's own are among them.
    own: bool,
}

impl<'c> Taking<'c> {
    /// Takes in what was folded here, whoever wrote it.
    pub(super) fn new(identity: Identity, rows: Reread<'c>, scope: Scope, now: Timestamp) -> Self {
        let (begun, events, acted) = (Begun::default(), Vec::new(), BTreeMap::new());
        let number = scope_number(scope);
        Self { identity, rows, scope, number, now, events, acted, latest: None, begun, own: true }
    }

    pub(super) async fn item(&mut self, item: PackItem) -> Result<(), Not> {
        match item {
            PackItem::Document(document) => self.document(document).await,
            PackItem::Fact(fact) => self.fact(fact).await,
            PackItem::Event(json) => self.events(vec![fresh::event(&json)?]).await,
            PackItem::Verdict(verdict) => Ok(self.verdict(verdict).await?),
            PackItem::Actor { actor, device } => Ok(history::note_actor(self.rows.conn, &actor.0, &device.0).await?),
            PackItem::Author(author) => self.author(author),
            PackItem::Part(part) => Ok(parts::came(self.rows.conn, Some(part), self.scope, self.now).await?),
        }
    }

    /// Takes in documents, of which those that nobody holds here are written together.
    async fn documents(&mut self, documents: Vec<Fresh>) -> Result<(), Not> {
        let mut standing = fresh::standing(self.rows.conn, &documents).await?;
        let mut new = Vec::new();
        for fresh in documents {
            // one that is there, in this scope or in another, or twice in a pack
            if fresh.written.is_none() || !standing.insert(fresh.id()) {
                self.write_new(std::mem::take(&mut new)).await?;
                self.document(fresh.packed).await?;
            } else {
                new.push(fresh);
            }
        }
        self.write_new(new).await
    }

    async fn write_new(&mut self, documents: Vec<Fresh>) -> Result<(), Not> {
        fresh::insert(self.rows.conn, self.number, &documents).await?;
        for Fresh { packed, shape, mut document, content, .. } in documents {
            let id = packed.id.to_uuid();
            if !packed.ignored.is_empty() {
                legality::keep(self.rows.conn, self.number, id, &document.ignored()).await?;
            }
            self.rows.read(shape, self.scope, id, content, &mut document).await?;
            self.begun.kinds.insert(packed.kind);
        }
        Ok(())
    }

    /// As a receiver takes in its changes, but that they were judged: which of them do not count comes with them.
    async fn document(&mut self, packed: PackedDocument) -> Result<(), Not> {
        let shape = fresh::shape_of(&packed, self.scope)?;
        let (scope, number, id) = (self.scope, self.number, packed.id.to_uuid());
        let actor = &self.identity.actor.0;
        let stored = aggregate::fetch_in(self.rows.conn, shape, number, id).await?;
        let mut document = match &stored {
            Some(stored) => stored.document(shape, actor)?,
            None => aggregate::new_document(shape, scope, id, actor)?,
        };
        let written = fresh::apply(&mut document, &packed)?;
        if let Some(written) = &written {
            let more = i64::try_from(written.changes.len()).unwrap_or(0);
            let version = stored
                .as_ref()
                .map_or(i64::try_from(packed.version).unwrap_or(i64::MAX), |stored| stored.version + more);
            aggregate::store_written(self.rows.conn, shape, number, id, written, version).await?;
        }
        if !packed.ignored.is_empty() {
            legality::keep(self.rows.conn, number, id, &document.ignored()).await?;
        }
        let hidden = match &stored {
            Some(stored) => stored.hidden,
            None => aggregate::settle_home(self.rows.conn, shape, scope, id, self.rows.dirty).await?,
        };
        if !hidden {
            self.rows.document(shape, scope, id, &mut document).await?;
        }
        self.begun.kinds.insert(packed.kind);
        Ok(())
    }

    async fn fact(&mut self, packed: PackedFact) -> Result<(), Not> {
        let fact = Fact {
            id: packed.id,
            kind: packed.kind,
            subject: packed.subject,
            fence: packed.fence,
            body: packed.body,
            person_keys: Vec::new(),
            events: Vec::new(),
            part: None,
        };
        let author = packed.author.map_or(Uuid::nil(), DeviceId::to_uuid);
        match facts::put(self.rows.conn, self.number, &fact, author).await? {
            Put::Stands => self.rows.fact(self.scope, &fact).await?,
            Put::Known | Put::Lost => {}
        }
        self.begun.kinds.insert(DocKind(0));
        Ok(())
    }

    async fn events(&mut self, events: Vec<CloudEvent>) -> Result<(), Not> {
        for event in events {
            if event.tenantid != self.identity.company {
                return Err(Not::Unfit(Unfit::Forged));
            }
            if self.latest.is_none_or(|latest| event.hlc > latest) {
                self.latest = Some(event.hlc);
            }
            let acted = self.acted.entry(event.deviceid.0).or_default();
            *acted = (*acted).max(event.hlc.millis);
            self.events.push(event);
        }
        if self.events.len() >= EVENTS { self.write_events().await } else { Ok(()) }
    }

    pub(super) async fn write_events(&mut self) -> Result<(), Not> {
        let all = std::mem::take(&mut self.events);
        Ok(events::insert_all(self.rows.conn, &all).await?)
    }

    async fn verdict(&mut self, verdict: PackedVerdict) -> Result<(), StoreError> {
        note_verdict(self.rows.conn, self.number, &verdict, self.now).await
    }

    fn author(&mut self, author: PackedAuthor) -> Result<(), Not> {
        if !self.own && author.device.to_uuid() == self.identity.device.0 {
            // who has written here before reads their own batches, so that they go on from the last of them
            return Err(Not::Unfit(Unfit::OwnEntries));
        }
        let PackedAuthor { device, number, hash, control_seq, blocked } = author;
        self.begun.authors.push((device, AuthorCursor { number, hash, control_seq, blocked, upon_this: false }));
        Ok(())
    }
}

async fn note_verdict(
    conn: &mut SqliteConnection,
    scope: i64,
    verdict: &PackedVerdict,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (item, hash) = (verdict.item.0.as_slice(), verdict.hash.0.as_slice());
    let author = verdict.author.map(|author| author.0.to_vec()).unwrap_or_default();
    let person = verdict.person.map(|person| person.0.to_vec()).unwrap_or_default();
    let at = now.as_millisecond();
    sqlx::query!(
        "INSERT INTO ignored (scope, item, hash, kind, code, author, person, merged, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
        scope,
        item,
        hash,
        verdict.kind,
        verdict.code,
        author,
        person,
        verdict.merged,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
