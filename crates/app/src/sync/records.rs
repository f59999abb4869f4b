//! The control log as the relay holds it, whole.

use zuc_protocol::{
    control::SignedControl,
    messages::{ClientFrame, ServerFrame},
};

use crate::ports::{Credentials, Relay, RelayError};

/// All records that the relay holds, from the genesis on; nothing of them is checked yet.
///
/// # Errors
/// [`RelayError::Nonsense`] where it says that there are more and gives none.
pub(crate) async fn control_records(relay: &dyn Relay, who: &Credentials) -> Result<Vec<SignedControl>, RelayError> {
    let mut all: Vec<SignedControl> = Vec::new();
    loop {
        let question = ClientFrame::Control { from: all.len() as u64 };
        let ServerFrame::ControlRecords { records, len, .. } = relay.ask(who, question).await? else {
            return Err(RelayError::Nonsense);
        };
        if records.is_empty() && (all.len() as u64) < len {
            return Err(RelayError::Nonsense);
        }
        all.extend(records);
        if all.len() as u64 >= len {
            return Ok(all);
        }
    }
}

/// Whether the relay took an act; if not, the membership has moved.
///
/// # Errors
/// The relay's codes.
pub(crate) async fn append_control(
    relay: &dyn Relay,
    who: &Credentials,
    step: zuc_sync::ControlStep,
) -> Result<bool, RelayError> {
    let zuc_sync::ControlStep { record, replacements, wraps } = step;
    match relay.ask(who, ClientFrame::ControlAppend { record, replacements, wraps }).await? {
        ServerFrame::ControlAccepted { .. } => Ok(true),
        ServerFrame::ControlConflict { .. } => Ok(false),
        _ => Err(RelayError::Nonsense),
    }
}
