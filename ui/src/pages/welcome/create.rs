//! A new company.

use leptos::prelude::*;
use zuc_ipc::company::CompanyNew;
use zuc_ipc::list;
use zuc_ipc::shared::Query as TextQuery;

use super::Step;
use super::form::{Says, StartForm};
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Choice, SelectField, TextField};
use crate::session::use_session;
use crate::words::tr;

/// The form; the recovery code comes after it.
#[component]
pub(crate) fn CreatePart(step: RwSignal<Step>) -> impl IntoView {
    let session = use_session();
    let field = || RwSignal::new(String::new());
    let (rfc, name, regimen, cp, person, relay) = (field(), field(), field(), field(), field(), field());
    let regimenes = use_query::<list::Regimenes>(Topics::NONE, move || {
        Some(TextQuery { text: rfc.get().trim().to_uppercase(), limit: 50 })
    });
    let choices = Signal::derive(move || {
        regimenes
            .value
            .get()
            .map(|rows| {
                rows.iter().map(|row| Choice::new(row.key.clone(), format!("{} {}", row.key, row.text))).collect()
            })
            .unwrap_or_default()
    });
    let action = Action::new();
    let create = move || {
        let new = CompanyNew {
            rfc: rfc.get_untracked(),
            name: name.get_untracked(),
            regimen_fiscal: regimen.get_untracked(),
            cp: cp.get_untracked(),
            person_name: person.get_untracked(),
            relay_url: relay.get_untracked(),
            sample: false,
        };
        action.run::<list::CompanyCreate>(new, move |created| session.put(created.boot));
    };
    let says = Says {
        title: tr!(create.title),
        about: tr!(create.about),
        go: tr!(welcome.create_do),
        busy: tr!(create.busy),
        next: tr!(create.next),
        next_about: tr!(create.next_about),
    };
    view! {
        <StartForm says step action fields=&["person_name", "rfc", "cp", "name", "regimen_fiscal", "relay_url"] testid="create-submit" submit=create>
            <TextField label=tr!(create.person) value=person error=action.field("person_name") testid="create-person"/>
            <div class="grid-2 gap-4">
                <TextField label=tr!(fiscal.rfc) value=rfc mono=true error=action.field("rfc") testid="create-rfc"/>
                <TextField label=tr!(create.cp) value=cp error=action.field("cp") testid="create-cp"/>
            </div>
            <TextField label=tr!(create.name) value=name help=tr!(create.name_help).to_owned() error=action.field("name") testid="create-name"/>
            <SelectField label=tr!(fiscal.regimen) value=regimen choices unchosen=tr!(common.choose) error=action.field("regimen_fiscal") testid="create-regimen"/>
            <TextField label=tr!(create.relay) value=relay help=tr!(create.relay_help).to_owned() error=action.field("relay_url") testid="create-relay"/>
        </StartForm>
    }
}
