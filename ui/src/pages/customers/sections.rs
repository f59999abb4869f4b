//! The lists of a Cliente 360.

use leptos::prelude::*;
use zuc_ipc::customer::{ContactRow, ContractRow, InvoiceBrief, OpportunityBrief, ProposalBrief};

use crate::components::{Avatar, Badge, EmptyLine, MoneyText, SectionHead, Tone};
use crate::format;
use crate::labels;
use crate::pages::PersonButton;
use crate::route;
use crate::words::tr;

/// People; with `privacy` what is held on each can be looked at.
pub(crate) fn contacts(rows: &[ContactRow], privacy: bool) -> impl IntoView + use<> {
    let people = rows.iter().cloned().map(|row| {
        let held = privacy.then(|| view! { <PersonButton id=Signal::stored(row.id.clone()) small=true/> });
        let reach = [row.email, format::phone(&row.phone)].into_iter().filter(|text| !text.is_empty());
        let reach = reach.map(|text| view! { <span class="s12 t2 cut tn">{text}</span> }).collect_view();
        let role = if row.is_primary && row.role.is_empty() { tr!(customers.primary).to_owned() } else { row.role };
        view! {
            <div class="row row-3 top" data-testid="contact-row">
                <Avatar name=row.name.clone() large=true/>
                <div class="col grow"><span class="m cut">{row.name}</span><span class="s12 t3 cut">{role}</span>{reach}</div>
                {held}
            </div>
        }
    }).collect_view();
    let none = rows.is_empty();
    view! {
        <section class="sec">
            <SectionHead title=tr!(customers.contacts) about=format::count(rows.len())/>
            {none.then(|| view! { <p class="t3">{tr!(customers.no_contacts)}</p> })}
            <div class="col gap-3">{people}</div>
        </section>
    }
}

/// Open deals.
pub(crate) fn opportunities(rows: &[OpportunityBrief]) -> impl IntoView + use<> {
    let lines = rows.iter().cloned().map(|row| view! {
        <tr><td class="m">{row.name}</td><td><Badge tone=Tone::Accent text=row.stage/></td><td class="num t2">{format!("{} %", row.probability)}</td>
            <td class="num"><MoneyText amount=row.amount.amount currency=row.amount.currency/></td></tr>
    }).collect_view();
    let body = if rows.is_empty() {
        view! { <EmptyLine text=tr!(customers.no_deals)/> }.into_any()
    } else {
        view! { <table class="tbl"><colgroup><col/><col style="width:150px"/><col style="width:90px"/><col style="width:140px"/></colgroup><tbody>{lines}</tbody></table> }.into_any()
    };
    view! { <section class="sec sec--flush"><SectionHead title=tr!(customers.open_deals) about=format::count(rows.len())/>{body}</section> }
}

/// Last proposals.
pub(crate) fn proposals(rows: &[ProposalBrief]) -> impl IntoView + use<> {
    let lines = rows.iter().cloned().map(|row| {
        let (word, tone) = labels::proposal_state(&row.state);
        view! {
            <tr data-testid="customer-proposal"><td class="m tn"><a href=route::proposal(&row.id)>{row.number}</a></td><td>{row.title}</td><td><Badge tone text=word/></td><td class="tn t2">{format::day(&row.on)}</td>
                <td class="num"><MoneyText amount=row.total.amount currency=row.total.currency/></td></tr>
        }
    }).collect_view();
    let body = if rows.is_empty() {
        view! { <EmptyLine text=tr!(customers.no_proposals)/> }.into_any()
    } else {
        view! { <table class="tbl"><colgroup><col style="width:96px"/><col/><col style="width:120px"/><col style="width:100px"/><col style="width:130px"/></colgroup><tbody>{lines}</tbody></table> }.into_any()
    };
    view! { <section class="sec sec--flush"><SectionHead title=tr!(shell.proposals)/>{body}</section> }
}

/// Unpaid invoices; `None` where this device holds no key to them.
pub(crate) fn unpaid(rows: Option<&[InvoiceBrief]>) -> impl IntoView + use<> {
    let body = match rows {
        None => view! { <EmptyLine text=tr!(customers.no_key)/> }.into_any(),
        Some([]) => view! { <EmptyLine text=tr!(customers.nothing_unpaid)/> }.into_any(),
        Some(rows) => {
            let today = format::today();
            let lines = rows.iter().cloned().map(|row| {
                let (word, tone) = labels::fiscal_state(&row.fiscal_state);
                let late = !row.due.is_empty() && row.due < today;
                view! {
                    <tr data-testid="customer-invoice"><td class="m tn"><a href=route::invoice(&row.id)>{row.label}</a></td>
                        <td><Badge tone text=word icon=labels::fiscal_icon(&row.fiscal_state)/></td>
                        <td class=if late { "tn danger m" } else { "tn t2" }>{if row.due.is_empty() { String::new() } else if late { tr!(customers.was_due, day = format::day_short(&row.due)) } else { tr!(customers.is_due, day = format::day_short(&row.due)) }}</td>
                        <td class="num"><MoneyText amount=row.outstanding.amount currency=row.outstanding.currency/></td>
                        <td class="num"><MoneyText amount=row.total.amount currency=row.total.currency/></td></tr>
                }
            }).collect_view();
            view! {
                <table class="tbl"><colgroup><col style="width:110px"/><col style="width:130px"/><col/><col style="width:130px"/><col style="width:130px"/></colgroup>
                    <thead><tr><th>{tr!(invoices.folio)}</th><th>{tr!(invoices.cfdi)}</th><th>{tr!(customers.collect)}</th><th class="num">{tr!(invoices.outstanding)}</th><th class="num">{tr!(common.total)}</th></tr></thead>
                    <tbody>{lines}</tbody></table>
            }.into_any()
        }
    };
    view! { <section class="sec sec--flush"><SectionHead title=tr!(customers.unpaid)/>{body}</section> }
}

/// Contracts.
pub(crate) fn contracts(rows: &[ContractRow]) -> impl IntoView + use<> {
    let lines = rows.iter().cloned().map(|row| {
        let (word, tone) = labels::contract_state(&row.state);
        view! {
            <tr data-testid="contract-row"><td class="tn">{tr!(customers.runs, from = format::day(&row.start), to = format::day(&row.end))}</td><td><Badge tone text=word/></td>
                <td class="num"><MoneyText amount=row.value.amount currency=row.value.currency/><span class="s11 t3">" "{tr!(customers.in_all)}</span></td>
                <td class="num"><MoneyText amount=row.arr.amount currency=row.arr.currency/><span class="s11 t3">" "{tr!(customers.per_year)}</span></td></tr>
        }
    }).collect_view();
    let body = if rows.is_empty() {
        view! { <EmptyLine text=tr!(customers.no_contracts)/> }.into_any()
    } else {
        view! { <table class="tbl"><colgroup><col/><col style="width:104px"/><col style="width:150px"/><col style="width:160px"/></colgroup><tbody>{lines}</tbody></table> }.into_any()
    };
    view! { <section class="sec sec--flush"><SectionHead title=tr!(customers.contracts) about=format::count(rows.len())/>{body}</section> }
}
