//! The recovery code, when laptops are gone.

use zuc_protocol::{
    control::{ControlLog, SignedControl},
    identity::DeviceKeys,
    ids::HeldRows,
    messages::{ClientFrame, ServerFrame},
    recovery,
};
use zuc_relay::{RelayError, log::Session};
use zuc_sync::{
    KeyRing,
    membership::{Recovering, recover, replace_root},
};

use super::{Laptop, Network, founding, laptop::Owner};

impl Network {
    /// All laptops are gone but one of those that `stay`. Somebody comes in by the recovery code, at the laptop that is the
    /// first from here on, and the next code takes the place of the one that was used, which is given.
    ///
    /// # Panics
    /// When the relay does not take them.
    pub async fn recover(&mut self, name: &'static str, stay: Option<usize>) -> DeviceKeys {
        let stays = stay.map(|at| self.laptops.swap_remove(at));
        self.laptops.clear();
        self.joined += 1;
        let (number, code) = (self.joined, self.code.clone());
        let (keys, person) = (founding::device_keys(number), founding::person(number));
        let session = self.session_of(&code).await.expect("it is the code that counts");
        let log = ControlLog::replay(self.company, self.records(&session).await).expect("it stands");
        let ring = self.opened_by(&code, &session, &log).await;
        let mut turn = 0x80_u8;
        let mut draw = || {
            turn += 1;
            [turn ^ number; 32]
        };
        let recovering = Recovering { person, device: &keys, label: name };
        for step in recover(&log, &ring, &recovering, 7, &mut draw).expect("the code may") {
            let frame =
                ClientFrame::ControlAppend { record: step.record, replacements: step.replacements, wraps: step.wraps };
            let answers = self.host.relay().handle(&session, frame).await;
            assert!(matches!(answers[..], [ServerFrame::ControlAccepted { .. }]), "{answers:?}");
        }
        let records = self.records(&session).await;
        let (seed, on, time, begin_at) = (self.seed, self.on, self.time.clone(), self.begin_at);
        let owner = Owner { name, number, person, keys: &keys, seed, on, time, begin_at };
        self.laptops.push(Laptop::new(owner, &records).await);
        self.laptops.extend(stays);
        self.settle().await;

        let next = recovery::root_keys(&[number; recovery::SECRET]);
        let first = &mut self.laptops[0];
        let (log, ring) = (first.engine.log().clone(), first.ring());
        for step in replace_root(&log, &ring, &code, &next, 8, &mut || first.draw()).expect("the code may") {
            self.author(step).await;
        }
        std::mem::replace(&mut self.code, next)
    }

    /// What the relay makes of whoever shows a recovery code.
    ///
    /// # Errors
    /// [`RelayError::NoSession`] for one that does not count.
    pub async fn session_of(&self, code: &DeviceKeys) -> Result<Session, RelayError> {
        self.host.relay().log().session(self.company, code.id()).await
    }

    async fn records(&self, session: &Session) -> Vec<SignedControl> {
        let answers = self.host.relay().handle(session, ClientFrame::Control { from: 0 }).await;
        match answers.into_iter().next() {
            Some(ServerFrame::ControlRecords { records, .. }) => records,
            other => panic!("{other:?} are no records"),
        }
    }

    async fn opened_by(&self, code: &DeviceKeys, session: &Session, log: &ControlLog) -> KeyRing {
        let mut ring = KeyRing::of_root(code.clone(), log);
        for scope in log.scopes() {
            let question = ClientFrame::Bag { scope, have: HeldRows([0; 16]), after: None };
            for frame in self.host.relay().handle(session, question).await {
                let ServerFrame::Bag { wraps, .. } = frame else { panic!("{frame:?} is no bag") };
                for wraps in &wraps {
                    // of several that were given some are not for the code
                    let _ours = ring.learn_bag(log, wraps).is_ok();
                }
            }
        }
        ring
    }
}
