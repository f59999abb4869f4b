//! Proving a device to the relay, and the tokens it gave.

use std::{collections::HashMap, time::Duration};

use tokio::{sync::Mutex, time::Instant};
use zuc_app::ports::{Credentials, RelayError};
use zuc_protocol::{
    ids::{CompanyId, DeviceId},
    session::{Challenge, ChallengeAnswer, SessionToken, TOKEN_MS},
};

use super::call::{Caller, again, value};

/// A token this close to its end is not used any more.
const MARGIN: Duration = Duration::from_mins(1);

/// Tokens by who they are for.
#[derive(Default)]
pub(super) struct Sessions {
    held: Mutex<HashMap<(CompanyId, DeviceId), (String, Instant)>>,
}

impl Sessions {
    /// A token that is good for a while yet.
    #[expect(clippy::disallowed_methods, reason = "a token lives so many seconds from when it was asked for")]
    pub(super) async fn token(&self, caller: &Caller, who: &Credentials) -> Result<String, RelayError> {
        let key = (who.company, who.device.id());
        if let Some((token, until)) = self.held.lock().await.get(&key)
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        self.fresh(caller, who).await
    }

    /// A new token, whatever is held: the relay's process may be another one than yesterday's.
    pub(super) async fn fresh(&self, caller: &Caller, who: &Credentials) -> Result<String, RelayError> {
        #[expect(clippy::disallowed_methods, reason = "a token lives so many seconds from when it was asked for")]
        let began = Instant::now();
        // A challenge that is never answered costs nothing, so both halves may be asked again.
        let given = again(|| prove(caller, who)).await?;
        let life = u64::try_from(TOKEN_MS).map_or(Duration::ZERO, Duration::from_millis).saturating_sub(MARGIN);
        let token = given.token.clone();
        self.held.lock().await.insert((who.company, who.device.id()), (given.token, began + life));
        Ok(token)
    }
}

async fn prove(caller: &Caller, who: &Credentials) -> Result<SessionToken, RelayError> {
    let challenge: Challenge = value(caller.post("api/v1/session/challenge", &who.company)?).await?;
    let answer = ChallengeAnswer::sign(challenge, who.company, &who.device).map_err(|_| RelayError::Nonsense)?;
    value(caller.post("api/v1/session", &answer)?).await
}
