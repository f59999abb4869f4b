//! The right side of an invoice: what is wrong, the receiver's data, and «Timbrar».

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::invoice::{FiscalProblem, InvoiceFiscalSet, InvoiceView};
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use crate::action::Action;
use crate::components::{Choice, FormFailure, Icon, SectionHead, SelectField};
use crate::connection::use_connection;
use crate::pages::customers::{FiscalFields, FiscalForm};
use crate::shell::OfflineNotice;
use crate::words::tr;

/// Fields the fiscal form shows its own sentence under.
const FIELDS: &[&str] = &["rfc", "legal_name", "regimen_fiscal", "domicilio_cp", "uso_cfdi"];

/// The panel; it stands below in a narrow window.
#[component]
pub(crate) fn Panel(view: Arc<InvoiceView>, save: Action, issue: Action) -> impl IntoView {
    let can_edit = view.actions.iter().any(|action| action == "edit_fiscal");
    view! {
        <aside class="pane pane--right" style="width:392px" data-testid="invoice-panel">
            {(!view.problems.is_empty()).then(|| view! { <section class="sec"><Problems problems=view.problems.clone()/></section> })}
            {if can_edit { view! { <EditFiscal view=view.clone() save issue/> }.into_any() } else { view! { <ReadFiscal view=view.clone()/> }.into_any() }}
        </aside>
    }
}

/// Sentences first; the SAT's code and words are folded.
#[component]
fn Problems(problems: Vec<FiscalProblem>) -> impl IntoView {
    view! {
        <SectionHead title=tr!(invoices.problems)/>
        <div class="col gap-2" data-testid="invoice-problems">
            {problems.into_iter().map(|problem| view! {
                <div class="col gap-1">
                    <span class="err"><Icon name="warn" class="i-12"/><span>{problem.sentence}</span></span>
                    <details class="fold" style="padding-left:18px"><summary><Icon name="right" class="i-12"/>{tr!(invoices.sat_code)}</summary>
                        <p style="padding:2px 0 0 16px"><span class="mono">{problem.code}</span>" "{problem.detail}</p></details>
                </div>
            }).collect_view()}
        </div>
    }
}

#[component]
fn EditFiscal(view: Arc<InvoiceView>, save: Action, issue: Action) -> impl IntoView {
    let fields = FiscalFields::new(&view.receptor);
    let key = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
    let metodo = RwSignal::new(view.metodo_pago.clone());
    let forma = RwSignal::new(key(&view.forma_pago));
    let note = RwSignal::new(view.note.clone());
    let id = StoredValue::new(view.row.id.clone());
    let known = StoredValue::new(
        view.problems.iter().map(|problem| (problem.field.clone(), problem.sentence.clone())).collect::<Vec<_>>(),
    );
    let set = move || InvoiceFiscalSet {
        id: id.get_value(),
        receptor: fields.profile(),
        metodo_pago: metodo.get_untracked(),
        forma_pago: forma.get_untracked(),
        note: note.get_untracked(),
    };
    let can_issue = view.actions.iter().any(|action| action == "issue");
    let again = view.row.fiscal_state == "rejected";
    let do_save = move |_| save.run::<list::InvoiceSetFiscal>(set(), |_| ());
    let do_issue = move || {
        // The data go first, so that what is sealed is what is seen.
        save.step::<list::InvoiceSetFiscal>(set(), move |_| {
            issue.run::<list::InvoiceIssue>(ById { id: id.get_value() }, |_| ());
        });
    };
    let busy = move || save.busy.get() || issue.busy.get();
    let connection = use_connection();
    view! {
        <form class="sec col gap-3" style="padding-bottom:20px" on:submit=move |event| { event.prevent_default(); if can_issue { do_issue() } }>
            <SectionHead title=tr!(fiscal.title)/>
            <FiscalForm fields action=save known=Signal::derive(move || known.get_value())/>
            <div class="grid-2 gap-3">
                <SelectField label=tr!(invoices.metodo) value=metodo choices=vec![Choice::new("PUE", tr!(invoices.pue)), Choice::new("PPD", tr!(invoices.ppd))] error=save.field("metodo_pago") testid="invoice-metodo"/>
                <SelectField label=tr!(invoices.forma) value=forma choices=formas() error=save.field("forma_pago") testid="invoice-forma"/>
            </div>
            <div class="field"><label for="f-note">{tr!(invoices.note)}</label>
                <textarea id="f-note" class="in" rows="2" prop:value=move || note.get() on:input=move |event| note.set(event_target_value(&event)) data-testid="invoice-note"></textarea>
                <span class="help">{tr!(invoices.note_help)}</span></div>
            <FormFailure failure=save.elsewhere(FIELDS)/>
            <FormFailure failure=issue.failure/>
            {can_issue.then(|| view! { <OfflineNotice text=tr!(offline.issue)/> })}
            <div class="row">
                {can_issue.then(|| view! {
                    <button type="submit" class="btn btn--primary" disabled=busy data-testid="invoice-issue"><Icon name="stamp"/>
                        {move || if issue.busy.get() { tr!(invoices.issuing) } else if again { tr!(invoices.issue_again) } else { tr!(invoices.issue) }}</button>
                })}
                <button type="button" class="btn" disabled=busy on:click=do_save data-testid="invoice-save">{tr!(common.save)}</button>
            </div>
            {move || connection.away().is_none().then(|| view! { <p class="s12 t3">{tr!(invoices.issue_about)}</p> })}
        </form>
    }
}

/// The forms of payment of the SAT that a sale uses.
fn formas() -> Vec<Choice> {
    [
        ("01", tr!(forma.p01)),
        ("02", tr!(forma.p02)),
        ("03", tr!(forma.p03)),
        ("04", tr!(forma.p04)),
        ("28", tr!(forma.p28)),
        ("99", tr!(forma.p99)),
    ]
    .map(|(key, text)| Choice::new(key, format!("{key} {text}")))
    .to_vec()
}

/// A key of a catalogue with what it says.
pub(crate) fn keyed(key: &str, text: &str) -> String {
    format!("{key} {text}").trim_end_matches([' ', '.']).to_owned()
}

#[component]
fn ReadFiscal(view: Arc<InvoiceView>) -> impl IntoView {
    let receptor = view.receptor.clone();
    let forma = formas().into_iter().find(|forma| forma.value == view.forma_pago).map(|forma| forma.label);
    let forma = forma.unwrap_or_else(|| view.forma_pago.clone());
    view! {
        <section class="sec">
            <SectionHead title=tr!(fiscal.title)/>
            <dl class="dl" style="gap:4px 12px">
                <dt>{tr!(fiscal.rfc)}</dt><dd class="mono" data-testid="invoice-rfc">{receptor.rfc}</dd>
                <dt>{tr!(fiscal.name)}</dt><dd>{receptor.legal_name}</dd>
                <dt>{tr!(fiscal.regimen)}</dt><dd>{keyed(&receptor.regimen_fiscal, &view.regimen_text)}</dd>
                <dt>{tr!(fiscal.cp)}</dt><dd class="tn">{receptor.domicilio_cp}</dd>
                <dt>{tr!(invoices.uso)}</dt><dd>{keyed(&receptor.uso_cfdi, &view.uso_text)}</dd>
                <dt>{tr!(invoices.metodo_forma)}</dt><dd>{format!("{}, {forma}", view.metodo_pago)}</dd>
                <dt>{tr!(invoices.issued_at)}</dt><dd class="tn">{view.lugar_expedicion.clone()}</dd>
            </dl>
        </section>
        {(!view.note.is_empty()).then(|| view! { <section class="sec"><SectionHead title=tr!(invoices.note)/><p class="t2">{view.note.clone()}</p></section> })}
    }
}
