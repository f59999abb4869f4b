//! Where the program stands and who sits here.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::company::Boot;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;

use crate::backend::{Query, Topics, use_query};

/// What the window asked first; kept up to date for the counts of the sidebar.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    /// The answer.
    pub(crate) boot: Query<Boot>,
}

impl Session {
    /// Asks where the program stands and puts the answer in the context.
    pub(crate) fn provide() -> Self {
        let session = Self { boot: use_query::<list::BootGet>(Topics::ALL, || Some(Empty {})) };
        provide_context(session);
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

    /// Name of the company, empty before there is one.
    pub(crate) fn company(self) -> String {
        self.get().and_then(|boot| boot.company.as_ref().map(|company| company.name.clone())).unwrap_or_default()
    }

    /// The person's id, empty before there is one.
    pub(crate) fn person_id(self) -> String {
        self.get().and_then(|boot| boot.person.as_ref().map(|person| person.id.clone())).unwrap_or_default()
    }
}

/// The session of this window.
pub(crate) fn use_session() -> Session {
    expect_context()
}
