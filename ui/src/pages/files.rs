//! The files of a record: what hangs on it, how far each has come, and hanging another.

use std::sync::Arc;

use leptos::prelude::*;
use serde::Deserialize;
use zuc_ipc::attachment::{FileNew, FileRow};
use zuc_ipc::list;
use zuc_ipc::shared::{ById, Query as TextQuery};

use crate::action::Action;
use crate::backend::{Topics, listen, use_query};
use crate::components::{EmptyLine, FormFailure, Icon, SectionHead};
use crate::format;
use crate::loaded::loaded;
use crate::words::tr;

/// What the shell says when files are let go over the window.
#[derive(Deserialize)]
struct Dropped {
    paths: Vec<String>,
}

/// Files that were let go over the window and nobody has taken yet.
#[derive(Clone, Copy)]
struct Drops(RwSignal<Vec<String>>);

/// Hears of files that are let go over the window; whichever record is shown takes them.
pub(crate) fn hear_drops() {
    let drops = Drops(RwSignal::new(Vec::new()));
    provide_context(drops);
    listen::<Dropped>("tauri://drag-drop", move |dropped| drops.0.set(dropped.paths));
}

/// The section «Archivos» of a prospect, a customer or a proposal.
#[component]
pub(crate) fn Files(subject: String) -> impl IntoView {
    let subject = StoredValue::new(subject);
    let files = use_query::<list::FileList>(Topics::LEADS.and(Topics::CUSTOMERS), move || {
        Some(ById { id: subject.get_value() })
    });
    let (pick, add) = (Action::new(), Action::new());
    let hang = move |path: String| {
        add.beside::<list::FileAdd>(FileNew { subject_id: subject.get_value(), path }, |_| {});
    };
    let choose = move |_| {
        pick.run::<list::PickFile>(TextQuery { text: "file".to_owned(), limit: 1 }, move |chosen| {
            if let Some(path) = chosen {
                hang(path);
            }
        });
    };
    let Drops(dropped) = expect_context();
    // what was let go before the record was shown was meant for none
    dropped.update_untracked(Vec::clear);
    Effect::new(move |_| {
        let paths = dropped.get();
        if !paths.is_empty() {
            dropped.update_untracked(Vec::clear);
            paths.into_iter().for_each(hang);
        }
    });
    let button = view! {
        <button class="btn btn--ghost btn--sm" on:click=choose disabled=move || pick.busy.get() data-testid="file-add">
            <Icon name="plus"/>{tr!(files.add)}
        </button>
    }
    .into_any();
    view! {
        <section class="sec sec--flush" data-testid="files">
            <SectionHead title=tr!(files.title) end=button/>
            <FormFailure failure=pick.failure/>
            {loaded(files, |rows: Arc<Vec<FileRow>>| {
                if rows.is_empty() {
                    view! { <EmptyLine text=tr!(files.none)/> }.into_any()
                } else {
                    view! { <ul class="col gap-3" style="padding:0 20px 16px;list-style:none;margin:0">{rows.iter().cloned().map(|row| view! { <Line row/> }).collect_view()}</ul> }.into_any()
                }
            })}
        </section>
    }
}

/// One file.
#[component]
fn Line(row: FileRow) -> impl IntoView {
    let (action, stop) = (Action::new(), Action::new());
    let id = StoredValue::new(row.id);
    let is_here = !matches!(row.state.as_str(), "coming" | "fetching" | "gone");
    let (date, time) = format::local(&row.at);
    let when = if date == format::today() { tr!(common.today_at, time = time) } else { format::day(&date) };
    let about = [format::bytes(row.size), row.by, when].into_iter().filter(|part| !part.is_empty());
    let about = about.collect::<Vec<_>>().join(" · ");
    let state = match row.state.as_str() {
        "safe" => String::new(),
        "elsewhere" => tr!(files.elsewhere).to_owned(),
        "missing" => tr!(files.missing).to_owned(),
        "alone" => tr!(files.alone).to_owned(),
        "gone" => tr!(files.gone).to_owned(),
        "unsent" if row.percent == 0 => tr!(files.unsent).to_owned(),
        "unsent" => tr!(files.going, percent = row.percent),
        _ if row.percent == 0 => tr!(files.awaited).to_owned(),
        _ => tr!(files.coming, percent = row.percent),
    };
    let is_fetched = row.state == "fetching";
    let end = move |_| stop.quick::<list::FileStop>(ById { id: id.get_value() }, |_| {});
    let save = move |_| action.quick::<list::FileSave>(ById { id: id.get_value() }, |_| {});
    let remove = move |_| action.quick::<list::FileRemove>(ById { id: id.get_value() }, |_| {});
    view! {
        <li class="row row-3 top" data-testid="file-row">
            <Icon name="doc" class="i-14"/>
            <div class="col grow" style="min-width:0">
                <span class="m cut" title=row.name.clone() data-testid="file-name">{row.name.clone()}</span>
                <span class="s12 t3 cut tn">{about}</span>
                {(!state.is_empty()).then(|| view! { <span class="s12 t2 tn" role="status" data-testid="file-state">{state}</span> })}
            </div>
            {is_fetched.then(|| view! {
                <button class="btn btn--ghost btn--sm" on:click=end disabled=move || stop.busy.get() data-testid="file-stop">{tr!(common.cancel)}</button>
            })}
            <button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(files.save, name = row.name) title=tr!(files.save_short) on:click=save disabled=move || !is_here || action.busy.get() data-testid="file-save"><Icon name="in"/></button>
            {row.may_remove.then(|| view! {
                <button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(files.remove) title=tr!(files.remove) on:click=remove disabled=move || action.busy.get() data-testid="file-remove"><Icon name="x"/></button>
            })}
        </li>
    }
}
