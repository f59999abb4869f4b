//! How the exchange with the other laptops stands: asked once for the whole window, and heard from then on.

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;
use zuc_ipc::sync::SyncStatus;

use crate::backend::{Topics, listen, use_query};

/// Why what needs the relay cannot be done now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    /// It does not answer.
    Offline,
    /// The company has none.
    NoRelay,
}

/// The state of the exchange.
#[derive(Clone, Copy)]
pub(crate) struct Connection {
    /// As it was last told.
    pub(crate) status: RwSignal<SyncStatus>,
    away: Memo<Option<Away>>,
}

impl Connection {
    /// Asks how it stands, hears of every change, and puts it in the context.
    pub(crate) fn provide() -> Self {
        let first = use_query::<list::SyncGet>(Topics::ALL, || Some(Empty {}));
        let status = RwSignal::new(SyncStatus::default());
        Effect::new(move |_| {
            if let Some(answer) = first.value.get() {
                status.set((*answer).clone());
            }
        });
        listen::<SyncStatus>("sync-status", move |now| {
            // an answer still on its way may be older than this: it is asked for again
            if status.try_get_untracked().is_some_and(|before| before.state != now.state) {
                first.reload();
            }
            status.try_set(now);
        });
        let away = Memo::new(move |_| {
            status.with(|status| match status.state.as_str() {
                "offline" => Some(Away::Offline),
                "no_relay" => Some(Away::NoRelay),
                _ => None,
            })
        });
        let connection = Self { status, away };
        provide_context(connection);
        connection
    }

    /// Why there is no relay to ask; the caller runs again when that changes.
    pub(crate) fn away(self) -> Option<Away> {
        self.away.get()
    }
}

/// The exchange of this window.
pub(crate) fn use_connection() -> Connection {
    expect_context()
}
