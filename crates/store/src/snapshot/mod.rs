//! Snapshots of a scope: what the entries of its log up to a place make, in packs that another laptop takes in.
//!
//! They are made of the entries alone, folded once more in a store aside ([`aside`]): what waits here to be sent, what came
//! after the place and what was refused is in none of them, and whoever folds the same entries writes the same.

mod aside;
mod begin;
mod disputed;
mod earlier;
mod fresh;
mod items;
mod mend;
mod packer;

use jiff::Timestamp;
use zuc_protocol::Blob;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::control::ControlLog;
use zuc_protocol::ids::{CompanyId, Digest32};
use zuc_protocol::manifest::{FOLD, Manifest, PackRef, Unfit};
use zuc_protocol::pack::{self, Digester, PackHeader, SealedPack, pack_hash};
use zuc_protocol::suite;
use zuc_sync::KeyRing;

pub use self::disputed::Dispute;
pub use self::earlier::Unproven;
pub use self::mend::Mended;
use self::packer::Packer;
use crate::{Store, StoreError};

/// A snapshot, ready to be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What vouches for it, once it is signed.
    pub manifest: Manifest,
    /// Its packs, in the manifest's order.
    pub packs: Vec<Blob>,
}

impl Store {
    /// Folds the entries of a scope up to a place and packs what they make, sealed under the scope's current key. `None`
    /// where they are not all here, or no packs hold it. With `base`, a snapshot before that this device has made or found
    /// right, only the entries after it are folded, and what comes of them is the same.
    ///
    /// # Errors
    /// [`StoreError`]; a fault of the folding as of a receiver's.
    pub async fn snapshot(
        &self,
        control: &ControlLog,
        ring: &KeyRing,
        scope: WireScope,
        base: Option<&Snapshot>,
        at: u64,
        now: Timestamp,
    ) -> Result<Option<Snapshot>, StoreError> {
        let (Some(log), Some(epoch), Some(key)) =
            (self.relay_log().await?, control.epoch(scope), ring.current(control, scope))
        else {
            return Ok(None);
        };
        let company = CompanyId::from_uuid(self.identity().ok_or(StoreError::NoIdentity)?.company.0);
        let Some(folded) = Box::pin(self.fold_aside(control, ring, scope, base, at, now)).await? else {
            return Ok(None);
        };
        let header = PackHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope,
            epoch: epoch.id,
            log,
            cursor: at,
            author: ring.keys().id(),
        };
        let mut packer = Packer::new(self.inner.entropy.as_ref(), company, header, key, ring.keys());
        let mut digester = Digester::new();
        let mut take = |item: Vec<u8>| {
            digester.add(&item);
            packer.add(&item);
        };
        items::write(&folded.store, scope, &mut take).await?;
        let chain = folded.cursor.chain;
        folded.end().await;
        let Some(packs) = packer.finish() else { return Ok(None) };
        let named =
            |pack: &Blob| PackRef { hash: pack_hash(&pack.0), size: u32::try_from(pack.len()).unwrap_or(u32::MAX) };
        let manifest = Manifest {
            version: suite::VERSION,
            suite: suite::SUITE,
            fold: FOLD,
            scope,
            log,
            cursor: at,
            chain,
            digest: digester.finish(),
            packs: packs.iter().map(named).collect(),
        };
        Ok(Some(Snapshot { manifest, packs }))
    }

    /// Whether a snapshot of another's is what the entries here make: chain and digest are, and the packs hold it. `None`
    /// where the entries are not all here. `base` as for [`Self::snapshot`].
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub async fn is_right(
        &self,
        control: &ControlLog,
        ring: &KeyRing,
        snapshot: &Snapshot,
        base: Option<&Snapshot>,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let manifest = &snapshot.manifest;
        let company = CompanyId::from_uuid(self.identity().ok_or(StoreError::NoIdentity)?.company.0);
        let folding = self.fold_aside(control, ring, manifest.scope, base, manifest.cursor, now);
        let Some(folded) = Box::pin(folding).await? else { return Ok(None) };
        let mut digester = Digester::new();
        items::write(&folded.store, manifest.scope, &mut |item: Vec<u8>| digester.add(&item)).await?;
        let same = folded.cursor.chain == manifest.chain && digester.finish() == manifest.digest;
        folded.end().await;
        let packed = digest_of(company, ring, manifest, &snapshot.packs, drop);
        Ok(Some(same && packed == Ok(manifest.digest)))
    }
}

/// The digest of what packs hold, each of which must be the one that the manifest names; what each holds goes to `keep`.
fn digest_of(
    company: CompanyId,
    ring: &KeyRing,
    manifest: &Manifest,
    packs: &[Blob],
    mut keep: impl FnMut(Vec<u8>),
) -> Result<Digest32, Unfit> {
    let mut digester = Digester::new();
    if packs.len() != manifest.packs.len() {
        return Err(Unfit::NotWhole);
    }
    for (pack, named) in packs.iter().zip(&manifest.packs) {
        if pack_hash(&pack.0) != named.hash {
            return Err(Unfit::ForgedPack);
        }
        let opened = open(company, ring, manifest, pack)?;
        for (_, item) in pack::items(&opened).map_err(|_| Unfit::Malformed)? {
            digester.add(item);
        }
        keep(opened);
    }
    Ok(digester.finish())
}

/// Opens a pack of a manifest's.
fn open(company: CompanyId, ring: &KeyRing, manifest: &Manifest, pack: &Blob) -> Result<Vec<u8>, Unfit> {
    let pack = SealedPack::parse(&pack.0).map_err(|_| Unfit::Malformed)?;
    if (pack.header().scope, pack.header().cursor) != (manifest.scope, manifest.cursor) {
        return Err(Unfit::ForgedPack);
    }
    let key = ring.epoch(pack.header().epoch).ok_or(Unfit::NoKey)?;
    pack.open(company, key).map_err(|_| Unfit::ForgedPack)
}
