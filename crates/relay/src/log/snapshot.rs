//! Snapshots: what members made of a scope's log, for those who join. The relay can check the place, the chain and the
//! signatures; what the packs hold, only whoever has the key.

use zuc_protocol::{
    Blob, Scope,
    codec::{self, MAX_FRAME},
    control::ControlLog,
    ids::Digest32,
    manifest::{KeptManifest, MAX_KEPT, MAX_WITNESSES, Manifest, Says, Witness, manifest_hash, may_begin},
    messages::ServerFrame,
    pack::{SealedPack, pack_hash},
};
use zuc_relay_store::{NewManifest, StoredManifest};

use super::{LogService, Session};
use crate::RelayError;

impl LogService {
    pub(super) async fn manifests(&self, session: &Session, scope: Scope) -> Result<Vec<ServerFrame>, RelayError> {
        self.reader(session, scope).await?;
        let log = self.store.log_id(session.company).await?;
        let mut kept = Vec::new();
        for stored in self.store.manifests(session.company, scope).await? {
            if stored.manifest.log == log && lacks(&stored)?.is_empty() {
                let witnesses = words(&stored)?;
                kept.push(KeptManifest { manifest: Blob(stored.manifest.bytes), witnesses });
            }
            if kept.len() == MAX_KEPT {
                break;
            }
        }
        Ok(vec![ServerFrame::Manifests { scope, kept }])
    }

    pub(super) async fn pack(
        &self,
        session: &Session,
        scope: Scope,
        manifest: Digest32,
        hash: Digest32,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.reader(session, scope).await?;
        let all = self.store.manifests(session.company, scope).await?;
        let stored = all.iter().find(|stored| stored.manifest.hash == manifest.0);
        let mut heard = match stored {
            Some(stored) => words(stored)?,
            None => Vec::new(),
        };
        heard.retain(|word| word.says == Says::Wrong && word.check(&control, scope, manifest).is_ok());
        if !heard.is_empty() {
            // that it is disputed is told with it; nobody has any use for what is in it
            return Ok(vec![ServerFrame::Pack { scope, pack: None }]);
        }
        let pack = self.store.pack(session.company, scope, manifest.0, hash.0).await?;
        Ok(vec![ServerFrame::Pack { scope, pack: pack.map(Blob) }])
    }

    /// Keeps a manifest of the log that stands, whose chain is the log's, with its maker's word that it is right.
    pub(super) async fn manifest_offer(
        &self,
        session: &Session,
        bytes: Vec<u8>,
        witness: Witness,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let (company, hash) = (session.company, manifest_hash(&bytes));
        let manifest = Manifest::from_bytes(&bytes)?;
        let scope = manifest.scope;
        let control = self.reader(session, scope).await?;
        if !may_begin(scope) {
            return Err(RelayError::Refused("snapshot.other_scope"));
        }
        check_word(session, &control, scope, hash, &witness)?;
        if witness.says != Says::Right {
            return Err(RelayError::Refused("snapshot.malformed"));
        }
        if manifest.log != self.store.log_id(company).await? {
            return Err(RelayError::Refused("snapshot.other_log"));
        }
        if self.store.chain_at(company, scope, manifest.cursor).await? != Some(manifest.chain) {
            return Err(RelayError::Refused("snapshot.other_chain"));
        }
        let (log, cursor, author) = (manifest.log, manifest.cursor, session.device);
        let new = NewManifest { scope, hash: hash.0, log, cursor, author, bytes };
        self.store.put_manifest(company, new, codec::encode(&witness, MAX_FRAME)?).await?;
        self.manifest_kept(session, scope, hash).await
    }

    /// Keeps a pack that a manifest of the session's own names.
    pub(super) async fn pack_offer(
        &self,
        session: &Session,
        scope: Scope,
        manifest: Digest32,
        bytes: &[u8],
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.reader(session, scope).await?;
        let stored = self.stored(session, scope, manifest).await?;
        let hash = pack_hash(bytes);
        let named = Manifest::from_bytes(&stored.manifest.bytes)?.packs;
        let is_named = named.iter().any(|pack| pack.hash == hash);
        let pack = SealedPack::parse(bytes)?;
        let header = pack.header();
        let of_its = (header.scope, header.log, header.cursor, header.author)
            == (scope, stored.manifest.log, stored.manifest.cursor, session.device);
        let device = control.device(session.device).ok_or(RelayError::NotAllowed)?;
        if !is_named || !of_its || pack.verify(session.company, &device.public.verify).is_err() {
            return Err(RelayError::Refused("snapshot.forged_pack"));
        }
        self.store.put_pack(session.company, scope, manifest.0, hash.0, pack.into_bytes()).await?;
        self.manifest_kept(session, scope, manifest).await
    }

    /// Keeps what a member says of a manifest.
    pub(super) async fn testify(
        &self,
        session: &Session,
        scope: Scope,
        manifest: Digest32,
        witness: Witness,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.reader(session, scope).await?;
        check_word(session, &control, scope, manifest, &witness)?;
        let stored = self.stored(session, scope, manifest).await?;
        let spoke = words(&stored)?.iter().any(|word| word.device == session.device);
        // a dispute is heard however many have spoken
        if witness.says == Says::Right && !spoke && stored.words.len() >= MAX_WITNESSES {
            return Err(RelayError::Refused("snapshot.malformed"));
        }
        if witness.says == Says::Wrong {
            tracing::warn!(scope = %scope, "a snapshot is disputed");
        }
        let word = codec::encode(&witness, MAX_FRAME)?;
        self.store.put_word(session.company, scope, manifest.0, session.device, word).await?;
        if witness.says == Says::Wrong {
            // nothing goes for it, whoever has judged so just now
            let waits = self.store.log_begin(session.company, scope).await?.waits;
            if waits.is_some_and(|waits| waits.manifest == manifest.0) {
                self.store.wait_for(session.company, scope, None).await?;
            }
        }
        self.manifest_kept(session, scope, manifest).await
    }

    /// The membership, if the session's device reads the scope.
    async fn reader(&self, session: &Session, scope: Scope) -> Result<std::sync::Arc<ControlLog>, RelayError> {
        let control = self.control(session.company).await?;
        if control.may_read(session.device, scope) { Ok(control) } else { Err(RelayError::NotAllowed) }
    }

    async fn stored(&self, session: &Session, scope: Scope, manifest: Digest32) -> Result<StoredManifest, RelayError> {
        let all = self.store.manifests(session.company, scope).await?;
        let found = all.into_iter().find(|stored| stored.manifest.hash == manifest.0);
        found.ok_or(RelayError::NotFound("manifest"))
    }

    async fn manifest_kept(
        &self,
        session: &Session,
        scope: Scope,
        manifest: Digest32,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        // one that others of the same maker push out at once is gone
        let lacks = lacks(&self.stored(session, scope, manifest).await?)?;
        Ok(vec![ServerFrame::ManifestKept { scope, manifest, lacks }])
    }
}

/// Whether a word is the session's own, signed by it, on this manifest.
fn check_word(
    session: &Session,
    control: &ControlLog,
    scope: Scope,
    manifest: Digest32,
    witness: &Witness,
) -> Result<(), RelayError> {
    if witness.device != session.device || witness.check(control, scope, manifest).is_err() {
        return Err(RelayError::Refused("snapshot.forged_word"));
    }
    Ok(())
}

/// The packs of a manifest that are not here.
fn lacks(stored: &StoredManifest) -> Result<Vec<Digest32>, RelayError> {
    let named = Manifest::from_bytes(&stored.manifest.bytes)?.packs;
    Ok(named.into_iter().map(|pack| pack.hash).filter(|hash| !stored.packs.contains(&hash.0)).collect())
}

/// What is said of a manifest: those who dispute it first, for no more are given than are read.
fn words(stored: &StoredManifest) -> Result<Vec<Witness>, RelayError> {
    let words = stored.words.iter().map(|word| codec::decode(word, MAX_FRAME));
    let mut words = words.collect::<Result<Vec<Witness>, _>>()?;
    words.sort_by_key(|word| word.says == Says::Right);
    words.truncate(MAX_WITNESSES);
    Ok(words)
}
