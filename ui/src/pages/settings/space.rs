//! How much room files take on this computer, and which of them it keeps.

use std::collections::BTreeSet;

use leptos::prelude::*;
use zuc_ipc::attachment::{FileSpace, FileSpaceSet};
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use crate::action::Action;
use crate::backend::{Query, Topics, use_query};
use crate::components::{Choice, FormFailure, SectionHead, Segments};
use crate::format;
use crate::loaded::loaded;
use crate::words::tr;

/// Rooms that are offered, in MiB.
const ROOMS: [u32; 4] = [256, 1_024, 4_096, 16_384];

/// The section under the backups: what is here, what is not, and which are kept.
#[component]
pub(crate) fn SpaceSection() -> impl IntoView {
    let view = use_query::<list::FileSpaceGet>(Topics::SETTINGS.and(Topics::LEADS), || Some(Nothing {}));
    view! {
        <section class="sec sheet col gap-3" data-testid="file-space">
            <SectionHead title=tr!(files.space)/>
            {loaded(view, move |now| whole(&now, view))}
        </section>
    }
}

fn whole(now: &FileSpace, view: Query<FileSpace>) -> impl IntoView + use<> {
    let action = Action::new();
    let figures =
        |files: u64, bytes: u64| tr!(files.space_figures, count = format::count(files), size = format::bytes(bytes));
    // what was set from a terminal is offered as well
    let rooms: BTreeSet<u32> = ROOMS.into_iter().chain((!now.all).then_some(now.limit_mib)).collect();
    let named = |mib: u32| {
        let size = if mib.is_multiple_of(1_024) { format!("{} GB", mib / 1_024) } else { format!("{mib} MB") };
        Choice::new(mib.to_string(), tr!(files.keep_opened, size = size))
    };
    let all = Choice::new("all".to_owned(), tr!(files.keep_all).to_owned());
    let choices: Vec<Choice> = std::iter::once(all).chain(rooms.into_iter().map(named)).collect();
    let value = if now.all { "all".to_owned() } else { now.limit_mib.to_string() };
    let choose = Callback::new(move |chosen: String| {
        let new = FileSpaceSet { all: chosen == "all", limit_mib: chosen.parse().unwrap_or_default() };
        action.run::<list::FileSpacePut>(new, move |_| view.reload());
    });
    view! {
        <p class="t2">{tr!(files.space_about)}</p>
        <dl class="dl dl--left" style="grid-template-columns:160px 1fr">
            <dt>{tr!(files.space_here)}</dt><dd class="tn" data-testid="space-here">{figures(now.here, now.here_bytes)}</dd>
            <dt>{tr!(files.space_elsewhere)}</dt><dd class="tn" data-testid="space-elsewhere">{figures(now.elsewhere, now.elsewhere_bytes)}</dd>
        </dl>
        <div class="field"><span class="s12 t2">{tr!(files.keep)}</span>
            <div class="row"><Segments label=tr!(files.keep) choices value on_choose=choose testid="space-keep"/></div></div>
        <FormFailure failure=action.failure/>
    }
}
