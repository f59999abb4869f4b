//! How a device proves itself to the relay: a signed challenge for a short-lived token.

use serde::{Deserialize, Serialize};

use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{CompanyId, DeviceId, Digest32, LogId, Signature, VerifyKey};
use crate::{codec, suite};

const SIGN: &str = "zuclubit 1 session";

/// How long a token is good for, in milliseconds.
pub const TOKEN_MS: i64 = 15 * 60 * 1000;

/// What the relay asks to be signed; it remembers the nonce and takes it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// Random.
    pub nonce: Digest32,
    /// Which relay, by its log, so that an answer cannot be carried to another.
    pub relay: LogId,
    /// For which company.
    pub company: CompanyId,
    /// On the relay's clock, milliseconds since 1970.
    pub time_ms: i64,
}

/// A challenge, signed by a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// What was asked.
    pub challenge: Challenge,
    /// Who answers.
    pub device: DeviceId,
    /// Its signature.
    pub signature: Signature,
}

/// What the relay gives for a right answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionToken {
    /// Opaque; only the relay that made it knows it.
    pub token: String,
    /// On the relay's clock, milliseconds since 1970.
    pub until_ms: i64,
}

impl ChallengeAnswer {
    /// Signs a challenge, if it is of the company that the device means to speak for.
    ///
    /// # Errors
    /// [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`], [`ProtocolError::Inconsistent`] for another company.
    pub fn sign(challenge: Challenge, company: CompanyId, device: &DeviceKeys) -> Result<Self, ProtocolError> {
        suite::check(challenge.version, challenge.suite)?;
        if challenge.company != company {
            return Err(ProtocolError::Inconsistent);
        }
        let signature = device.sign(SIGN, &[&codec::encode(&challenge, 256)?]);
        Ok(Self { challenge, device: device.id(), signature })
    }

    /// Checks the signature; nonce, time and membership are the relay's to check.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, device: &VerifyKey) -> Result<(), ProtocolError> {
        device.verify(SIGN, &[&codec::encode(&self.challenge, 256)?], &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_one_relay_one_company_and_one_device() {
        let device = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
        let company = CompanyId([3; 16]);
        let challenge = Challenge {
            version: suite::VERSION,
            suite: suite::SUITE,
            nonce: Digest32([4; 32]),
            relay: LogId([5; 16]),
            company,
            time_ms: 1,
        };
        let answer = ChallengeAnswer::sign(challenge.clone(), company, &device).unwrap();
        answer.verify(&device.public().verify).unwrap();
        let mut carried = answer.clone();
        carried.challenge.relay = LogId([6; 16]);
        assert_eq!(carried.verify(&device.public().verify), Err(ProtocolError::BadSignature));
        assert_eq!(
            ChallengeAnswer::sign(challenge.clone(), CompanyId([9; 16]), &device),
            Err(ProtocolError::Inconsistent)
        );
        let weak = Challenge { suite: 0, ..challenge };
        assert!(matches!(ChallengeAnswer::sign(weak, company, &device), Err(ProtocolError::Downgrade { .. })));
    }
}
