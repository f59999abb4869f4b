//! Bringing a list in: choose, look at the dry run, import, and take it back.

mod choose;
mod columns;
mod dry_run;
mod progress;
mod result;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::import::{ImportDone, ImportPreview, ImportSource};
use zuc_ipc::list;

use self::choose::Choose;
use self::columns::Columns;
use self::dry_run::DryRun;
use self::progress::Running;
use self::result::Result;
pub(crate) use self::words::reason;
use crate::action::Action;
use crate::components::FailureNotice;
use crate::format;
use crate::route;
use crate::shell::{Crumb, TopBar};
use crate::words::tr;

/// What the list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportKind {
    /// Prospects: with a dry run.
    Leads,
    /// Products of the catalogue.
    Products,
}

/// What the parts of the wizard share.
#[derive(Clone, Copy)]
pub(crate) struct Wizard {
    kind: ImportKind,
    path: RwSignal<String>,
    mapping: RwSignal<BTreeMap<String, String>>,
    preview: RwSignal<Option<Arc<ImportPreview>>>,
    done: RwSignal<Option<ImportDone>>,
    look: Action,
    commit: Action,
}

impl Wizard {
    fn source(self) -> ImportSource {
        ImportSource { path: self.path.get_untracked(), mapping: self.mapping.get_untracked() }
    }

    /// Looks at the file with the columns as they are now; products come in at once.
    fn start(self) {
        match self.kind {
            ImportKind::Leads => self
                .look
                .run::<list::ImportLook>(self.source(), move |preview| self.preview.set(Some(Arc::new(preview)))),
            ImportKind::Products => {
                self.commit.run::<list::ProductsImport>(self.source(), move |done| self.done.set(Some(done)));
            }
        }
    }

    /// Imports what the dry run said.
    fn import(self) {
        self.commit.run::<list::ImportCommit>(self.source(), move |done| self.done.set(Some(done)));
    }

    /// Back to choosing a file.
    fn restart(self) {
        self.path.set(String::new());
        self.mapping.set(BTreeMap::new());
        self.preview.set(None);
        self.done.set(None);
        self.look.failure.set(None);
        self.commit.failure.set(None);
    }
}

/// The wizard, one page for its steps.
#[component]
pub(crate) fn ImportPage(kind: ImportKind) -> impl IntoView {
    let wizard = Wizard {
        kind,
        path: RwSignal::new(String::new()),
        mapping: RwSignal::new(BTreeMap::new()),
        preview: RwSignal::new(None),
        done: RwSignal::new(None),
        look: Action::new(),
        commit: Action::new(),
    };
    let file = Signal::derive(move || match wizard.preview.get() {
        Some(preview) => preview.file.clone(),
        None => wizard.path.get().rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
    });
    let (title, crumb) = match kind {
        ImportKind::Leads => (tr!(shell.import_leads), Crumb { to: route::LEADS, name: tr!(shell.leads).to_owned() }),
        ImportKind::Products => {
            (tr!(shell.import_products), Crumb { to: route::PROPOSALS, name: tr!(shell.proposals).to_owned() })
        }
    };
    let step = Memo::new(move |_| {
        if wizard.done.with(Option::is_some) {
            "done"
        } else if wizard.preview.with(Option::is_some) {
            "preview"
        } else if wizard.look.failure.with(Option::is_some) || wizard.commit.failure.with(Option::is_some) {
            "failed"
        } else {
            "choose"
        }
    });
    view! {
        <TopBar crumb title=title.to_owned() about=file>
            {move || (step.get() == "preview").then(|| view! { <Commit wizard/> })}
        </TopBar>
        {move || match step.get() {
            "done" => view! { <Result wizard/> }.into_any(),
            "preview" => view! { <div class="body stack"><Columns wizard/><section class="pane" style="overflow:hidden"><DryRun wizard/><Running wizard/></section></div> }.into_any(),
            "failed" => wizard.look.failure.get().or_else(|| wizard.commit.failure.get()).map(|failure| view! {
                <div class="body"><FailureNotice failure on_retry=Callback::new(move |()| wizard.restart())/></div>
            }).into_any(),
            _ => view! { <Choose wizard/> }.into_any(),
        }}
    }
}

/// The one filled button: it says how many.
#[component]
fn Commit(wizard: Wizard) -> impl IntoView {
    let totals = move || wizard.preview.get().map(|preview| preview.totals).unwrap_or_default();
    // rows that are held come in as questions, and that is something to import too
    let does_something = move || totals().created + totals().merged + totals().probable_duplicate > 0;
    view! {
        <button class="btn btn--ghost" on:click=move |_| wizard.restart() disabled=move || wizard.commit.busy.get() data-testid="import-other">{tr!(import.other_file)}</button>
        <button class="btn btn--primary" data-testid="import-commit" on:click=move |_| wizard.import()
            disabled=move || wizard.commit.busy.get() || wizard.look.busy.get() || !does_something()>
            {move || {
                let count = format::count(totals().created);
                if wizard.commit.busy.get() { tr!(import.importing, count = count) } else { tr!(import.commit, count = count) }
            }}
        </button>
    }
}
