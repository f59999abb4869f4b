//! Rows held because they probably repeat a record: a person decides.

use leptos::prelude::*;
use zuc_ipc::import::{HeldDecision, HeldRow};
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use super::import::reason;
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Empty, Icon};
use crate::format;
use crate::loaded::loaded;
use crate::route;
use crate::shell::{Crumb, TopBar};
use crate::words::tr;

/// The queue.
#[component]
pub(crate) fn HeldPage() -> impl IntoView {
    let held = use_query::<list::HeldList>(Topics::LEADS, || Some(Nothing {}));
    let decide = Action::new();
    let about = Signal::derive(move || held.value.get().map(|rows| format::count(rows.len())).unwrap_or_default());
    view! {
        <TopBar crumb=Crumb { to: route::LEADS, name: tr!(shell.leads).to_owned() } title=tr!(shell.held).to_owned() about/>
        <div class="body"><div class="pane">
            {loaded(held, move |rows| if rows.is_empty() {
                view! { <Empty title=tr!(held.none) why=tr!(held.none_why)/> }.into_any()
            } else {
                view! {
                    <table class="tbl tbl--two tbl--lines" data-testid="held-table">
                        <colgroup><col/><col/><col class="narrow-hide" style="width:108px"/><col style="width:20%"/><col style="width:312px"/></colgroup>
                        <thead><tr><th>{tr!(held.incoming)}</th><th>{tr!(held.existing)}</th><th class="num narrow-hide">{tr!(held.likeness)}</th><th>{tr!(import.why)}</th><th></th></tr></thead>
                        <tbody>{rows.iter().cloned().map(|row| line(row, decide)).collect_view()}</tbody>
                    </table>
                }.into_any()
            })}
        </div></div>
    }
}

fn line(row: HeldRow, decide: Action) -> impl IntoView {
    let id = StoredValue::new(row.id.clone());
    let say = move |decision: &'static str| {
        move |_| {
            decide
                .quick::<list::HeldDecide>(HeldDecision { id: id.get_value(), decision: decision.to_owned() }, |_| ());
        }
    };
    let name =
        if row.incoming.company.is_empty() { row.incoming.full_name.clone() } else { row.incoming.company.clone() };
    let reach = [row.incoming.full_name.clone(), row.incoming.email.clone(), format::phone(&row.incoming.phone)]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let why = row.incoming.reasons.iter().map(|code| reason(code)).collect::<Vec<_>>().join("; ");
    view! {
        <tr data-testid="held-row" data-id=row.id>
            <td class="m">{name}<small>{reach}</small></td>
            <td><a class="m" href=route::lead(&row.existing_id)>{row.existing}</a></td>
            <td class="num narrow-hide">{format!("{} %", row.likeness)}</td>
            <td class="t2">{why}</td>
            <td class="num"><span class="row row-1" style="justify-content:flex-end">
                <button class="btn btn--sm" on:click=say("merge") disabled=move || decide.busy.get() data-testid="held-merge"><Icon name="merge"/>{tr!(held.merge)}</button>
                <button class="btn btn--sm" on:click=say("create") disabled=move || decide.busy.get() data-testid="held-create">{tr!(held.create)}</button>
                <button class="btn btn--sm btn--ghost" on:click=say("discard") disabled=move || decide.busy.get() data-testid="held-discard">{tr!(leads.discard)}</button>
            </span></td>
        </tr>
    }
}
