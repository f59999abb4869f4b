//! Where the program stands and who sits here.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::company::{Boot, Stage};
use zuc_ipc::shared::Empty;
use zuc_ipc::{Changes, list};

use crate::backend::{self, Bus, Query, Topics, listen, use_query};

/// What the window asked first; kept up to date for the counts of the sidebar.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    /// The answer.
    pub(crate) boot: Query<Boot>,
    bus: Bus,
}

impl Session {
    /// Asks where the program stands and puts the answer in the context.
    pub(crate) fn provide() -> Self {
        let session = Self { boot: use_query::<list::BootGet>(Topics::ALL, || Some(Empty {})), bus: expect_context() };
        provide_context(session);
        listen::<()>("locked", move |()| session.boot.reload());
        watch_hands(session);
        session
    }

    /// The answer, once it is there.
    pub(crate) fn get(self) -> Option<Arc<Boot>> {
        self.boot.value.get()
    }

    /// Takes the answer another command gave.
    pub(crate) fn put(self, boot: Boot) {
        self.boot.value.set(Some(Arc::new(boot)));
        self.boot.reload();
    }

    /// Takes what the shell said after the lock was opened; every query asks again.
    pub(crate) fn come_in(self, boot: Boot) {
        self.put(boot);
        self.bus.publish(&Changes::all());
    }

    /// Name of the company, empty before there is one.
    pub(crate) fn company(self) -> String {
        self.get().and_then(|boot| boot.company.as_ref().map(|company| company.name.clone())).unwrap_or_default()
    }

    /// The person's id, empty before there is one.
    pub(crate) fn person_id(self) -> String {
        self.get().and_then(|boot| boot.person.as_ref().map(|person| person.id.clone())).unwrap_or_default()
    }
}

/// Tells the shell that somebody sits here, at most every so often: it locks when nobody does.
fn watch_hands(session: Session) {
    const OFTEN_MS: f64 = 20_000.0;
    let told = StoredValue::new(f64::NEG_INFINITY);
    let touched = move |now: f64| {
        let ready =
            session.boot.value.with_untracked(|boot| boot.as_ref().is_some_and(|boot| boot.stage == Stage::Ready));
        if ready && now - told.get_value() > OFTEN_MS {
            told.set_value(now);
            leptos::task::spawn_local(async move {
                // one that was missed is made good by the next
                let _ = backend::call::<list::Touch>(&Empty {}).await;
            });
        }
    };
    window_event_listener(leptos::ev::keydown, move |event| touched(event.time_stamp()));
    window_event_listener(leptos::ev::pointerdown, move |event| touched(event.time_stamp()));
    window_event_listener(leptos::ev::pointermove, move |event| touched(event.time_stamp()));
    window_event_listener(leptos::ev::wheel, move |event| touched(event.time_stamp()));
}

/// The session of this window.
pub(crate) fn use_session() -> Session {
    expect_context()
}
