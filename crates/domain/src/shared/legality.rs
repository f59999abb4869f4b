//! Whether a step that a device recorded counts. Everybody who holds it judges it alike: by who wrote it, and by what that
//! person might do when they wrote it.

use thiserror::Error;

use super::authorize::{Action, Actor, Object, authorize};
use super::id::TransitionId;
use super::transition::{StateMachine, Transition};

/// An action that a step asks for, and of which record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// The record whose state changes.
    Here(Action),
    /// Another of the same scope, from which the step follows: whose this one is does not matter.
    Beside(Action),
}

impl Ask {
    /// The action.
    pub const fn action(self) -> Action {
        match self {
            Self::Here(action) | Self::Beside(action) => action,
        }
    }
}

/// Why a record stays in history and does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Illegal {
    /// It says it is by somebody else than its author, or of something else than where it lies.
    #[error("it is not by whom it says, or not of what it says")]
    Forged,
    /// Its author's roles did not allow it.
    #[error("its author's roles do not allow it")]
    NotAllowed,
    /// It is no record that this version knows.
    #[error("it does not read")]
    Unreadable,
}

impl Illegal {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Forged => "author.forged",
            Self::NotAllowed => "author.not_allowed",
            Self::Unreadable => "author.unreadable",
        }
    }
}

/// Judges a step that stands under `key` in a record: `author` wrote it, with the roles they had then; `object` is the record as
/// they saw it.
///
/// # Errors
/// [`Illegal::Forged`] where the step names another person or another key, [`Illegal::NotAllowed`] where the roles allow none of
/// the actions that lead there.
pub fn judge<S: StateMachine>(
    author: &Actor,
    key: TransitionId,
    step: &Transition<S>,
    object: &Object,
) -> Result<(), Illegal> {
    if step.by != author.person || step.id != key {
        return Err(Illegal::Forged);
    }
    let may = |ask: &Ask| match ask {
        Ask::Here(action) => authorize(author, *action, object).is_ok(),
        Ask::Beside(action) => authorize(author, *action, &Object::in_scope(object.scope)).is_ok(),
    };
    if step.from.asks(step.to, step.authority).iter().any(may) { Ok(()) } else { Err(Illegal::NotAllowed) }
}

#[cfg(test)]
mod tests;
