//! Who may sign which act.

use crate::control::act::{ControlAct, EpochStart, Recipient};
use crate::control::error::ControlError;
use crate::control::log::ControlLog;
use crate::control::record::ControlAuthor;
use crate::control::state::DeviceState;
use crate::ids::{DeviceId, VerifyKey};
use crate::messages::RefusalCode;
use crate::scope::{Rights, Role, Scope};

impl ControlLog {
    /// What a device may do after record `seq`; `None` when it is no member or stopped there.
    pub fn rights_at(&self, device: DeviceId, seq: u64) -> Option<&Rights> {
        let state = self.device(device)?;
        if !state.member_at(seq) || state.frozen_at(seq) {
            return None;
        }
        self.person(state.person)?.rights_at(seq)
    }

    /// What a device may do now.
    pub fn rights(&self, device: DeviceId) -> Option<&Rights> {
        self.rights_at(device, self.last_seq())
    }

    /// Whether a device may read a scope now.
    pub fn may_read(&self, device: DeviceId, scope: Scope) -> bool {
        self.rights(device).is_some_and(|rights| rights.may_read(scope))
    }

    /// The key that must have signed an act of `author` standing after record `before`, if the author has the right.
    pub(crate) fn signer(
        &self,
        author: ControlAuthor,
        act: &ControlAct,
        before: u64,
    ) -> Result<VerifyKey, ControlError> {
        let device = match author {
            ControlAuthor::Root => {
                return match act {
                    ControlAct::Genesis(_) => Err(ControlError::NotAllowed),
                    _ => Ok(self.root_at(before).verify),
                };
            }
            ControlAuthor::Device(device) => device,
        };
        let rights = self.rights_at(device, before).ok_or(ControlError::NotAllowed)?;
        let admin = rights.has(Role::Administracion);
        let allowed = match act {
            ControlAct::Genesis(_) | ControlAct::RootReplaced { .. } | ControlAct::Settle { .. } => false,
            ControlAct::Grant(grant) => admin || rights.may_read(grant.scope),
            ControlAct::Epoch(start) => admin || self.may_renew(rights, start),
            ControlAct::AddDevice(_)
            | ControlAct::Freeze { .. }
            | ControlAct::Remove(_)
            | ControlAct::Rights(_)
            | ControlAct::RelayKey { .. }
            | ControlAct::Erase(_)
            | ControlAct::Thaw { .. }
            | ControlAct::SchemaFloor(_) => admin,
        };
        let state = self.device(device).ok_or(ControlError::NotAllowed)?;
        if allowed { Ok(state.public.verify) } else { Err(ControlError::NotAllowed) }
    }

    /// Whoever writes a scope gives it a new key after somebody was taken out who had the one before, or with the new bag that
    /// an erasure owes, and only then: where no administrator holds it, to everybody who reads it, and with the key before
    /// inside. So a removal and an erasure are completed where whoever ordered them does not hold the key; anywhere else keys
    /// of nonsense could end a scope.
    fn may_renew(&self, rights: &Rights, start: &EpochStart) -> bool {
        let given = |device| start.wraps.iter().any(|wrap| wrap.to == Recipient::Device(device));
        rights.may_write(start.scope)
            && start.previous.is_some()
            && (self.is_stale(start.scope) || (self.owes_erasure(start.scope) && start.bag.is_some()))
            && !self.is_held_by_an_admin(start.scope)
            && self.readers(start.scope).all(|(device, _)| given(device))
    }

    /// Whether a device that runs the company's membership, stopped or not, was given the current key of a scope.
    pub fn is_held_by_an_admin(&self, scope: Scope) -> bool {
        let runs = |state: &DeviceState| {
            let rights = self.person(state.person).and_then(|person| person.rights_at(self.last_seq()));
            state.removed.is_none() && rights.is_some_and(|rights| rights.has(Role::Administracion))
        };
        self.devices().any(|(id, state)| runs(state) && self.reads(state, scope) && self.has_key(id, scope))
    }

    /// The relay's gate for a new batch, as far as the control log decides: membership and right at the named head
    /// and now, and the current epoch. Numbers, predecessors and the author's earlier heads are in the relay's tables.
    ///
    /// # Errors
    /// The code to refuse with.
    pub fn gate(&self, header: &crate::envelope::BatchHeader) -> Result<(), RefusalCode> {
        let seen = self.seq_of(header.control_head).ok_or(RefusalCode::ControlHead)?;
        let now = self.rights(header.author).ok_or(RefusalCode::Revoked)?;
        let then = self.rights_at(header.author, seen).ok_or(RefusalCode::Revoked)?;
        if !now.may_write(header.scope) || !then.may_write(header.scope) {
            return Err(RefusalCode::NotAllowed);
        }
        match self.epoch(header.scope) {
            Some(epoch) if epoch.id == header.epoch && !self.is_stale(header.scope) => Ok(()),
            Some(_) => Err(RefusalCode::EpochStale),
            None => Err(RefusalCode::NotAllowed),
        }
    }

    /// The relay's gate for a batch of a log that is lost, which somebody gives back: what its author might do at the record
    /// that it names, and whatever mark was set since. What the author may do now, and which epoch is the newest, do not
    /// matter: the batch stood. Gives the place of the record it names.
    ///
    /// # Errors
    /// The code to refuse with.
    pub fn gate_offered(
        &self,
        header: &crate::envelope::BatchHeader,
        hash: crate::ids::BatchHash,
    ) -> Result<u64, RefusalCode> {
        let seen = self.seq_of(header.control_head).ok_or(RefusalCode::ControlHead)?;
        let then = self.rights_at(header.author, seen).ok_or(RefusalCode::Revoked)?;
        let of_scope = self.epoch_by_id(header.epoch).is_some_and(|epoch| epoch.scope == header.scope);
        if !then.may_write(header.scope) || !of_scope {
            return Err(RefusalCode::NotAllowed);
        }
        match self.mark(header.author, header.scope, seen) {
            Some(mark) if header.number > mark.number => Err(RefusalCode::Revoked),
            Some(mark) if header.number == mark.number && hash != mark.last => Err(RefusalCode::NumberTaken),
            _ => Ok(seen),
        }
    }
}
