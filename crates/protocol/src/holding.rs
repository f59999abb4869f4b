//! What a device says that it holds of a scope's log: a relay drops what everybody who needs it says to have.

use serde::{Deserialize, Serialize};

use crate::control::ControlLog;
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{ChainHash, CompanyId, DeviceId, LogId, Signature};
use crate::scope::Scope;

const TAG: &str = "zuclubit 1 held";

/// The most words of a scope that are given at once.
pub const MAX_WORDS: usize = 1_024;

/// Entries of a scope's log that lie on a disk without a hole, as the chain wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Whose log.
    pub scope: Scope,
    /// The log: in one that follows a lost one the entries have other places.
    pub log: LogId,
    /// The place before the first of them; 0 where the log is held from its first entry.
    pub after: u64,
    /// The place of the last; 0 takes back what was said before.
    pub up_to: u64,
    /// The chain there.
    pub chain: ChainHash,
}

impl Holding {
    /// Whether every entry from the first one to a place is among them.
    pub const fn is_whole_to(&self, place: u64) -> bool {
        self.after == 0 && self.up_to >= place
    }
}

/// The signed word of a device on what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldWord {
    /// Who.
    pub device: DeviceId,
    /// What.
    pub held: Holding,
    /// Over company and that.
    pub signature: Signature,
}

impl HeldWord {
    /// Signs.
    pub fn sign(company: CompanyId, held: Holding, keys: &DeviceKeys) -> Self {
        Self { device: keys.id(), held, signature: keys.sign(TAG, &[&signed(company, &held)]) }
    }

    /// Checks that a device says it which was ever of the company; whether it still is, is the caller's to know.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] where it ends before it begins, [`ProtocolError::BadSignature`].
    pub fn check(&self, control: &ControlLog) -> Result<(), ProtocolError> {
        if self.held.after > self.held.up_to {
            return Err(ProtocolError::Malformed);
        }
        let device = control.device(self.device).ok_or(ProtocolError::BadSignature)?;
        device.public.verify.verify(TAG, &[&signed(control.company(), &self.held)], &self.signature)
    }
}

/// All of it has a fixed length: nothing runs together.
fn signed(company: CompanyId, held: &Holding) -> Vec<u8> {
    let (after, up_to) = (held.after.to_le_bytes(), held.up_to.to_le_bytes());
    [company.0.as_slice(), &held.scope.number().to_le_bytes(), &held.log.0, &after, &up_to, &held.chain.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Founding, found};
    use crate::ids::PersonId;
    use crate::recovery;
    use crate::scope::{Rights, Role};
    use crate::secret::{BagKey, EpochKey, IndexKey};

    fn luis() -> DeviceKeys {
        DeviceKeys::from_seeds(&[1; 32], &[2; 32])
    }

    fn company() -> ControlLog {
        let scopes = Scope::FIRST.map(|scope| (scope, EpochKey::from_bytes([7; 32]), BagKey::from_bytes([8; 32])));
        let founding = Founding {
            salt: [9; 16],
            name: "Escuela Kemper Urgate",
            person: PersonId([1; 16]),
            rights: Rights::new([Role::Gerencia, Role::Administracion], []),
            label: "Luis",
            device: &luis(),
            root: &recovery::root_keys(&[0x42; recovery::SECRET]),
            index: &IndexKey::from_bytes([0x11; 32]),
            scopes: scopes.to_vec(),
            relay_url: None,
            time_ms: 1,
        };
        let mut turn = 0;
        let mut fresh = || {
            turn += 1;
            [turn; 32]
        };
        ControlLog::open(found(&founding, &mut fresh).unwrap()).unwrap()
    }

    #[test]
    fn a_word_holds_for_what_was_signed_and_for_nothing_else() {
        let log = company();
        let held =
            Holding { scope: Scope::Catalog, log: LogId([6; 16]), after: 1, up_to: 4_096, chain: ChainHash([7; 32]) };
        let word = HeldWord::sign(log.company(), held, &luis());
        word.check(&log).unwrap();
        for other in [
            Holding { scope: Scope::Admin, ..held },
            Holding { log: LogId([5; 16]), ..held },
            Holding { after: 0, ..held },
            Holding { up_to: 4_097, ..held },
            Holding { chain: ChainHash([8; 32]), ..held },
        ] {
            HeldWord { held: other, ..word }.check(&log).unwrap_err();
        }
        HeldWord::sign(CompanyId([1; 16]), held, &luis()).check(&log).unwrap_err();
        let stranger = DeviceKeys::from_seeds(&[3; 32], &[4; 32]);
        HeldWord::sign(log.company(), held, &stranger).check(&log).unwrap_err();
        HeldWord { device: luis().id(), ..HeldWord::sign(log.company(), held, &stranger) }.check(&log).unwrap_err();
        let backwards = Holding { after: 4_097, ..held };
        HeldWord::sign(log.company(), backwards, &luis()).check(&log).unwrap_err();
        assert!(Holding { after: 0, ..held }.is_whole_to(4_096) && !held.is_whole_to(2));
    }
}
