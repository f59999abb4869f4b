//! A scope made once more of its entries, over a snapshot that was wrong: what the log makes takes the place of what was begun at,
//! in one transaction. What was written here goes on upon it where it can, and is kept apart where it built upon what nobody else
//! holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::control::ControlLog;
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::identity::DevicePublic;
use zuc_protocol::ids::{CompanyId, Incarnation};
use zuc_protocol::item::{DocKind, Fact, Item};
use zuc_protocol::manifest::{Manifest, Unfit};
use zuc_protocol::pack::PackItem;
use zuc_protocol::{Blob, Scope as WireScope};
use zuc_sync::{Advance, Cursor, KeyRing};

use super::begin::{Begun, Not, Taking};
use super::{earlier, items};
use crate::doc::Document;
use crate::facts::{self, Put};
use crate::keys::random;
use crate::outbox::Extras;
use crate::outgoing::delete_unsent;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::remote::{move_cursors, receive_clock};
use crate::reread::Reread;
use crate::shape::Shape;
use crate::store::{domain_scope, scope_number, uuid_of};
use crate::{Identity, Store, StoreError, aggregate, doc, parts, registry};

/// Why a change is kept apart.
const UPON_DISPUTED: &str = "snapshot.upon_disputed";
/// The same, of what was written upon a log that begins later now.
const UPON_DROPPED: &str = "snapshot.upon_dropped";
/// What is made again of the entries, or was made of the snapshot alone.
const MADE: [&str; 13] = [
    "doc",
    "conflict",
    "ignored",
    "fact",
    "author_cursor",
    "unopened",
    "lead_activity",
    "customer_invoice",
    "attachment",
    "attachment_held",
    "attachment_keeper",
    "snapshot",
    "part",
];

/// What became of a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// Kinds of documents that it holds; 0 for facts.
    pub kinds: BTreeSet<DocKind>,
    /// How many own changes were kept apart.
    pub apart: usize,
}

/// A change of the outbox that the log's documents take.
struct Stands {
    n: i64,
    shape: &'static Shape,
    id: Uuid,
    chunk: Vec<u8>,
}

/// An own change that they do not.
struct Gone {
    id: Uuid,
    kind: DocKind,
    bytes: Vec<u8>,
    edits: String,
}

/// What was written here.
#[derive(Default)]
struct Own {
    stands: Vec<Stands>,
    gone: Vec<Gone>,
    /// Rows of the outbox that go with it.
    rows: Vec<i64>,
}

impl Store {
    /// Makes a scope once more of its entries, all of which must be here, and nothing else of it may be read meanwhile; `None`
    /// where they are not. What is written next is written under another incarnation of `device`, this one.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is changed then.
    pub async fn mend(
        &self,
        control: &ControlLog,
        ring: &KeyRing,
        scope: WireScope,
        device: &DevicePublic,
        now: Timestamp,
    ) -> Result<Option<Mended>, StoreError> {
        let read = self.cursors().await?.into_iter().find(|(of, _)| *of == scope).map(|(_, cursor)| cursor);
        let Some(read) = read else { return Ok(None) };
        let Some(folded) = Box::pin(self.fold_aside(control, ring, scope, None, read.seq, now)).await? else {
            return Ok(None);
        };
        let done = async {
            if folded.cursor != read {
                return Ok(None);
            }
            let set_aside = Some(set_aside_in(&folded.store).await?);
            let later = BTreeSet::new();
            let instead = Instead { aside: &folded.store, at: read, why: UPON_DISPUTED, set_aside, begun: None, later };
            self.put_in_place(scope, instead, device, now).await.map(Some)
        };
        let done = Box::pin(done).await;
        folded.end().await;
        Ok(done?.map(|(begun, apart)| Mended { kinds: begun.kinds, apart }))
    }

    /// Begins a scope anew at a snapshot, whatever is here: the relay has dropped what comes next. What waits to be sent goes on upon
    /// it; the entries that are here stay. Or why nothing can be begun at it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is changed then.
    pub(crate) async fn begin_anew(
        &self,
        manifest: &Manifest,
        packs: &[Blob],
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Result<Begun, Unfit>, StoreError> {
        let folded = match Box::pin(self.begin_aside(manifest, packs, ring, now)).await? {
            Ok(folded) => folded,
            Err(why) => return Ok(Err(why)),
        };
        let done = async {
            let later = self.later_own(manifest, ring).await?;
            let (aside, at, begun) = (&folded.store, folded.cursor, Some(manifest));
            let instead = Instead { aside, at, why: UPON_DROPPED, set_aside: None, begun, later };
            self.put_in_place(manifest.scope, instead, &ring.keys().public(), now).await
        };
        let done = Box::pin(done).await;
        folded.end().await;
        let (begun, apart) = done?;
        tracing::warn!(scope = %manifest.scope, apart, "a scope was begun anew: the relay has dropped what came next");
        Ok(Ok(begun))
    }

    /// The changes of this device's own that the log holds behind a snapshot, as far as it was told so: they come with it.
    async fn later_own(&self, manifest: &Manifest, ring: &KeyRing) -> Result<BTreeSet<[u8; 32]>, StoreError> {
        let (number, after) =
            (scope_number(domain_scope(manifest.scope)), i64::try_from(manifest.cursor).unwrap_or(i64::MAX));
        let rows = sqlx::query_scalar!(
            "SELECT bytes FROM entry WHERE scope = ? AND seq > ? AND author = (SELECT device FROM device_state) ORDER BY seq",
            number,
            after,
        );
        let mut later = BTreeSet::new();
        for bytes in rows.fetch_all(self.reader()).await? {
            let Ok(batch) = SealedBatch::parse(&bytes) else { continue };
            let Some(key) = ring.epoch(batch.header().epoch) else { continue };
            let Ok(body) = batch.open(self.company()?, key, &ring.keys().public()) else { continue };
            for item in body.items {
                if let Item::Change(change) = item {
                    later.extend(doc::hashes(&change.chunk)?);
                }
            }
        }
        Ok(later)
    }

    /// Puts what lies aside in the place of what is held of a scope, in one transaction, and what waits to be sent upon it; how many
    /// own changes were kept apart.
    async fn put_in_place(
        &self,
        scope: WireScope,
        instead: Instead<'_>,
        device: &DevicePublic,
        now: Timestamp,
    ) -> Result<(Begun, usize), StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut made = Vec::new();
        let mut keep = |item| {
            made.push(item);
            Ok(())
        };
        items::each(instead.aside, scope, &mut keep).await?;
        let mut tx = self.begin_plain().await?;
        let incarnation = Incarnation(random(self.inner.entropy.as_ref()));
        let next = Identity { incarnation, actor: device.actor(incarnation), ..identity };
        let mending = Mending { store: self, identity: next, scope: domain_scope(scope), why: instead.why, now };
        let own = mending.own(&mut tx, instead.aside, &instead.later).await?;
        mending.take_away(&mut tx, &made, &own).await?;
        mending.keep_apart(&mut tx, &own).await?;
        let advance = Advance { seq: instead.at.seq, chain: instead.at.chain, author: None };
        let begun = match Box::pin(mending.take_in(&mut tx, made, &own, advance)).await {
            Ok(begun) => begun,
            Err(Not::Store(error)) => return Err(error),
            // it was folded here
            Err(Not::Unfit(why)) => return Err(StoreError::corrupt("doc", "fold", why)),
        };
        if let Some(manifest) = instead.begun {
            earlier::note(&mut tx, CompanyId::from_uuid(identity.company.0), manifest).await?;
        }
        if let Some(set_aside) = instead.set_aside {
            mending.set_aside(&mut tx, set_aside).await?;
        }
        crate::store::put_identity(&mut tx, &next).await?;
        tx.commit().await?;
        self.go_on_as(Some(next));
        self.inner.committed.notify_one();
        Ok((begun, own.gone.len()))
    }
}

/// What takes a scope's place.
struct Instead<'a> {
    aside: &'a Store,
    /// How far that is read.
    at: Cursor,
    /// Why what cannot go on upon it is kept apart.
    why: &'static str,
    /// What of its entries is set aside, where all of them were folded.
    set_aside: Option<Vec<SetAside>>,
    /// The snapshot that it is, where it is one.
    begun: Option<&'a Manifest>,
    /// Own changes that lie behind it in the log.
    later: BTreeSet<[u8; 32]>,
}

/// An entry that the fold set aside.
struct SetAside {
    hash: Vec<u8>,
    reason: String,
    bytes: Vec<u8>,
}

async fn set_aside_in(aside: &Store) -> Result<Vec<SetAside>, StoreError> {
    let rows = sqlx::query_as!(SetAside, "SELECT hash, reason, bytes FROM quarantine ORDER BY n");
    Ok(rows.fetch_all(aside.reader()).await?)
}

struct Mending<'s> {
    store: &'s Store,
    /// Who goes on.
    identity: Identity,
    scope: Scope,
    /// Why what cannot go on is kept apart.
    why: &'static str,
    now: Timestamp,
}

impl Mending<'_> {
    fn number(&self) -> i64 {
        scope_number(self.scope)
    }

    /// Which own changes the log's documents hold or take, and which not.
    async fn own(
        &self,
        conn: &mut SqliteConnection,
        aside: &Store,
        later: &BTreeSet<[u8; 32]>,
    ) -> Result<Own, StoreError> {
        let number = self.number();
        let mine: BTreeSet<Vec<u8>> = self.store.own_actors(conn).await?.into_iter().collect();
        let mut waiting: BTreeMap<Uuid, Vec<(i64, Vec<u8>)>> = BTreeMap::new();
        let rows = sqlx::query!(
            r#"SELECT o.n AS "n!: i64", o.item AS "item!: Vec<u8>",
                   substr(d.tail, o.tail_at + 1, o.tail_len) AS "chunk!: Vec<u8>"
               FROM outbox o JOIN doc d ON d.scope = o.scope AND d.id = o.item
               WHERE o.kind = 1 AND o.scope = ? ORDER BY o.n"#,
            number,
        );
        for row in rows.fetch_all(&mut *conn).await? {
            waiting.entry(uuid_of("outbox", &row.item)?).or_default().push((row.n, row.chunk));
        }
        let mut own = Own::default();
        let rows = sqlx::query!("SELECT id, kind, snapshot, tail FROM doc WHERE scope = ? ORDER BY id", number);
        for row in rows.fetch_all(&mut *conn).await? {
            let (id, kind) = (uuid_of("doc", &row.id)?, DocKind(u16::try_from(row.kind).unwrap_or(0)));
            let Some(shape) = registry::shape(kind) else { continue };
            let mut was = Document::load(shape.kind, &row.snapshot, &row.tail, &[0])?;
            let written: Vec<_> =
                was.changes().into_iter().filter(|change| mine.contains(change.actor_id().to_bytes())).collect();
            if written.is_empty() {
                continue;
            }
            let mut is = aside_document(aside, shape, self.scope, id).await?;
            let mut taken: BTreeSet<[u8; 32]> = is.changes().iter().map(|change| change.hash().0).collect();
            for (n, chunk) in waiting.remove(&id).unwrap_or_default() {
                let chunks = doc::split(&chunk)?;
                // one at a time: what is taken before one that is not stays taken, and the row goes all the same
                if chunks.iter().all(|change| is.apply(&[change]).is_ok()) {
                    taken.extend(is.changes().iter().map(|change| change.hash().0));
                    own.stands.push(Stands { n, shape, id, chunk });
                } else {
                    own.rows.push(n);
                    is = aside_document(aside, shape, self.scope, id).await?;
                    for stands in own.stands.iter().filter(|stands| stands.id == id) {
                        is.apply(&doc::split(&stands.chunk)?)?;
                    }
                }
            }
            for change in written {
                let hash = change.hash().0;
                if !taken.contains(&hash) && !later.contains(&hash) {
                    let edits = serde_json::to_string(&was.said_by(hash)?)?;
                    own.gone.push(Gone { id, kind, bytes: change.raw_bytes().to_vec(), edits });
                }
            }
        }
        own.stands.sort_unstable_by_key(|stands| stands.n);
        Ok(own)
    }

    /// Takes away what was made of the snapshot and upon it.
    async fn take_away(&self, conn: &mut SqliteConnection, made: &[PackItem], own: &Own) -> Result<(), StoreError> {
        let number = self.number();
        let unsent = sqlx::query_scalar!(
            "SELECT number FROM entry WHERE scope = ? AND seq IS NULL AND author = (SELECT device FROM device_state)",
            number,
        );
        for batch in unsent.fetch_all(&mut *conn).await? {
            delete_unsent(conn, number, u64::try_from(batch).unwrap_or(0)).await?;
        }
        let rows = serde_json::to_string(&own.rows)?;
        sqlx::query!("DELETE FROM outbox WHERE n IN (SELECT value FROM json_each(?))", rows)
            .execute(&mut *conn)
            .await?;
        self.forget_events(conn, made).await?;
        let docs = sqlx::query!("SELECT id, kind FROM doc WHERE scope = ? AND hidden = 0", number)
            .fetch_all(&mut *conn)
            .await?;
        let mut dirty = Dirty::default();
        for doc in docs {
            let kind = DocKind(u16::try_from(doc.kind).unwrap_or(0));
            registry::unproject(kind, self.scope, uuid_of("doc", &doc.id)?, conn, &mut dirty).await?;
        }
        for table in MADE {
            // the table names are literals
            let sql = format!("DELETE FROM {table} WHERE scope = ?");
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(number).execute(&mut *conn).await?;
        }
        self.store.show_what_it_hid(conn).await?;
        analytics::refresh(conn, &dirty).await
    }

    /// What is told of this scope's records alone, and neither the entries tell nor waits to be sent, did not happen.
    async fn forget_events(&self, conn: &mut SqliteConnection, made: &[PackItem]) -> Result<(), StoreError> {
        let number = self.number();
        let mut told = Vec::new();
        for item in made {
            if let PackItem::Event(json) = item {
                let event: zuc_domain::shared::CloudEvent = serde_json::from_str(json)?;
                told.push(hex::encode(event.id.0.as_bytes()));
            }
        }
        let waits =
            sqlx::query_scalar!("SELECT extras FROM outbox WHERE extras IS NOT NULL").fetch_all(&mut *conn).await?;
        let mut numbers = Vec::new();
        for extras in waits.iter().flatten() {
            numbers.extend(serde_json::from_str::<Extras>(extras)?.events);
        }
        let (told, numbers) = (serde_json::to_string(&told)?, serde_json::to_string(&numbers)?);
        sqlx::query!(
            "DELETE FROM outbox_events
             WHERE subject IN (SELECT id FROM doc WHERE scope = ?1 UNION SELECT subject FROM fact WHERE scope = ?1)
               AND subject NOT IN (SELECT id FROM doc WHERE scope <> ?1 UNION SELECT subject FROM fact WHERE scope <> ?1)
               AND id NOT IN (SELECT unhex(value) FROM json_each(?2))
               AND n NOT IN (SELECT value FROM json_each(?3))",
            number,
            told,
            numbers,
        )
        .execute(conn)
        .await?;
        Ok(())
    }

    async fn keep_apart(&self, conn: &mut SqliteConnection, own: &Own) -> Result<(), StoreError> {
        let (number, at) = (self.number(), self.now.as_millisecond());
        for gone in &own.gone {
            let (id, kind) = (gone.id.as_bytes().as_slice(), gone.kind.0);
            sqlx::query!(
                "INSERT INTO refused (scope, kind, item, doc_kind, body, code, edits, at) VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
                number,
                id,
                kind,
                gone.bytes,
                self.why,
                gone.edits,
                at,
            )
            .execute(&mut *conn)
            .await?;
        }
        Ok(())
    }

    /// Takes in what the entries make, and upon it what waits to be sent.
    async fn take_in(
        &self,
        conn: &mut SqliteConnection,
        made: Vec<PackItem>,
        own: &Own,
        mut advance: Advance,
    ) -> Result<Begun, Not> {
        let number = self.number();
        let (mut dirty, mut names) = (Dirty::default(), Ring::new(self.store, self.identity.company.0));
        let rows = Reread::new(conn, &mut names, &mut dirty);
        let mut taking = Taking::new(self.identity, rows, self.scope, self.now);
        for item in made {
            if let PackItem::Actor { actor, .. } = &item {
                let actor = actor.0.as_slice();
                sqlx::query!("DELETE FROM doc_actor WHERE actor = ?", actor).execute(&mut *taking.rows.conn).await?;
            }
            taking.item(item).await?;
        }
        taking.write_events().await?;
        for stands in &own.stands {
            self.again(&mut taking, stands).await?;
        }
        let facts = sqlx::query_scalar!("SELECT body FROM outbox WHERE kind = 2 AND scope = ? ORDER BY n", number);
        for body in facts.fetch_all(&mut *taking.rows.conn).await? {
            let fact: Fact = serde_json::from_slice(&body).map_err(StoreError::from)?;
            if facts::put(taking.rows.conn, number, &fact, self.identity.device.0).await? == Put::Stands {
                taking.rows.fact(self.scope, &fact).await?;
            }
        }
        let waits = sqlx::query_scalar!("SELECT extras FROM outbox WHERE extras IS NOT NULL");
        for extras in waits.fetch_all(&mut *taking.rows.conn).await?.iter().flatten() {
            let extras: Extras = serde_json::from_str(extras).map_err(StoreError::from)?;
            if let Some(part) = extras.part {
                // one that lies in another scope is noted there
                parts::note(taking.rows.conn, part, number, self.now).await?;
            }
        }
        taking.rows.finish().await?;
        let Taking { begun, acted, latest, .. } = taking;
        for author in &begun.authors {
            advance.author = Some(*author);
            move_cursors(conn, number, &advance).await?;
        }
        for (device, millis) in acted {
            crate::remote::author_acted(conn, number, device, millis.min(self.now.as_millisecond())).await?;
        }
        if let Some(latest) = latest {
            receive_clock(conn, self.identity, latest, self.now).await?;
        }
        earlier::forget(conn, number).await?;
        analytics::refresh(conn, &dirty).await?;
        Ok(begun)
    }

    /// A change that waits to be sent, upon the log's document.
    async fn again(&self, taking: &mut Taking<'_>, stands: &Stands) -> Result<(), StoreError> {
        let (number, actor) = (self.number(), &self.identity.actor.0);
        let stored = aggregate::fetch_in(taking.rows.conn, stands.shape, number, stands.id).await?;
        let mut document = match &stored {
            Some(stored) => stored.document(stands.shape, actor)?,
            None => aggregate::new_document(stands.shape, self.scope, stands.id, actor)?,
        };
        let Some(written) = document.apply(&doc::split(&stands.chunk)?)? else {
            // the log has it, and its acknowledgement was lost
            sqlx::query!("DELETE FROM outbox WHERE n = ?", stands.n).execute(&mut *taking.rows.conn).await?;
            return Ok(());
        };
        let more = i64::try_from(written.changes.len()).unwrap_or(0);
        let version = stored.as_ref().map_or(0, |stored| stored.version) + more;
        let (at, length) =
            aggregate::store_written(taking.rows.conn, stands.shape, number, stands.id, &written, version).await?;
        sqlx::query!("UPDATE outbox SET tail_at = ?, tail_len = ? WHERE n = ?", at, length, stands.n)
            .execute(&mut *taking.rows.conn)
            .await?;
        let hidden = if let Some(stored) = &stored {
            stored.hidden
        } else {
            let rows = &mut taking.rows;
            aggregate::settle_home(rows.conn, stands.shape, self.scope, stands.id, rows.dirty).await?
        };
        if !hidden {
            taking.rows.document(stands.shape, self.scope, stands.id, &mut document).await?;
        }
        Ok(())
    }

    /// What the entries have set aside is what is set aside.
    async fn set_aside(&self, conn: &mut SqliteConnection, found: Vec<SetAside>) -> Result<(), StoreError> {
        let (number, at) = (self.number(), self.now.as_millisecond());
        let hashes = serde_json::to_string(&found.iter().map(|found| hex::encode(&found.hash)).collect::<Vec<_>>())?;
        sqlx::query!(
            "DELETE FROM quarantine WHERE scope = ? AND hash NOT IN (SELECT unhex(value) FROM json_each(?))",
            number,
            hashes,
        )
        .execute(&mut *conn)
        .await?;
        for SetAside { hash, reason, bytes } in found {
            sqlx::query!(
                "INSERT INTO quarantine (scope, hash, reason, bytes, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                number,
                hash,
                reason,
                bytes,
                at,
            )
            .execute(&mut *conn)
            .await?;
        }
        Ok(())
    }
}

/// A document as the entries make it.
async fn aside_document(aside: &Store, shape: &Shape, scope: Scope, id: Uuid) -> Result<Document, StoreError> {
    let mut conn = aside.reader().acquire().await?;
    match aggregate::fetch_in(&mut conn, shape, scope_number(scope), id).await? {
        Some(stored) => stored.document(shape, &[0]),
        None => aggregate::new_document(shape, scope, id, &[0]),
    }
}
