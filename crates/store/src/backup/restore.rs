//! The way back: a database made of a backup, beside the one that stands, until it is whole.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use zuc_domain::attachment::FileHash;
use zuc_protocol::secret::BagKey;

use super::people::People;
use super::{Backup, BackupError, Progress, Step, Told, copy, files};
use crate::keys::{Entropy, Home, Keys};
use crate::{OpenOptions, Problem, ScopeDigest, Store, StoreError};

/// A database made of a backup.
#[derive(Debug)]
pub struct Restored {
    /// Open, and in nobody's home yet.
    pub store: Store,
    /// Persons who were forgotten since the backup was made.
    pub forgotten: usize,
    /// What each scope held when it was made; nothing where an older version made it.
    expected: Option<Vec<ScopeDigest>>,
}

/// What came of trying a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Documents and facts.
    pub records: u64,
    /// Whether every scope holds what it held when the backup was made: documents, facts, and the rows made of them.
    pub same: bool,
    /// What is not as it must be.
    pub problems: Vec<Problem>,
}

impl Backup {
    /// Makes a database of the backup at `into`, brings it to the newest schema and makes its read tables again. Nothing
    /// else is touched. With `nameless`, names that no key beside the backup opens are left out.
    ///
    /// # Errors
    /// [`BackupError::Damaged`], [`BackupError::NamesMissing`], [`StoreError::TooNew`].
    pub async fn unpack(
        &self,
        into: &Path,
        keys: &Keys,
        nameless: bool,
        entropy: Arc<dyn Entropy>,
        told: Arc<Told>,
    ) -> Result<Restored, StoreError> {
        let whose = (self.header.company, self.header.device);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let people = match People::read(folder, whose, keys)? {
            Some(people) => people,
            None if nameless => People::default(),
            None => return Err(BackupError::NamesMissing.into()),
        };
        copy::remove(into);
        let unpacked = self.unpack_with(people, into, keys, entropy, told).await;
        if unpacked.is_err() {
            copy::remove(into);
        }
        unpacked
    }

    async fn unpack_with(
        &self,
        people: People,
        into: &Path,
        keys: &Keys,
        entropy: Arc<dyn Entropy>,
        told: Arc<Told>,
    ) -> Result<Restored, StoreError> {
        let (backup, place, under, tell) = (self.clone(), into.to_owned(), keys.clone(), told.clone());
        let out = tokio::task::spawn_blocking(move || backup.extract(&place, &under, tell.as_ref()));
        out.await.map_err(|_| BackupError::Damaged)??;
        let store = Store::over(into, keys, entropy, &OpenOptions::default()).await?;
        let company = store.identity().map(|identity| identity.company.0);
        if company != Some(self.header.company.to_uuid()) {
            return Err(BackupError::Damaged.into());
        }
        told(Progress { step: Step::Project, done: 0, total: 0 });
        let (forgotten, expected) = store.settle_in(&people).await?;
        store.rebuild(true).await?;
        Ok(Restored { store, forgotten, expected })
    }

    /// Makes a database of the backup in `home`, under a new incarnation, beside the one that stands: [`Home::swap_in`]
    /// puts it in its place.
    ///
    /// # Errors
    /// As [`Backup::unpack`].
    pub async fn restore_into(
        &self,
        home: &Home,
        keys: &Keys,
        nameless: bool,
        entropy: Arc<dyn Entropy>,
        told: Arc<Told>,
    ) -> Result<Restored, StoreError> {
        let restored = self.unpack(&home.restoring(), keys, nameless, entropy, told).await?;
        // before its first write: what was written since is the earlier incarnation's, and comes back from the relay
        restored.store.renew().await?;
        let known = restored.store.known_files().await?;
        restored.store.close().await;
        self.restore_files(home, known).await?;
        Ok(restored)
    }
}

impl Backup {
    /// Puts the files of what is set aside beside it, and takes back those of the backup.
    async fn restore_files(&self, home: &Home, known: BTreeSet<FileHash>) -> Result<(), StoreError> {
        let (here, own) = (home.attachments(), home.own_backups());
        let folder = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        let carried = tokio::task::spawn_blocking(move || {
            files::put_beside(&here, &own)?;
            files::take_back(&folder, &here, &known)
        });
        carried.await.map_err(|_| BackupError::FolderGone)?
    }
}

impl Restored {
    /// Verifies all of it, and whether it is what the backup was made of.
    pub async fn try_out(&self) -> Result<Tried, StoreError> {
        let problems = self.store.verify().await?;
        let digests = self.store.digests().await?;
        let records = digests.iter().map(|digest| digest.count).sum();
        let same = self.expected.as_ref().is_none_or(|expected| {
            expected.len() == digests.len()
                && expected.iter().zip(&digests).all(|(was, is)| {
                    // whoever was forgotten since has no name in the rows any more
                    let rows = self.forgotten > 0 || was.rows == is.rows;
                    rows && (was.scope, &was.documents, &was.facts) == (is.scope, &is.documents, &is.facts)
                })
        });
        Ok(Tried { records, same, problems })
    }
}

impl Store {
    /// Opens a backup of this home aside, verifies all of it, and throws away what was made of it.
    ///
    /// # Errors
    /// As [`Backup::unpack`].
    pub async fn try_backup(&self, backup: &Backup, told: Arc<Told>) -> Result<Tried, StoreError> {
        let home = self.home().ok_or(StoreError::NoIdentity)?;
        let _one = self.inner.backing.lock().await;
        let keys = &self.inner.keys;
        if !backup.header.is_under(keys) {
            return Err(BackupError::NeedsCode.into());
        }
        let into = home.backups().join(copy::TRIAL);
        let tried = match backup.unpack(&into, keys, false, self.inner.entropy.clone(), told.clone()).await {
            Ok(restored) => {
                told(Progress { step: Step::Verify, done: 0, total: 0 });
                let tried = restored.try_out().await;
                restored.store.close().await;
                tried
            }
            Err(error) => Err(error),
        };
        copy::remove(&into);
        tried
    }

    /// Takes in what lay beside the backup; how many persons were forgotten since, and what the scopes held.
    async fn settle_in(&self, people: &People) -> Result<(usize, Option<Vec<ScopeDigest>>), StoreError> {
        let expected = self.setting(copy::DIGESTS).await?;
        let expected = expected.map(|json| serde_json::from_str(&json)).transpose()?;
        let mut tx = self.begin_plain().await?;
        let before = sqlx::query_scalar!("SELECT count(*) FROM person_erased").fetch_one(&mut *tx).await?;
        people.put(&mut tx, &self.inner.keys, self.inner.entropy.as_ref()).await?;
        for name in [copy::DIGESTS, crate::boot::MARK] {
            sqlx::query!("DELETE FROM setting WHERE name = ?", name).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        for (scope, key) in people.bags() {
            self.use_bag(scope, Some(BagKey::from_bytes(key)));
        }
        Ok((people.erased().saturating_sub(usize::try_from(before).unwrap_or(0)), expected))
    }
}
