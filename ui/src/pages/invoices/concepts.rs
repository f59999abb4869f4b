//! What is invoiced.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::invoice::InvoiceView;

use crate::components::{MoneyText, SectionHead};
use crate::format;
use crate::words::tr;

/// The concepts and how the total comes about.
#[component]
pub(crate) fn Concepts(view: Arc<InvoiceView>) -> impl IntoView {
    let currency = view.row.total.currency.clone();
    let discounted = view.conceptos.iter().any(|row| row.descuento.chars().any(|digit| ('1'..='9').contains(&digit)));
    let about = if view.row.fiscal_state == "stamped" { tr!(invoices.frozen).to_owned() } else { String::new() };
    let rows = view.conceptos.iter().cloned().map(|row| {
        let currency = currency.clone();
        view! {
            <tr>
                <td class="tn t3">{row.clave_prod_serv}</td><td class="m">{row.descripcion}</td><td class="num">{format::plain(&row.cantidad)}</td><td class="t3">{row.clave_unidad}</td>
                <td class="num"><MoneyText amount=row.valor_unitario currency=currency.clone()/></td>
                {discounted.then(|| view! { <td class="num t2"><MoneyText amount=row.descuento currency=currency.clone()/></td> })}
                <td class="num"><MoneyText amount=row.importe currency=currency/></td>
            </tr>
        }
    }).collect_view();
    let mut parts = vec![tr!(invoices.sum_subtotal, amount = format::money_text(&view.subtotal.amount, &currency))];
    if discounted {
        parts.push(tr!(invoices.sum_discount, amount = format::money_text(&view.descuento.amount, &currency)));
    }
    parts.extend(
        view.taxes.iter().map(|(label, amount)| format!("+ {label} {}", format::money_text(amount, &currency))),
    );
    view! {
        <section class="sec sec--flush">
            <SectionHead title=tr!(invoices.concepts) about/>
            <table class="tbl" data-testid="invoice-concepts">
                <colgroup><col style="width:108px"/><col/><col style="width:72px"/><col style="width:56px"/><col style="width:124px"/>{discounted.then(|| view! { <col style="width:112px"/> })}<col style="width:136px"/></colgroup>
                <thead><tr><th>{tr!(invoices.sat_key)}</th><th>{tr!(lines.description)}</th><th class="num">{tr!(lines.quantity)}</th><th>{tr!(lines.unit)}</th><th class="num">{tr!(lines.price)}</th>
                    {discounted.then(|| view! { <th class="num">{tr!(invoices.discount)}</th> })}<th class="num">{tr!(lines.amount, currency = currency.clone())}</th></tr></thead>
                <tbody>{rows}</tbody>
                <tfoot><tr><td colspan=if discounted { "5" } else { "4" } class="t3" style="font-weight:400">{parts.join(" ")}</td><td class="num">{tr!(common.total)}</td>
                    <td class="num b"><MoneyText amount=view.row.total.amount.clone() currency=currency.clone()/></td></tr></tfoot>
            </table>
        </section>
    }
}
