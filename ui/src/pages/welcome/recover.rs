//! The printed code on a new machine, when no computer of an administrator is left.

use leptos::prelude::*;
use zuc_ipc::company::CompanyRecover;
use zuc_ipc::list;

use super::Step;
use super::form::{Says, StartForm};
use crate::action::Action;
use crate::components::TextField;
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
    let says = Says {
        title: tr!(recover.title),
        about: tr!(recover.about),
        go: tr!(recover.go),
        busy: tr!(recover.busy),
        next: tr!(recover.next),
        next_about: tr!(recover.next_about),
    };
    view! {
        <StartForm says step action fields=&["code", "company", "relay_url", "person_name"] testid="recover-submit" submit=recover>
            <TextField label=tr!(backup.code) value=code mono=true placeholder="XXXXX-XXXXX-…" error=action.field("code") testid="recover-code"/>
            <TextField label=tr!(recover.company) value=company mono=true help=tr!(recover.company_help).to_owned() error=action.field("company") testid="recover-company"/>
            <TextField label=tr!(create.relay) value=relay error=action.field("relay_url") testid="recover-relay"/>
            <TextField label=tr!(create.person) value=person error=action.field("person_name") testid="recover-person"/>
        </StartForm>
    }
}
