//! `zuc customer …` and `zuc product …`

use zuc_ipc::{
    customer::{FiscalProfile, FiscalProfileSet},
    shared::Query,
};

use super::{OK, Place, with_office};
use crate::{
    Done,
    args::{Customer, Product},
    output::Output,
};

pub(super) async fn customers(command: Customer, place: &Place, output: Output) -> Done {
    match command {
        Customer::List { text } => {
            let page =
                with_office(place, async |office| office.customer_list(Query { text, limit: 200 }).await).await?;
            output.show(&page, |page| {
                let lines: Vec<String> = page
                    .rows
                    .iter()
                    .map(|row| format!("{}  {}  ARR {} {}", row.id, row.name, row.arr.amount, row.arr.currency))
                    .collect();
                lines.join("\n")
            })?;
        }
        Customer::Show { id } => {
            let customer = with_office(place, async |office| office.customer_360(id).await).await?;
            output.show(&customer, |customer| {
                let mut lines = vec![format!("{} · {}", customer.row.name, customer.row.rfc)];
                lines.push(format!("ARR {} {}", customer.arr.amount, customer.arr.currency));
                if let Some(balances) = &customer.balances {
                    lines.push(format!(
                        "Facturado {} {}, cobrado {}, por cobrar {}, vencido {}",
                        balances.invoiced.amount,
                        balances.invoiced.currency,
                        balances.paid.amount,
                        balances.open.amount,
                        balances.overdue.amount,
                    ));
                }
                for proposal in &customer.proposals {
                    lines.push(format!("Propuesta {} {} {}", proposal.number, proposal.state, proposal.total.amount));
                }
                for invoice in customer.unpaid.iter().flatten() {
                    lines.push(format!("Por cobrar {} {}", invoice.label, invoice.outstanding.amount));
                }
                lines.join("\n")
            })?;
        }
        Customer::Fiscal { id, rfc, name, regimen, cp, uso } => {
            let profile =
                FiscalProfile { rfc, legal_name: name, regimen_fiscal: regimen, domicilio_cp: cp, uso_cfdi: uso };
            let changes = with_office(place, async |office| {
                let seen = office.customer_fiscal(&id).await?;
                office.customer_set_fiscal(FiscalProfileSet { customer_id: id, seen, profile }).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
    }
    Ok(OK)
}

pub(super) async fn products(command: Product, place: &Place, output: Output) -> Done {
    let Product::List { text } = command;
    let products = with_office(place, async |office| office.product_search(Query { text, limit: 500 }).await).await?;
    output.show(&products, |products| {
        let lines: Vec<String> = products
            .iter()
            .map(|row| format!("{}  {:<12} {:>12}  {}", row.id, row.sku, row.price.amount, row.description))
            .collect();
        lines.join("\n")
    })?;
    Ok(OK)
}
