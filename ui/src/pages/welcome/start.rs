//! The ways to start, and how the window looks.

use leptos::prelude::*;
use zuc_ipc::company::CompanyNew;
use zuc_ipc::list;

use super::{Solo, Step};
use crate::action::Action;
use crate::components::{Choice, FormFailure, Icon, SectionHead, Segments};
use crate::session::use_session;
use crate::theme;
use crate::words::tr;

/// «Empieza con Zuclubit».
#[component]
pub(crate) fn StartPart(step: RwSignal<Step>) -> impl IntoView {
    let session = use_session();
    let sample = Action::new();
    let try_sample = move |_| {
        let new = CompanyNew { sample: true, ..CompanyNew::default() };
        sample.run::<list::CompanyCreate>(new, move |created| session.put(created.boot));
    };
    view! {
        <Solo status=tr!(welcome.nothing_leaves)>
            <div class="solo__main">
                <h1 style="font:var(--text-26);font-weight:600;letter-spacing:-.015em">{tr!(welcome.title)}</h1>
                <p class="t2" style="font:var(--text-14);margin:6px 0 20px;max-width:560px">{tr!(welcome.about)}</p>
                <ol style="max-width:640px;border-top:1px solid var(--line)">
                    <Way icon="build" title=tr!(welcome.create) about=tr!(welcome.create_about) time=tr!(welcome.create_time)>
                        <button class="btn btn--primary btn--lg" on:click=move |_| step.set(Step::Create) data-testid="start-create">{tr!(welcome.create_do)}</button>
                    </Way>
                    <Way icon="qr" title=tr!(welcome.join) about=tr!(welcome.join_about) time=tr!(welcome.join_time)>
                        <button class="btn btn--lg" on:click=move |_| step.set(Step::Join) data-testid="start-join">{tr!(welcome.join_do)}</button>
                    </Way>
                    <Way icon="in" title=tr!(backup.restore) about=tr!(backup.restore_way) time=tr!(backup.restore_time)>
                        <button class="btn btn--lg" on:click=move |_| step.set(Step::Restore) data-testid="start-restore">{tr!(backup.restore_do)}</button>
                    </Way>
                    <Way icon="key" title=tr!(recover.title) about=tr!(recover.way) time=tr!(recover.time)>
                        <button class="btn btn--lg" on:click=move |_| step.set(Step::Recover) data-testid="start-recover">{tr!(recover.start)}</button>
                    </Way>
                    <Way icon="spark" title=tr!(welcome.sample) about=tr!(welcome.sample_about) time=tr!(welcome.sample_time)>
                        <button class="btn btn--lg" on:click=try_sample disabled=move || sample.busy.get() data-testid="start-sample">
                            {move || if sample.busy.get() { tr!(welcome.sample_busy) } else { tr!(welcome.sample_do) }}
                        </button>
                    </Way>
                </ol>
                <FormFailure failure=sample.failure/>
            </div>
            <div class="solo__aside">
                <SectionHead title=tr!(welcome.before)/>
                <ul class="col gap-4" style="margin-top:6px">
                    {[("laptop", tr!(welcome.here), tr!(welcome.here_about)), ("lock", tr!(welcome.sealed), tr!(welcome.sealed_about)),
                      ("key", tr!(welcome.no_password), tr!(welcome.no_password_about)), ("out", tr!(welcome.yours), tr!(welcome.yours_about))]
                        .into_iter().map(|(icon, title, about)| view! {
                            <li class="row row-3 top"><Icon name=icon class="t3"/><span class="col"><span class="m">{title}</span><span class="t2">{about}</span></span></li>
                        }).collect_view()}
                </ul>
                <div style="border-top:1px solid var(--line);margin-top:32px;padding-top:20px" class="col gap-3"><Looks/></div>
            </div>
        </Solo>
    }
}

/// One way to start.
#[component]
fn Way(
    icon: &'static str,
    title: &'static str,
    about: &'static str,
    time: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <li class="row row-4 top" style="padding:22px 0;border-bottom:1px solid var(--line)">
            <span class="tl__d acc" style="position:static;width:36px;height:36px;flex:none"><Icon name=icon/></span>
            <div class="col grow gap-1">
                <span style="font:var(--text-16);font-weight:600">{title}</span>
                <span class="t2">{about}</span>
                <span class="s12 t3">{time}</span>
            </div>
            <span style="padding-top:4px">{children()}</span>
        </li>
    }
}

/// Theme and density of this window.
#[component]
pub(crate) fn Looks() -> impl IntoView {
    let look = RwSignal::new(theme::chosen_theme());
    let density = RwSignal::new(theme::chosen_density());
    view! {
        <div class="row"><span class="t2" style="width:96px">{tr!(looks.theme)}</span>
            <Segments label=tr!(looks.theme) testid="theme" value=look
                choices=vec![Choice::new("system", tr!(looks.system)), Choice::new("light", tr!(looks.light)), Choice::new("dark", tr!(looks.dark))]
                on_choose=Callback::new(move |chosen: String| { theme::choose_theme(&chosen); look.set(chosen); })/></div>
        <div class="row"><span class="t2" style="width:96px">{tr!(looks.density)}</span>
            <Segments label=tr!(looks.density) testid="density" value=density
                choices=vec![Choice::new("compact", tr!(looks.compact)), Choice::new("comfortable", tr!(looks.comfortable))]
                on_choose=Callback::new(move |chosen: String| { theme::choose_density(&chosen); density.set(chosen); })/></div>
    }
}
