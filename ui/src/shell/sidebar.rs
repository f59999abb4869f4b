//! Rooms, search and the person.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::{Avatar, Badge, Icon, Kbd, Mark, Tone};
use crate::format;
use crate::labels;
use crate::route;
use crate::session::use_session;
use crate::words::tr;

/// The sidebar; under 1000 px it shrinks to icons.
#[component]
pub(crate) fn Sidebar(palette: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let count = move |read: fn(&zuc_ipc::home::SidebarCounts) -> u64| {
        Signal::derive(move || session.get().map(|boot| read(&boot.counts)).filter(|count| *count > 0))
    };
    let sample = move || session.get().is_some_and(|boot| boot.company.as_ref().is_some_and(|company| company.sample));
    view! {
        <nav class="side" aria-label=tr!(shell.main)>
            <div class="side__org"><Mark/><span class="cut grow" data-testid="company-name">{move || session.company()}</span></div>
            {move || sample().then(|| view! { <div class="sample"><Badge tone=Tone::Info text=tr!(shell.sample) icon="spark" testid="sample-badge"/></div> })}
            <button class="side__search" on:click=move |_| palette.set(true) data-testid="open-palette" aria-label=tr!(shell.search)>
                <Icon name="search" class="i-14"/>
                <span>{tr!(shell.search)}</span>
                <span class="end row row-1"><Kbd key="Ctrl"/><Kbd key="K"/></span>
            </button>
            <Room to=route::HOME icon="home" name=tr!(shell.home) testid="nav-home"/>
            <Room to=route::LEADS icon="lead" name=tr!(shell.leads) count=count(|counts| counts.leads) testid="nav-leads"/>
            <Room to=route::CUSTOMERS icon="build" name=tr!(shell.customers) count=count(|counts| counts.customers) testid="nav-customers"/>
            <Room to=route::PROPOSALS icon="doc" name=tr!(shell.proposals) count=count(|counts| counts.proposals) testid="nav-proposals"/>
            <Room to=route::INVOICES icon="receipt" name=tr!(shell.invoices) count=count(|counts| counts.invoices) testid="nav-invoices"/>
            <div style="flex:1"></div>
            {move || count(|counts| counts.held).get().map(|_| view! {
                <Room to=route::HELD icon="merge" name=tr!(shell.held) count=count(|counts| counts.held) testid="nav-held"/>
            })}
            {move || count(|counts| counts.conflicts).get().map(|_| view! {
                <Room to=route::CONFLICTS icon="merge" name=tr!(shell.conflicts) count=count(|counts| counts.conflicts) testid="nav-conflicts"/>
            })}
            <Room to=route::SETTINGS icon="gear" name=tr!(shell.settings) testid="nav-settings"/>
            {move || session.get().and_then(|boot| boot.person.clone()).map(|person| {
                let roles = labels::roles(&person.roles);
                view! {
                    <div class="side__user" style="margin-top:8px">
                        <Avatar name=person.name.clone() large=true/>
                        <span class="col grow">
                            <span class="m cut" style="line-height:16px" data-testid="person-name">{person.name}</span>
                            <span class="s12 t3 cut" data-testid="person-roles">{roles}</span>
                        </span>
                    </div>
                }
            })}
        </nav>
    }
}

/// One room with its count.
#[component]
fn Room(
    to: &'static str,
    icon: &'static str,
    name: &'static str,
    #[prop(optional, into)] count: Signal<Option<u64>>,
    testid: &'static str,
) -> impl IntoView {
    let path = use_location().pathname;
    let is_on = move || {
        let path = path.get();
        // the duplicates have a room of their own below that of the prospects
        let elsewhere = to == route::LEADS && path == route::HELD;
        if to == route::HOME { path == to } else { !elsewhere && (path == to || path.starts_with(&format!("{to}/"))) }
    };
    let is_on = Memo::new(move |_| is_on());
    view! {
        <a class=move || if is_on.get() { "nav is-on" } else { "nav" } href=to title=name
            aria-current=move || is_on.get().then_some("page") data-testid=testid>
            <Icon name=icon/>
            <span class="cut">{name}</span>
            {move || count.get().map(|count| view! { <span class="nav__n">{format::count(count)}</span> })}
        </a>
    }
}
