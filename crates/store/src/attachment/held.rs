//! What laptops have said of the files that they hold.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;
use zuc_domain::attachment::{AttachmentHeld, FileHash};
use zuc_domain::shared::{DeviceId, Hlc, PersonId, Scope};
use zuc_protocol::item::Fact;

use super::FileKey;
use super::files::hash_of;
use crate::aggregate::Projector;
use crate::facts::FactRecord;
use crate::store::{scope_number, scope_of, uuid_of};
use crate::{Store, StoreError};

impl FactRecord for AttachmentHeld {
    const KIND: &'static str = Fact::ATTACHMENT_HELD;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id.0
    }

    /// Itself: it is about no record.
    fn subject(&self) -> Uuid {
        self.id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn by(&self) -> Option<PersonId> {
        Some(self.by)
    }

    /// Of the laptop that wrote it, which the batch was signed by, whatever it says.
    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let (scope, id, at) = (scope_number(into.scope), self.id.0, reading(self.hlc));
        let id = id.as_bytes().as_slice();
        let author = sqlx::query_scalar!("SELECT author FROM fact WHERE scope = ? AND id = ? AND lost = 0", scope, id)
            .fetch_optional(&mut *into.conn)
            .await?;
        let Some(device) = author else { return Ok(()) };
        let (all_at, some_at) = if self.keeps_all { (at, 0) } else { (0, at) };
        sqlx::query!(
            "INSERT INTO attachment_keeper (scope, device, all_at, some_at) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET all_at = max(all_at, excluded.all_at), some_at = max(some_at, excluded.some_at)",
            scope,
            device,
            all_at,
            some_at,
        )
        .execute(&mut *into.conn)
        .await?;
        for hash in self.files.iter().filter(|_| self.keeps_all) {
            let hash = hash.0.as_slice();
            sqlx::query!(
                "INSERT INTO attachment_held (scope, hash, device, at) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
                scope,
                hash,
                device,
                at,
            )
            .execute(&mut *into.conn)
            .await?;
        }
        Ok(())
    }
}

/// A clock reading as a number that orders the words of one laptop; never 0.
fn reading(hlc: Hlc) -> i64 {
    hlc.millis.clamp(1, i64::MAX >> 16) << 16 | i64::from(hlc.counter)
}

/// Words that count: of whoever has not said since that they keep only some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileWords {
    held: HashMap<FileKey, BTreeSet<DeviceId>>,
    some: HashSet<(Scope, DeviceId)>,
}

impl FileWords {
    /// The laptops that say that they hold a file whole.
    pub fn holders(&self, file: FileKey) -> impl Iterator<Item = DeviceId> {
        self.held.get(&file).into_iter().flatten().copied()
    }

    /// Whether a laptop says that it holds a file whole.
    pub fn holds(&self, file: FileKey, device: DeviceId) -> bool {
        self.held.get(&file).is_some_and(|holders| holders.contains(&device))
    }

    /// Whether a laptop has said that it keeps only some files of a scope.
    pub fn keeps_some(&self, scope: Scope, device: DeviceId) -> bool {
        self.some.contains(&(scope, device))
    }

    /// The laptops that keep only some files of a scope, and so ask the others what they hold.
    pub fn asking(&self, scope: Scope) -> impl Iterator<Item = DeviceId> {
        self.some.iter().filter(move |(of, _)| *of == scope).map(|(_, device)| *device)
    }
}

impl Store {
    /// What laptops have said of files, as far as the logs were read here.
    pub async fn file_words(&self) -> Result<FileWords, StoreError> {
        let mut words = FileWords::default();
        let keepers = sqlx::query!("SELECT scope, device FROM attachment_keeper WHERE some_at > all_at")
            .fetch_all(self.reader())
            .await?;
        for row in keepers {
            words.some.insert((scope_of(row.scope)?, DeviceId(uuid_of("attachment_keeper", &row.device)?)));
        }
        let held = sqlx::query!(
            "SELECT h.scope, h.hash, h.device FROM attachment_held h
             JOIN attachment_keeper k ON k.scope = h.scope AND k.device = h.device WHERE h.at > k.some_at"
        )
        .fetch_all(self.reader())
        .await?;
        for row in held {
            let file: FileKey = (scope_of(row.scope)?, hash_of(&row.hash)?);
            words.held.entry(file).or_default().insert(DeviceId(uuid_of("attachment_held", &row.device)?));
        }
        Ok(words)
    }

    /// Whether what this laptop said last of a scope's files stands in its log, and everything before that was read here. The
    /// log puts two that give copies up at the same time into one order: the later one knows of the earlier one.
    pub async fn file_words_stand(&self, scope: Scope) -> Result<bool, StoreError> {
        let device = self.identity().ok_or(StoreError::NoIdentity)?.device;
        let (scope, device) = (scope_number(scope), device.0.as_bytes().as_slice());
        let stand = sqlx::query_scalar!(
            r#"SELECT NOT EXISTS (SELECT 1 FROM outbox o JOIN fact f ON f.scope = o.scope AND f.id = o.item
                                  WHERE o.scope = ?1 AND f.kind = 'attachment.held')
                  AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.scope = ?1 AND e.author = ?2
                                  AND e.seq > COALESCE((SELECT seq FROM cursor WHERE scope = ?1), 0))
               AS "stand!: bool""#,
            scope,
            device,
        )
        .fetch_one(self.reader())
        .await?;
        Ok(stand)
    }

    /// Files of a scope that are here whole, and that the relay's log was seen to hold.
    pub async fn files_held(&self, scope: Scope) -> Result<Vec<FileHash>, StoreError> {
        let folder = self.folder()?;
        let number = scope_number(scope);
        let rows = sqlx::query_scalar!(
            "SELECT hash FROM attachment WHERE scope = ? AND let_go = 0 AND relay_log IS NOT NULL
                 AND (key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased))
             ORDER BY hash",
            number,
        )
        .fetch_all(self.reader())
        .await?;
        let hashes = rows.iter().map(|hash| hash_of(hash)).collect::<Result<Vec<_>, _>>()?;
        Ok(hashes.into_iter().filter(|hash| folder.has(*hash)).collect())
    }
}
