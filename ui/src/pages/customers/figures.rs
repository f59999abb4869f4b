//! What a customer was invoiced and owes: who holds the key to finance sees its own figures, who does not what finance tells
//! the customer's team.

use leptos::prelude::*;
use zuc_ipc::customer::{Balances, Customer360};

use crate::components::{Kpi, kpi_money};
use crate::format;
use crate::words::tr;

/// The figures, one beside the other.
pub(crate) fn figures(customer: &Customer360) -> AnyView {
    match (&customer.revenue, &customer.outstanding, &customer.balances) {
        (Some(_), _, _) | (_, Some(_), _) => of_finance(customer).into_any(),
        (None, None, Some(balances)) => of_sales(balances).into_any(),
        (None, None, None) => ().into_any(),
    }
}

fn of_finance(customer: &Customer360) -> impl IntoView + use<> {
    let unpaid = customer.unpaid.as_ref().map(|rows| {
        if rows.len() == 1 {
            tr!(customers.unpaid_one).to_owned()
        } else {
            tr!(customers.unpaid_count, count = format::count(rows.len()))
        }
    });
    let revenue = customer.revenue.as_ref().map(|money| view! {
        <Kpi label=tr!(customers.revenue) value=kpi_money(&money.amount, &money.currency) testid="customer-revenue" note=tr!(customers.revenue_about).into_any()/>
    });
    let outstanding = customer.outstanding.as_ref().map(|money| view! {
        <Kpi label=tr!(customers.outstanding) value=kpi_money(&money.amount, &money.currency) testid="customer-outstanding" note=unpaid.into_any()/>
    });
    view! { {revenue}{outstanding} }
}

fn of_sales(balances: &Balances) -> impl IntoView + use<> {
    let late = if balances.overdue_since.is_empty() {
        tr!(customers.none_overdue).to_owned()
    } else {
        let amount = format::money_text(&balances.overdue.amount, &balances.overdue.currency);
        tr!(customers.overdue, amount = amount, day = format::day_short(&balances.overdue_since))
    };
    let drawn = |money: &zuc_ipc::Money| kpi_money(&money.amount, &money.currency);
    view! {
        <Kpi label=tr!(customers.revenue) value=drawn(&balances.invoiced) testid="customer-invoiced" note=tr!(customers.invoiced_about).into_any()/>
        <Kpi label=tr!(customers.paid) value=drawn(&balances.paid) testid="customer-paid" note=tr!(customers.paid_about).into_any()/>
        <Kpi label=tr!(customers.outstanding) value=drawn(&balances.open) testid="customer-open" note=late.into_any()/>
    }
}
