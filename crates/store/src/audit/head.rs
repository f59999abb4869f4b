//! How far the audit record of each laptop reaches, told from one to the others: whoever rewrites theirs is contradicted by
//! what others hold.
//!
//! A head is a fact like any other: sealed, in a batch that its device signed, in the log of which the relay gives the time.
//! It says what stands now at the row that was told last, so that a record that was rewritten in between contradicts itself,
//! and what its device has heard of the others, so that their own laptops meet it again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{DeviceId, Scope};
use zuc_protocol::item::Fact;

use crate::aggregate::Projector;
use crate::facts::FactRecord;
use crate::remote::put_setting;
use crate::store::{Identity, uuid_of};
use crate::tx::Tx;
use crate::verify::Problem;
use crate::{Store, StoreError};

/// Rows after which a head is told.
const ROWS: i64 = 256;
/// Time after which one is told, where anything was written since.
const TIME: SignedDuration = SignedDuration::from_hours(24);
/// Most other laptops that one head speaks of.
const MOST: usize = 64;
/// Setting: the incarnations of this database, each with the last row of the one before.
const LINEAGE: &str = "audit_lineage";

/// A row of an audit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Of which incarnation of the database, in hexadecimal: one that was restored goes on from an earlier row.
    pub incarnation: String,
    /// The row.
    pub seq: i64,
    /// Its hash, in hexadecimal; empty where there is no such row.
    pub hash: String,
}

/// What one laptop has heard of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The other.
    pub device: DeviceId,
    /// How far its record reached.
    pub mark: Mark,
}

/// How far the audit record of a laptop reached when it told so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    id: Uuid,
    scope: Scope,
    /// Whose record.
    pub device: DeviceId,
    /// Its last row.
    pub mark: Mark,
    /// What stands at the row that was told last, as the record says it now.
    pub before: Option<Mark>,
    /// What its laptop has heard of the others.
    pub heard: Vec<Heard>,
    /// When it was told, by its laptop's clock.
    pub at: Timestamp,
}

impl FactRecord for AuditHead {
    const KIND: &'static str = Fact::AUDIT_HEAD;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id
    }

    fn subject(&self) -> Uuid {
        self.device.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
        // a laptop tells one a day; they are read as facts
        Ok(())
    }
}

impl Tx {
    /// Tells the others, in `scope`, how far the audit record of this laptop reaches.
    pub async fn tell_audit_head(&mut self, scope: Scope) -> Result<(), StoreError> {
        self.flush().await?;
        let (me, incarnation) = (self.identity.device, hex::encode(self.identity.incarnation.0));
        let told = told(&mut self.conn).await?;
        let last = told.iter().filter(|head| head.device == me && head.mark.incarnation == incarnation);
        let before = match last.max_by_key(|head| head.mark.seq) {
            Some(last) => Some(Mark { hash: hash_at(&mut self.conn, last.mark.seq).await?, ..last.mark.clone() }),
            None => None,
        };
        let mut heard: BTreeMap<DeviceId, Heard> = BTreeMap::new();
        for head in told.into_iter().filter(|head| head.device != me) {
            heard.insert(head.device, Heard { device: head.device, mark: head.mark });
        }
        let head = AuditHead {
            id: self.fresh_id(),
            scope,
            device: me,
            mark: Mark { incarnation, seq: self.tip.seq, hash: hex::encode(self.tip.hash) },
            before,
            heard: heard.into_values().take(MOST).collect(),
            at: self.session().at,
        };
        self.record_fact(&head, &[]).await
    }
}

impl Store {
    /// Whether it is time to tell how far this laptop's audit record reaches: it grew by 256 rows since, or a day has gone by
    /// in which it grew.
    pub async fn audit_head_is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let me = self.identity().ok_or(StoreError::NoIdentity)?.device;
        let mut conn = self.reader().acquire().await?;
        let ends = sqlx::query!(
            r#"SELECT (SELECT at FROM audit ORDER BY seq LIMIT 1) AS "first: i64", (SELECT max(seq) FROM audit) AS "last: i64""#
        )
            .fetch_one(&mut *conn)
            .await?;
        let (Some(first), Some(last)) = (ends.first, ends.last) else { return Ok(false) };
        let (seq, at) = match told_by(&mut conn, me).await?.into_iter().max_by_key(|head| head.at) {
            // the head itself is a row
            Some(head) => (head.mark.seq + 1, head.at),
            None => (0, Timestamp::from_millisecond(first).unwrap_or(Timestamp::UNIX_EPOCH)),
        };
        // a restored record may be shorter than what was told of it
        Ok(last - seq >= ROWS || (last != seq && now.duration_since(at) >= TIME))
    }

    /// The newest head of each laptop that told one.
    pub async fn audit_heads(&self) -> Result<Vec<AuditHead>, StoreError> {
        let mut conn = self.reader().acquire().await?;
        let mut newest: BTreeMap<DeviceId, AuditHead> = BTreeMap::new();
        for head in told(&mut conn).await? {
            newest.insert(head.device, head);
        }
        Ok(newest.into_values().collect())
    }
}

/// Notes that the database goes on as `incarnation` after the last row it has now.
pub(crate) async fn note_incarnation(
    conn: &mut SqliteConnection,
    before: [u8; 16],
    incarnation: [u8; 16],
) -> Result<(), StoreError> {
    let mut lineage = lineage(conn).await?;
    if lineage.is_empty() {
        lineage.push((hex::encode(before), 0));
    }
    let last: Option<i64> =
        sqlx::query_scalar!(r#"SELECT max(seq) AS "last: i64" FROM audit"#).fetch_one(&mut *conn).await?;
    lineage.push((hex::encode(incarnation), last.unwrap_or(0)));
    put_setting(conn, LINEAGE, &serde_json::to_string(&lineage)?).await
}

/// Compares this laptop's record with what was told of it, and what the others told with itself.
pub(crate) async fn contradictions(
    conn: &mut SqliteConnection,
    identity: &Identity,
) -> Result<Vec<Problem>, StoreError> {
    let told = told(conn).await?;
    let mut marks: BTreeMap<DeviceId, Vec<Mark>> = BTreeMap::new();
    for head in &told {
        marks.entry(head.device).or_default().push(head.mark.clone());
        for heard in &head.heard {
            marks.entry(heard.device).or_default().push(heard.mark.clone());
        }
    }
    let mut problems = Vec::new();
    let lineage = lineage(conn).await?;
    for mark in marks.remove(&identity.device).unwrap_or_default() {
        if binds(&lineage, &hex::encode(identity.incarnation.0), &mark) && hash_at(conn, mark.seq).await? != mark.hash {
            problems.push(Problem { code: "verify.audit_head", detail: format!("row {}", mark.seq) });
        }
    }
    for (device, marks) in marks {
        let heads: Vec<&AuditHead> = told.iter().filter(|head| head.device == device).collect();
        if contradicts_itself(&marks, &heads) {
            problems.push(Problem { code: "verify.audit_rewritten", detail: format!("device {device}") });
        }
    }
    problems.dedup();
    Ok(problems)
}

/// Whether a row that was told must stand in this database still: those after the row from which a later incarnation went on
/// were lost to a restoration.
fn binds(lineage: &[(String, i64)], current: &str, mark: &Mark) -> bool {
    if lineage.is_empty() {
        return mark.incarnation == current;
    }
    let Some(of) = lineage.iter().position(|(incarnation, _)| *incarnation == mark.incarnation) else { return false };
    lineage[of + 1..].iter().all(|(_, from)| mark.seq <= *from)
}

/// Whether a laptop told two things of one row, or began anew what it had told.
fn contradicts_itself(marks: &[Mark], heads: &[&AuditHead]) -> bool {
    let mut said: BTreeMap<(&str, i64), &str> = BTreeMap::new();
    let before = heads.iter().filter_map(|head| head.before.as_ref());
    for mark in marks.iter().chain(before) {
        let first = said.entry((mark.incarnation.as_str(), mark.seq)).or_insert(mark.hash.as_str());
        if *first != mark.hash {
            return true;
        }
    }
    let precedes = |other: &AuditHead, head: &AuditHead| {
        other.mark.incarnation == head.mark.incarnation && other.mark.seq < head.mark.seq
    };
    let mut begins = heads.iter().filter(|head| head.before.is_none());
    begins.any(|head| heads.iter().any(|other| precedes(other, head)))
}

async fn lineage(conn: &mut SqliteConnection) -> Result<Vec<(String, i64)>, StoreError> {
    let text = sqlx::query_scalar!("SELECT value FROM setting WHERE name = ?", LINEAGE).fetch_optional(conn).await?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// Every head that a laptop told of itself, oldest first.
async fn told(conn: &mut SqliteConnection) -> Result<Vec<AuditHead>, StoreError> {
    let kind = Fact::AUDIT_HEAD;
    let rows = sqlx::query!("SELECT author, body FROM fact WHERE kind = ? AND lost = 0 ORDER BY id", kind)
        .fetch_all(conn)
        .await?;
    rows.into_iter().filter_map(|row| read(&row.author, &row.body).transpose()).collect()
}

/// The heads that one laptop told.
async fn told_by(conn: &mut SqliteConnection, device: DeviceId) -> Result<Vec<AuditHead>, StoreError> {
    let (subject, kind) = (device.0.as_bytes().as_slice(), Fact::AUDIT_HEAD);
    let rows = sqlx::query!(
        "SELECT author, body FROM fact WHERE subject = ? AND kind = ? AND lost = 0 ORDER BY id",
        subject,
        kind
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().filter_map(|row| read(&row.author, &row.body).transpose()).collect()
}

/// A head as it was told; what does not read, or speaks for another, is nobody's.
fn read(author: &[u8], body: &str) -> Result<Option<AuditHead>, StoreError> {
    let author = uuid_of("fact", author)?;
    let Ok(mut head) = serde_json::from_str::<AuditHead>(body) else { return Ok(None) };
    head.heard.truncate(MOST);
    Ok((head.device.0 == author).then_some(head))
}

/// The hash of a row, in hexadecimal; empty where there is none. Before the first row stands the chain's beginning.
async fn hash_at(conn: &mut SqliteConnection, seq: i64) -> Result<String, StoreError> {
    if seq == 0 {
        return Ok(hex::encode([0; 32]));
    }
    let hash = sqlx::query_scalar!("SELECT hash FROM audit WHERE seq = ?", seq).fetch_optional(conn).await?;
    Ok(hash.map(hex::encode).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(incarnation: &str, seq: i64, hash: &str) -> Mark {
        Mark { incarnation: incarnation.to_owned(), seq, hash: hash.to_owned() }
    }

    fn head(mark: Mark, before: Option<Mark>) -> AuditHead {
        let (id, device) = (Uuid::from_u128(1), DeviceId(Uuid::from_u128(2)));
        AuditHead { id, scope: Scope::Admin, device, mark, before, heard: Vec::new(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn what_a_restoration_lost_binds_nobody_and_what_it_kept_does() {
        let lineage = [("a".to_owned(), 0), ("b".to_owned(), 80), ("c".to_owned(), 110)];
        let cases =
            [("a", 80, true), ("a", 81, false), ("b", 110, true), ("b", 111, false), ("c", 900, true), ("z", 1, false)];
        for (incarnation, seq, expected) in cases {
            assert_eq!(binds(&lineage, "c", &mark(incarnation, seq, "h")), expected, "{incarnation} {seq}");
        }
        assert!(binds(&[], "a", &mark("a", 7, "h")) && !binds(&[], "a", &mark("b", 7, "h")));
    }

    #[test]
    fn a_record_that_was_rewritten_contradicts_what_was_told_of_it() {
        let contradicts = |heads: &[AuditHead]| {
            let marks: Vec<Mark> = heads.iter().map(|head| head.mark.clone()).collect();
            contradicts_itself(&marks, &heads.iter().collect::<Vec<_>>())
        };
        let first = head(mark("a", 100, "x"), None);
        let next = |before| head(mark("a", 300, "y"), before);
        assert!(!contradicts(&[first.clone(), next(Some(mark("a", 100, "x")))]));
        assert!(contradicts(&[first.clone(), next(Some(mark("a", 100, "other")))]), "rewritten");
        assert!(contradicts(&[first.clone(), next(Some(mark("a", 100, "")))]), "cut");
        assert!(contradicts(&[first.clone(), next(None)]), "begun anew");
        assert!(contradicts(&[first.clone(), head(mark("a", 100, "z"), None)]), "told twice");
        assert!(!contradicts(&[first, head(mark("b", 90, "z"), None)]), "restored");
    }
}
