//! The printed code on a new machine, when no computer of an administrator is left.

use leptos::prelude::*;
use zuc_ipc::company::CompanyRecover;
use zuc_ipc::list;

use super::{Solo, Step};
use crate::action::Action;
use crate::components::{FormFailure, TextField};
use crate::session::use_session;
use crate::words::tr;

/// What stands on the paper, and who comes in; the code that takes this one's place is shown next.
#[component]
pub(crate) fn RecoverPart(step: RwSignal<Step>) -> impl IntoView {
    let session = use_session();
    let field = || RwSignal::new(String::new());
    let (code, company, relay, person) = (field(), field(), field(), field());
    let action = Action::new();
    let recover = move || {
        let ask = CompanyRecover {
            relay_url: relay.get_untracked(),
            company: company.get_untracked(),
            code: code.get_untracked(),
            person_name: person.get_untracked(),
        };
        action.run::<list::Recover>(ask, move |boot| {
            // the page is gone before its fields are
            code.try_set(String::new());
            session.put(boot);
        });
    };
    view! {
        <Solo status=tr!(welcome.nothing_leaves)>
            <form class="solo__main" on:submit=move |event| { event.prevent_default(); recover(); }>
                <h1 class="h1">{tr!(recover.title)}</h1>
                <p class="t2" style="margin:6px 0 24px;max-width:580px">{tr!(recover.about)}</p>
                <div class="col gap-4" style="max-width:560px">
                    <TextField label=tr!(backup.code) value=code mono=true placeholder="XXXXX-XXXXX-…" error=action.field("code") testid="recover-code"/>
                    <TextField label=tr!(recover.company) value=company mono=true help=tr!(recover.company_help).to_owned() error=action.field("company") testid="recover-company"/>
                    <TextField label=tr!(create.relay) value=relay error=action.field("relay_url") testid="recover-relay"/>
                    <TextField label=tr!(create.person) value=person error=action.field("person_name") testid="recover-person"/>
                    <FormFailure failure=action.elsewhere(&["code", "company", "relay_url", "person_name"])/>
                    <div class="row">
                        <button type="submit" class="btn btn--primary btn--lg" disabled=move || action.busy.get() data-testid="recover-submit">
                            {move || if action.busy.get() { tr!(recover.busy) } else { tr!(recover.go) }}
                        </button>
                        <button type="button" class="btn btn--ghost btn--lg" on:click=move |_| step.set(Step::Start)>{tr!(common.back)}</button>
                    </div>
                </div>
            </form>
            <div class="solo__aside">
                <h2 style="font:var(--text-16);font-weight:600">{tr!(recover.next)}</h2>
                <p class="t2" style="margin-top:4px">{tr!(recover.next_about)}</p>
            </div>
        </Solo>
    }
}
