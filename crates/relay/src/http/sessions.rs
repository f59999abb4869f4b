//! Challenges that wait for an answer, and the tokens of sessions; in memory, for a new process asks again.

use std::{collections::HashMap, sync::Mutex};

use zuc_protocol::{
    ids::{CompanyId, DeviceId, Digest32},
    session::{Challenge, SessionToken, TOKEN_MS},
};

use crate::{RelayError, chance::random};

/// How long a challenge may be answered.
const CHALLENGE_MS: i64 = 60_000;
/// How many of either are held; the oldest give way.
const HELD: usize = 50_000;

/// Challenges and sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    asked: Mutex<HashMap<Digest32, Challenge>>,
    given: Mutex<HashMap<[u8; 32], Grant>>,
}

#[derive(Clone, Copy)]
struct Grant {
    company: CompanyId,
    device: DeviceId,
    until_ms: i64,
}

impl Sessions {
    /// Remembers a challenge.
    pub(crate) fn ask(&self, challenge: Challenge) {
        let mut asked = self.asked.lock().expect("no holder panics");
        if asked.len() >= HELD {
            let now_ms = challenge.time_ms;
            asked.retain(|_, old| now_ms - old.time_ms < CHALLENGE_MS);
            if asked.len() >= HELD {
                asked.clear();
            }
        }
        asked.insert(challenge.nonce, challenge);
    }

    /// Takes a challenge back, once, if it is ours, the same, and not over.
    pub(crate) fn answered(&self, challenge: &Challenge, now_ms: i64) -> bool {
        let ours = self.asked.lock().expect("no holder panics").remove(&challenge.nonce);
        ours.is_some_and(|ours| ours == *challenge && now_ms - ours.time_ms < CHALLENGE_MS)
    }

    /// A token for a device that has proved itself.
    pub(crate) fn give(&self, company: CompanyId, device: DeviceId, now_ms: i64) -> SessionToken {
        let mut given = self.given.lock().expect("no holder panics");
        if given.len() >= HELD {
            given.retain(|_, grant| now_ms < grant.until_ms);
            if given.len() >= HELD {
                given.clear();
            }
        }
        let token = Digest32(random()).to_string();
        let until_ms = now_ms + TOKEN_MS;
        // Only a hash is held: who reads the process's memory dump cannot speak for a device.
        given.insert(key(&token), Grant { company, device, until_ms });
        SessionToken { token, until_ms }
    }

    /// Whose token it is.
    pub(crate) fn whose(&self, token: &str, now_ms: i64) -> Result<(CompanyId, DeviceId), RelayError> {
        let given = self.given.lock().expect("no holder panics");
        let grant = given.get(&key(token)).filter(|grant| now_ms < grant.until_ms).ok_or(RelayError::NoSession)?;
        Ok((grant.company, grant.device))
    }
}

fn key(token: &str) -> [u8; 32] {
    blake3::derive_key("zuclubit relay 2026 session token", token.as_bytes())
}
