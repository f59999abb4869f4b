//! Equipo y permisos: who is in the company, what each may see and do, and other roles for one.

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::people::{Access, PeopleView, PersonRow, RightsSet};
use zuc_ipc::shared::Empty as Nothing;

use super::receipt::ReceiptPart;
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Avatar, Badge, CheckRow, FormFailure, Icon, SectionHead, Tone};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::shell::OfflineNotice;
use crate::words::tr;

/// The list, what the roles allow, and beside them what one person sees.
#[component]
pub(crate) fn PeoplePart() -> impl IntoView {
    let people = use_query::<list::PeopleGet>(Topics::ALL, || Some(Nothing {}));
    let chosen = RwSignal::new(None::<String>);
    let one = Memo::new(move |_| {
        let (view, id) = (people.value.get()?, chosen.get()?);
        view.rows.iter().find(|row| row.id == id).cloned()
    });
    view! {
        <div class="pane">
            {loaded(people, move |view| view! { {table(&view, chosen)}{deeds(&view)} })}
            <ReceiptPart/>
        </div>
        {move || one.get().zip(people.value.get()).map(|(row, view)| view! { <Sees row view=(*view).clone() chosen/> })}
    }
}

fn table(view: &PeopleView, chosen: RwSignal<Option<String>>) -> impl IntoView + use<> {
    let lines = view.rows.iter().map(|row| {
        let seen = if row.this { tr!(devices.now).to_owned() } else if row.last_seen.is_empty() { tr!(people.never).to_owned() } else { format::instant(&row.last_seen) };
        let state = match row {
            row if row.this => (Tone::Accent, tr!(people.you)),
            row if row.out => (Tone::Neutral, tr!(people.out)),
            _ => (Tone::Ok, tr!(people.active)),
        };
        let (mine, id) = (row.id.clone(), row.id.clone());
        let is_on = move || chosen.with(|chosen| chosen.as_ref() == Some(&mine));
        view! {
            <tr class=move || if is_on() { "is-sel" } else { "" } on:click=move |_| chosen.set(Some(id.clone())) data-testid="person-row">
                <td style="height:50px"><span class="row row-3"><Avatar name=row.name.clone()/>
                    <button type="button" class="col" style="line-height:18px;text-align:left"><span class="m cut" data-testid="person-name">{row.name.clone()}</span><span class="s12 t3 tn">{seen}</span></button></span></td>
                <td><span class="cut">{labels::roles(&row.roles)}</span></td>
                <td class="num tn">{row.devices}</td><td><Badge tone=state.0 text=state.1/></td>
            </tr>
        }
    }).collect_view();
    view! {
        <table class="tbl" data-testid="people-table"><colgroup><col/><col style="width:30%"/><col style="width:72px"/><col style="width:108px"/></colgroup>
            <thead><tr><th>{tr!(people.person)}</th><th>{tr!(settings.roles)}</th><th class="num">{tr!(people.devices)}</th><th>{tr!(leads.state)}</th></tr></thead>
            <tbody>{lines}</tbody></table>
    }
}

fn deeds(view: &PeopleView) -> impl IntoView + use<> {
    let heads = view.roles.iter().map(|role| view! { <th class="num">{labels::role(role)}</th> }).collect_view();
    let lines = view.deeds.iter().map(|deed| {
        let marks = deed.may.map(|may| view! { <td class="num">{if may { view! { <Icon name="check" class="success"/><span class="sr">{tr!(people.may)}</span> }.into_any() } else { view! { <span class="t3">"—"</span> }.into_any() }}</td> });
        view! { <tr><td>{deed_word(&deed.deed)}</td>{marks.into_iter().collect_view()}</tr> }
    }).collect_view();
    view! {
        <section class="sec sec--flush" style="margin-top:16px"><SectionHead title=tr!(people.allows)/>
            <table class="tbl" data-testid="deeds-table"><colgroup><col/><col style="width:88px"/><col style="width:88px"/><col style="width:88px"/><col style="width:116px"/></colgroup>
                <thead><tr><th aria-label=tr!(people.deed)></th>{heads}</tr></thead><tbody>{lines}</tbody></table>
        </section>
    }
}

/// What the roles open; others may be tried, and given.
#[component]
fn Sees(row: PersonRow, view: PeopleView, chosen: RwSignal<Option<String>>) -> impl IntoView {
    let tried = RwSignal::new(row.roles.clone());
    let ticks: Vec<_> = view.roles.iter().map(|role| (role.clone(), RwSignal::new(row.roles.contains(role)))).collect();
    let ticked = StoredValue::new(ticks.clone());
    Effect::new(move |_| {
        tried.set(
            ticked.with_value(|ticks| ticks.iter().filter(|(_, on)| on.get()).map(|(role, _)| role.clone()).collect()),
        );
    });
    // the team after the last is one that would begin
    let boxes = (1..=view.teams + 1).map(|team| (team, RwSignal::new(row.teams.contains(&team))));
    let teams = StoredValue::new(boxes.collect::<Vec<_>>());
    let same = {
        let (own, own_teams) = (row.roles.clone(), row.teams.clone());
        let same_teams =
            move || teams.with_value(|teams| teams.iter().all(|(team, on)| on.get() == own_teams.contains(team)));
        Memo::new(move |_| {
            same_teams() && tried.with(|tried| tried.len() == own.len() && own.iter().all(|role| tried.contains(role)))
        })
    };
    let sells = move || tried.with(|tried| tried.iter().any(|role| role == "ventas"));
    let known = view.teams;
    let action = Action::new();
    let id = StoredValue::new(row.id.clone());
    let give = move || {
        let teams = teams
            .with_value(|teams| teams.iter().filter(|(_, on)| on.get_untracked()).map(|(team, _)| *team).collect());
        action.run::<list::RightsChange>(
            RightsSet { person: id.get_value(), roles: tried.get_untracked(), teams },
            |_| (),
        );
    };
    let shut = view.manages && !row.out;
    let scopes = StoredValue::new(view.clone());
    let keys = move || {
        scopes.with_value(|view| {
            view.access.iter().filter(|scope| of(view, &tried.get(), &scope.scope) > Access::None).count()
        })
    };
    view! {
        <aside class="pane pane--right is-detail" style="width:384px" aria-label=tr!(people.sees, name = row.name.clone()) data-testid="person-panel">
            <section class="sec">
                <div class="sec__h"><h2>{tr!(people.sees, name = row.name.clone())}</h2><span class="end"><button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(common.close) on:click=move |_| chosen.set(None)><Icon name="x"/></button></span></div>
                <form class="col gap-2" on:submit=move |event| { event.prevent_default(); give(); }>
                    <span class="lbl">{tr!(settings.roles)}</span>
                    {ticks.into_iter().map(|(role, on)| view! { <CheckRow on label=labels::role(&role) testid=tick(&role)/> }).collect_view()}
                    {move || sells().then(|| view! {
                        <span class="lbl">{tr!(people.teams)}</span>
                        {teams.with_value(|teams| teams.iter().map(|(team, on)| {
                            let label = if *team > known { tr!(people.team_new, number = team) } else { tr!(people.team, number = team) };
                            view! { <CheckRow on=*on label testid="right-team"/> }
                        }).collect_view())}
                    })}
                    <p class="s12 t2">{move || if same.get() { tr!(people.theirs) } else { tr!(people.trying) }}</p>
                    <FormFailure failure=action.failure/>
                    {shut.then(|| view! {
                        <OfflineNotice text=tr!(people.offline)/>
                        <div class="row"><button type="submit" class="btn btn--primary" disabled=move || action.busy.get() || same.get() data-testid="rights-give">
                            {move || if action.busy.get() { tr!(people.giving) } else { tr!(people.give) }}</button></div>
                    })}
                </form>
            </section>
            <section class="sec sec--flush">
                <div class="sec__h"><h2>{tr!(people.opens)}</h2><span class="t3">{move || tr!(people.keys, count = keys())}</span></div>
                <ul data-testid="person-scopes">
                    {view.access.iter().map(|scope| {
                        let name = scope.scope.clone();
                        let (title, about) = scope_words(&name);
                        let badge = move || match scopes.with_value(|view| of(view, &tried.get(), &name)) {
                            Access::Write => view! { <Badge tone=Tone::Ok text=tr!(people.write)/> }.into_any(),
                            Access::Read => view! { <Badge tone=Tone::Info text=tr!(people.read) icon="eye"/> }.into_any(),
                            Access::None => view! { <Badge tone=Tone::Neutral text=tr!(people.none) icon="lock"/> }.into_any(),
                        };
                        view! { <li class="row row-3" style="padding:8px 20px;border-top:1px solid var(--line-subtle)"><span class="col grow" style="line-height:18px"><span class="m">{title}</span><span class="s12 t2">{about}</span></span>{badge}</li> }
                    }).collect_view()}
                </ul>
                <p class="s12 t2" style="padding:12px 20px 16px">{tr!(people.none_about)}</p>
            </section>
        </aside>
    }
}

/// The most that one of the roles opens.
fn of(view: &PeopleView, roles: &[String], scope: &str) -> Access {
    let row = view.access.iter().find(|row| row.scope == scope);
    let own = view.roles.iter().enumerate().filter(|(_, role)| roles.contains(role)).map(|(index, _)| index);
    row.map_or(Access::None, |row| own.filter_map(|index| row.access.get(index)).copied().max().unwrap_or_default())
}

fn tick(role: &str) -> &'static str {
    match role {
        "ventas" => "right-ventas",
        "gerencia" => "right-gerencia",
        "finanzas" => "right-finanzas",
        _ => "right-administracion",
    }
}

fn scope_words(scope: &str) -> (&'static str, &'static str) {
    match scope {
        "sales" => (tr!(people.sales), tr!(people.sales_about)),
        "catalog" => (tr!(people.catalog), tr!(people.catalog_about)),
        "finance" => (tr!(people.finance), tr!(people.finance_about)),
        "fiscal" => (tr!(people.fiscal), tr!(people.fiscal_about)),
        "analytics" => (tr!(people.analytics), tr!(people.analytics_about)),
        _ => (tr!(people.admin), tr!(people.admin_about)),
    }
}

fn deed_word(deed: &str) -> &'static str {
    match deed {
        "import" => tr!(people.deed_import),
        "assign" => tr!(people.deed_assign),
        "propose" => tr!(people.deed_propose),
        "catalog" => tr!(people.deed_catalog),
        "issue" => tr!(people.deed_issue),
        "csd" => tr!(people.deed_csd),
        "reports" => tr!(people.deed_reports),
        _ => tr!(people.deed_devices),
    }
}
