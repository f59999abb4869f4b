//! The certificate the company seals with; its key never leaves this device.

use leptos::prelude::*;
use zuc_ipc::invoice::{CsdAdd, CsdRow};
use zuc_ipc::list;
use zuc_ipc::shared::{Empty as Nothing, Query as TextQuery};

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Badge, EmptyLine, FormFailure, Icon, SectionHead, TextField, Tone};
use crate::format;
use crate::loaded::loaded;
use crate::words::tr;

/// Certificates and the form to load one.
#[component]
pub(crate) fn CsdPart() -> impl IntoView {
    let rows = use_query::<list::CsdList>(Topics::SETTINGS, || Some(Nothing {}));
    let (cer, key, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let action = Action::new();
    let load = move || {
        let add =
            CsdAdd { cer_path: cer.get_untracked(), key_path: key.get_untracked(), password: password.get_untracked() };
        // The password leaves the page with the call, whatever comes of it.
        password.set(String::new());
        action.run::<list::CsdLoad>(add, move |_| {
            cer.try_set(String::new());
            key.try_set(String::new());
            rows.reload();
        });
    };
    let missing = move || cer.with(String::is_empty) || key.with(String::is_empty) || password.with(String::is_empty);
    view! {
        <div class="pane">
            <section class="sec sec--flush">
                <SectionHead title=tr!(csd.title)/>
                {loaded(rows, |rows| if rows.is_empty() { view! { <EmptyLine text=tr!(csd.none)/> }.into_any() } else { table(&rows).into_any() })}
            </section>
            <form class="sec sheet col gap-3" on:submit=move |event| { event.prevent_default(); load(); }>
                <SectionHead title=tr!(csd.load)/>
                <p class="t2">{tr!(csd.about)}</p>
                <File label=tr!(csd.cer) what="cer" path=cer/>
                <File label=tr!(csd.key) what="key" path=key/>
                <div style="max-width:320px"><TextField label=tr!(csd.password) value=password kind="password" error=action.field("password") testid="csd-password"/></div>
                <FormFailure failure=action.elsewhere(&["password"])/>
                <div class="row"><button type="submit" class="btn btn--primary" disabled=move || missing() || action.busy.get() data-testid="csd-load">
                    {move || if action.busy.get() { tr!(csd.loading) } else { tr!(csd.load) }}</button></div>
            </form>
        </div>
    }
}

/// A file chosen through the system's dialog.
#[component]
fn File(label: &'static str, what: &'static str, path: RwSignal<String>) -> impl IntoView {
    let pick = Action::new();
    let choose = move |_| {
        pick.run::<list::PickFile>(TextQuery { text: what.to_owned(), limit: 1 }, move |chosen| {
            if let Some(chosen) = chosen {
                path.set(chosen);
            }
        });
    };
    let name = move || path.with(|path| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
    view! {
        <div class="row row-3">
            <span class="m" style="width:120px">{label}</span>
            <button type="button" class="btn" on:click=choose disabled=move || pick.busy.get() data-testid=format!("csd-pick-{what}")><Icon name="in"/>{tr!(import.choose)}</button>
            <span class="mono t2 cut">{name}</span>
        </div>
        <FormFailure failure=pick.failure/>
    }
}

fn table(rows: &[CsdRow]) -> impl IntoView + use<> {
    let lines = rows.iter().cloned().map(|row| {
        let (tone, word) = match row.days_left {
            ..0 => (Tone::Bad, tr!(csd.expired).to_owned()),
            0..=30 => (Tone::Warn, tr!(csd.ends_in, days = format::count(row.days_left))),
            days => (Tone::Ok, tr!(csd.ends_in, days = format::count(days))),
        };
        view! {
            <tr data-testid="csd-row"><td class="mono">{row.no_certificado}</td><td class="m narrow-hide">{row.name}</td><td class="mono t2 narrow-hide">{row.rfc}</td><td class="tn t2">{format::day(&row.valid_to)}</td>
                <td><Badge tone text=word/></td><td>{if row.has_key { view! { <Badge tone=Tone::Ok text=tr!(csd.here)/> }.into_any() } else { view! { <Badge tone=Tone::Neutral text=tr!(csd.elsewhere)/> }.into_any() }}</td></tr>
        }
    }).collect_view();
    view! {
        <table class="tbl"><colgroup><col style="width:200px"/><col class="narrow-hide"/><col class="narrow-hide" style="width:140px"/><col style="width:110px"/><col style="width:184px"/><col style="width:150px"/></colgroup>
            <thead><tr><th>{tr!(csd.number)}</th><th class="narrow-hide">{tr!(fiscal.name)}</th><th class="narrow-hide">{tr!(fiscal.rfc)}</th><th>{tr!(csd.until)}</th><th>{tr!(csd.validity)}</th><th>{tr!(csd.where_key)}</th></tr></thead>
            <tbody>{lines}</tbody></table>
    }
}
