//! The page the client signs on: only what the client may see, bound to the version's hash.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use zuc_ipc::list;
use zuc_ipc::proposal::{LineView, ProposalSign, ProposalView};
use zuc_ipc::shared::ById;

use super::paper::{charge, is_some};
use super::signature::{Signature, Strokes};
use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{CheckRow, FormFailure, Icon, MoneyText, TextField, use_toaster};
use crate::format;
use crate::loaded::loaded;
use crate::route;
use crate::words::tr;

/// The hash as people compare it: `9f3c 71a8 … 04de`.
pub(crate) fn short_hash(hash: &str) -> String {
    match (hash.get(0..4), hash.get(4..8), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(first), Some(second), Some(last)) if hash.len() > 12 => format!("{first} {second} … {last}"),
        _ => hash.to_owned(),
    }
}

/// No sidebar, no status bar, no costs.
#[component]
pub(crate) fn SignPage() -> impl IntoView {
    // what the seller was told is not for the client to read
    use_toaster().clear();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let proposal = use_query::<list::ProposalGet>(Topics::NONE, move || Some(ById { id: id.get() }));
    let head = move || {
        proposal.value.get().map(|view| {
            (view.company.clone(), tr!(sign.version, number = view.row.number.clone(), version = view.version))
        })
    };
    view! {
        <div class="app app--client" style="grid-template-rows:1fr"><main class="main">
            <header class="bar" style="padding:0 32px">
                <h1>{move || head().map(|head| head.0)}</h1><span class="t3">{move || head().map(|head| head.1)}</span>
                <span class="end row row-3"><span class="s12 t3">{tr!(sign.client_mode)}</span>
                    <a class="btn" href=move || route::proposal(&id.get()) data-testid="sign-leave"><Icon name="lock"/>{tr!(sign.leave)}</a></span>
            </header>
            {loaded(proposal, |view| view! { <div class="body stack"><Offer view=view.clone()/><Consent view/></div> })}
        </main></div>
    }
}

/// How much of it, and how often it is charged.
fn quantity(line: &LineView) -> String {
    let quantity = format!("{} {}", format::plain(&line.edit.quantity), line.edit.unit);
    match charge(&line.edit.recurrence) {
        "" => quantity,
        charge => format!("{quantity}, {charge}"),
    }
}

#[component]
fn Offer(view: Arc<ProposalView>) -> impl IntoView {
    let totals = view.totals.clone();
    let currency = totals.total.currency.clone();
    let lines = view.lines.iter().map(|line| view! {
        <tr><td class="m" style="padding-left:0;height:44px">{line.edit.description.clone()}</td><td class="t2">{quantity(line)}</td>
            <td class="num" style="padding-right:0"><MoneyText amount=line.net.clone() currency=currency.clone()/></td></tr>
    }).collect_view();
    let taxes = totals.taxes.iter().map(|tax| view! { <dt>{tax.label.clone()}</dt><dd class="num"><MoneyText amount=tax.amount.clone() currency=currency.clone()/></dd> }).collect_view();
    let discount = is_some(&totals.document_discount.amount).then(|| view! {
        <dt>{tr!(paper.discount, percent = format::plain(&view.discount_pct))}</dt><dd class="num"><MoneyText amount=format!("-{}", totals.document_discount.amount) currency=currency.clone()/></dd>
    });
    view! {
        <section class="pane" style="padding:40px 56px 32px 104px">
            <p class="t2" style="font:var(--text-14)">{tr!(sign.for_customer, name = view.row.customer.clone())}</p>
            <h2 style="font:var(--text-20);font-weight:600;margin:4px 0 4px">{view.row.title.clone()}</h2>
            <p class="t2">{tr!(sign.valid, day = format::day(&view.row.valid_until))}</p>
            <table class="tbl" style="margin-top:24px;border-top:1px solid var(--line);flex:none"><colgroup><col/><col style="width:176px"/><col style="width:136px"/></colgroup><tbody>{lines}</tbody></table>
            <dl class="dl" style="border-top:1px solid var(--line);padding-top:12px;gap:8px 16px">
                {discount}
                <dt>{tr!(proposals.subtotal)}</dt><dd class="num"><MoneyText amount=totals.subtotal.amount.clone() currency=currency.clone()/></dd>
                {taxes}
                <dt class="b" style="color:var(--text);font:var(--text-16);font-weight:600;padding-top:8px">{tr!(common.total)}</dt>
                <dd class="num b" style="font:var(--text-26);font-weight:600" data-testid="sign-total"><MoneyText amount=totals.total.amount.clone() currency=currency.clone()/><small class="s11 t3">" "{currency.clone()}</small></dd>
                <dt></dt><dd class="t3 s12">{totals.in_words.clone()}</dd>
            </dl>
            <p class="t2" style="margin-top:20px;white-space:pre-wrap">{view.notes.clone()}</p>
        </section>
    }
}

#[component]
fn Consent(view: Arc<ProposalView>) -> impl IntoView {
    let field = || RwSignal::new(String::new());
    let (name, role, email) = (RwSignal::new(view.contact.clone()), field(), field());
    let consent = RwSignal::new(false);
    let strokes = Strokes::new();
    let action = Action::new();
    let navigate = StoredValue::new(use_navigate());
    let (id, hash) = (StoredValue::new(view.row.id.clone()), StoredValue::new(view.content_hash.clone()));
    let back =
        move || navigate.get_value()(&route::proposal(&id.get_value()), leptos_router::NavigateOptions::default());
    let allowed = view.actions.iter().any(|action| action == "sign");
    let total = format::money_text(&view.totals.total.amount, &view.totals.total.currency);
    let sign = move || {
        let signed = ProposalSign {
            id: id.get_value(),
            content_hash: hash.get_value(),
            signer_name: name.get_untracked(),
            signer_role: role.get_untracked(),
            signer_email: email.get_untracked(),
            consent: consent.get_untracked(),
            signature_png: strokes.png().unwrap_or_default(),
        };
        action.run::<list::ProposalAccept>(signed, move |_| back());
    };
    let ready = move || {
        allowed
            && consent.get()
            && !strokes.is_empty()
            && name.with(|name| !name.trim().is_empty())
            && !action.busy.get()
    };
    view! {
        <aside class="pane pane--sunken pane--right" style="width:600px;padding:40px 56px 32px 48px">
            <form on:submit=move |event| { event.prevent_default(); sign(); }>
                <h2 style="font:var(--text-16);font-weight:600">{tr!(sign.title)}</h2>
                <p class="t2" style="margin-bottom:20px">{tr!(sign.how)}</p>
                <div class="grid-2 gap-4" style="margin-bottom:16px">
                    <TextField label=tr!(sign.name) value=name error=action.field("signer_name") testid="sign-name"/>
                    <TextField label=tr!(sign.role) value=role error=action.field("signer_role") testid="sign-role"/>
                </div>
                <TextField label=tr!(sign.email) value=email error=action.field("signer_email") testid="sign-email"/>
                <div class="field" style="margin-top:12px"><span class="lbl">{tr!(sign.signature)}</span><Signature strokes name/></div>
                <div style="margin:16px 0 20px"><CheckRow on=consent label=tr!(sign.consent, customer = view.row.customer.clone()) testid="sign-consent"/></div>
                <FormFailure failure=action.elsewhere(&["signer_name", "signer_role", "signer_email"])/>
                <div class="row row-3">
                    <button type="submit" class="btn btn--primary btn--lg grow" disabled=move || !ready() data-testid="sign-accept">
                        {move || if action.busy.get() { tr!(sign.signing).to_owned() } else { tr!(sign.accept, total = total.clone()) }}
                    </button>
                    <button type="button" class="btn btn--lg" on:click=move |_| back()>{tr!(sign.not_now)}</button>
                </div>
                <div class="col gap-2 s12 t2" style="margin-top:24px;border-top:1px solid var(--line);padding-top:16px">
                    <span class="row"><Icon name="lock" class="i-14 t3"/>{tr!(sign.bound)}<span class="mono" data-testid="sign-hash" title=view.content_hash.clone()>{short_hash(&view.content_hash)}</span></span>
                    <span class="row"><Icon name="unsent" class="i-14 t3"/>{tr!(sign.offline)}</span>
                </div>
            </form>
        </aside>
    }
}
