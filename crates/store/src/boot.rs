//! Whether the database went back in time: a mark outside it, which a copy that was put back by hand does not know.
//!
//! Each boot writes a fresh mark into the database and beside it, and each batch that is sealed notes its number beside it
//! before it leaves. A database whose mark is not the one beside it, that lies in another file than then, or that lacks a
//! batch that has left, takes a new incarnation before its first write: a needless one costs a few bytes an edit, a
//! missing one would give two changes one name.

use std::collections::BTreeMap;

use zuc_protocol::ids::{DeviceId, Incarnation};

use crate::keys::{BootMark, random};
use crate::{Identity, Store, StoreError, audit};

/// Setting: the mark of the last boot.
pub(crate) const MARK: &str = "boot_mark";

impl Store {
    /// Whether this is an earlier state of the database than this home had.
    pub async fn went_back(&self) -> Result<bool, StoreError> {
        let (Some(home), Some(identity)) = (self.home(), self.identity()) else { return Ok(false) };
        let here = self.setting(MARK).await?;
        let beside = home.boot_mark();
        if here != beside.as_ref().map(|mark| mark.mark.clone()) {
            return Ok(true);
        }
        if beside.is_some_and(|mark| mark.file != home.file_of_database()) {
            return Ok(true);
        }
        let device = identity.device.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            r#"SELECT scope AS "scope!: i64", max(number) AS "number!: i64" FROM entry WHERE author = ? GROUP BY scope"#,
            device,
        )
        .fetch_all(self.reader())
        .await?;
        let known: BTreeMap<i64, i64> = rows.into_iter().map(|row| (row.scope, row.number)).collect();
        Ok(home.sealed_since().into_iter().any(|(scope, number)| known.get(&scope).is_none_or(|known| *known < number)))
    }

    /// Marks this boot, or its end, in the database and beside it.
    pub async fn mark_boot(&self) -> Result<(), StoreError> {
        let (Some(home), Some(identity)) = (self.home(), self.identity()) else { return Ok(()) };
        let mark = hex::encode(random::<16>(self.inner.entropy.as_ref()));
        self.set_setting(MARK, &mark).await?;
        home.set_boot_mark(&BootMark { mark, file: home.file_of_database(), company: identity.company.0 })
    }

    /// Takes a new incarnation: this database may lack what it once wrote.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the control log does not know this device.
    pub async fn renew(&self) -> Result<(), StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let control = self.control().await?;
        let device = control.device(DeviceId::from_uuid(identity.device.0));
        let device = device.ok_or_else(|| StoreError::corrupt("control", "bytes", "device"))?;
        let incarnation = Incarnation(random(self.inner.entropy.as_ref()));
        let mut conn = self.inner.pools.writer.acquire().await?;
        audit::note_incarnation(&mut conn, identity.incarnation.0, incarnation.0).await?;
        drop(conn);
        self.adopt(Identity { incarnation, actor: device.public.actor(incarnation), ..identity }).await
    }
}
