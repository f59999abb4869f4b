//! What a folded scope holds, as the items of a snapshot and in their order.

use zuc_protocol::Blob;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::ids::{ActorId, DeviceId, Digest32, ItemId, PersonId, RequestId};
use zuc_protocol::item::{DocKind, Part};
use zuc_protocol::pack::{PackItem, PackedAuthor, PackedDocument, PackedFact, PackedVerdict};

use crate::outbox::hash_of;
use crate::store::{domain_scope, scope_number, uuid_of};
use crate::{Store, StoreError, aggregate, doc};

/// Rows read in one go.
const PAGE: u32 = 500;

/// Gives every item of a scope to `take`, as bytes. The store holds that scope alone.
pub(super) async fn write(
    store: &Store,
    scope: WireScope,
    take: &mut (dyn FnMut(Vec<u8>) + Send),
) -> Result<(), StoreError> {
    let mut give = |item: PackItem| {
        take(item.to_bytes().map_err(|_| StoreError::corrupt("doc", "size", "no pack holds it"))?);
        Ok::<_, StoreError>(())
    };
    each(store, scope, &mut give).await
}

/// The same, as they are.
pub(super) async fn each(store: &Store, scope: WireScope, give: &mut Give<'_>) -> Result<(), StoreError> {
    let number = scope_number(domain_scope(scope));
    documents(store, number, give).await?;
    facts(store, number, give).await?;
    events(store, give).await?;
    verdicts(store, number, give).await?;
    for row in sqlx::query!("SELECT actor, device FROM doc_actor ORDER BY actor").fetch_all(store.reader()).await? {
        let actor = ActorId::from_slice(&row.actor);
        let actor = actor.ok_or_else(|| StoreError::corrupt("doc_actor", "actor", hex::encode(&row.actor)))?;
        give(PackItem::Actor { actor, device: device("doc_actor", &row.device)? })?;
    }
    let authors = sqlx::query!(
        "SELECT author, number, hash, control_seq, blocked FROM author_cursor WHERE scope = ? ORDER BY author",
        number,
    );
    for row in authors.fetch_all(store.reader()).await? {
        give(PackItem::Author(PackedAuthor {
            device: device("author_cursor", &row.author)?,
            number: u64::try_from(row.number).unwrap_or(0),
            hash: hash_of(&row.hash)?,
            control_seq: u64::try_from(row.control_seq).unwrap_or(0),
            blocked: row.blocked != 0,
        }))?;
    }
    parts(store, number, give).await
}

type Give<'g> = dyn FnMut(PackItem) -> Result<(), StoreError> + Send + 'g;

async fn documents(store: &Store, number: i64, give: &mut Give<'_>) -> Result<(), StoreError> {
    let mut after = Vec::new();
    loop {
        let rows = sqlx::query!(
            "SELECT id, kind, snapshot, tail, ignored, version FROM doc WHERE scope = ? AND id > ? ORDER BY id LIMIT ?",
            number,
            after,
            PAGE,
        )
        .fetch_all(store.reader())
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.id);
        for row in rows {
            let id = uuid_of("doc", &row.id)?;
            if !row.snapshot.is_empty() {
                return Err(StoreError::corrupt("doc", "snapshot", id));
            }
            let mut changes = doc::split(&row.tail)?;
            if aggregate::is_derived(id) {
                // everybody computes it for themselves
                changes.remove(0);
            }
            give(PackItem::Document(PackedDocument {
                id: ItemId::from_uuid(id),
                kind: DocKind(u16::try_from(row.kind).unwrap_or(0)),
                chunk: Blob(changes.concat()),
                ignored: row.ignored.as_chunks::<32>().0.iter().map(|hash| Digest32(*hash)).collect(),
                version: u64::try_from(row.version).unwrap_or(0),
            }))?;
        }
    }
}

async fn facts(store: &Store, number: i64, give: &mut Give<'_>) -> Result<(), StoreError> {
    let (mut id, mut hash) = (Vec::new(), Vec::new());
    loop {
        let rows = sqlx::query!(
            "SELECT id, hash, kind, subject, fence, body, author FROM fact
             WHERE scope = ? AND (id, hash) > (?, ?) ORDER BY id, hash LIMIT ?",
            number,
            id,
            hash,
            PAGE,
        )
        .fetch_all(store.reader())
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (id, hash) = (last.id.clone(), last.hash.clone());
        for row in rows {
            let author = uuid_of("fact", &row.author)?;
            give(PackItem::Fact(PackedFact {
                id: ItemId::from_uuid(uuid_of("fact", &row.id)?),
                kind: row.kind,
                subject: ItemId::from_uuid(uuid_of("fact", &row.subject)?),
                fence: u64::try_from(row.fence).unwrap_or(0),
                body: row.body,
                author: (!author.is_nil()).then(|| DeviceId::from_uuid(author)),
            }))?;
        }
    }
}

async fn events(store: &Store, give: &mut Give<'_>) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let page = store.events_after(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.n;
        for stored in page {
            give(PackItem::Event(serde_json::to_string(&stored.event)?))?;
        }
    }
}

async fn verdicts(store: &Store, number: i64, give: &mut Give<'_>) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT item, hash, kind, code, author, person, merged AS "merged: bool" FROM ignored
         WHERE scope = ? ORDER BY item, hash"#,
        number,
    );
    for row in rows.fetch_all(store.reader()).await? {
        let hash = Digest32::from_slice(&row.hash);
        give(PackItem::Verdict(PackedVerdict {
            item: ItemId::from_uuid(uuid_of("ignored", &row.item)?),
            hash: hash.ok_or_else(|| StoreError::corrupt("ignored", "hash", hex::encode(&row.hash)))?,
            kind: row.kind,
            code: row.code,
            author: DeviceId::from_slice(&row.author),
            person: PersonId::from_slice(&row.person),
            merged: row.merged,
        }))?;
    }
    Ok(())
}

/// Which parts of commands over several scopes lie in this one: whoever reads them all knows which are to come.
async fn parts(store: &Store, number: i64, give: &mut Give<'_>) -> Result<(), StoreError> {
    let rows = sqlx::query!("SELECT command, part, parts FROM part WHERE scope = ? ORDER BY command, part", number);
    for row in rows.fetch_all(store.reader()).await? {
        let of_one_byte =
            |number: i64, column| u8::try_from(number).map_err(|_| StoreError::corrupt("part", column, number));
        let command = RequestId(*uuid_of("part", &row.command)?.as_bytes());
        let (part, of) = (of_one_byte(row.part, "part")?, of_one_byte(row.parts, "parts")?);
        give(PackItem::Part(Part { command, part, of }))?;
    }
    Ok(())
}

fn device(table: &'static str, bytes: &[u8]) -> Result<DeviceId, StoreError> {
    DeviceId::from_slice(bytes).ok_or_else(|| StoreError::corrupt(table, "device", hex::encode(bytes)))
}
