//! `zuc invoice …` and `zuc csd …`

use zuc_app::{AppError, Office};
use zuc_ipc::{
    customer::FiscalProfile,
    invoice::{CsdAdd, InvoiceFiscalSet, InvoiceHold, InvoiceOpen, InvoiceQuery},
};

use super::{OK, Place, password, with_office, write};
use crate::{
    Done, Ended,
    args::{Csd, Invoice},
    output::Output,
};

pub(super) async fn run(command: Invoice, place: &Place, output: Output) -> Done {
    match command {
        Invoice::List { view } => {
            let query = InvoiceQuery { view, limit: 500, ..InvoiceQuery::default() };
            let page = with_office(place, async |office| office.invoice_list(query).await).await?;
            output.show(&page, |page| {
                let lines: Vec<String> = page
                    .rows
                    .iter()
                    .map(|row| {
                        format!(
                            "{}  {:<9} {:<14} {:>14}  {}",
                            row.id, row.label, row.fiscal_state, row.total.amount, row.customer
                        )
                    })
                    .collect();
                lines.join("\n")
            })?;
        }
        Invoice::Show { id, reason } => {
            let view = with_office(place, async |office| match reason {
                Some(reason) => office.invoice_open(InvoiceOpen { id, reason }).await,
                None => office.invoice_get(id).await,
            })
            .await?;
            output.show(&view, |view| {
                format!(
                    "{} {} total {} {}",
                    view.row.label, view.row.fiscal_state, view.row.total.amount, view.row.uuid
                )
            })?;
        }
        Invoice::Fiscal { id, rfc, name, regimen, cp, uso, metodo, forma, note } => {
            let receptor =
                FiscalProfile { rfc, legal_name: name, regimen_fiscal: regimen, domicilio_cp: cp, uso_cfdi: uso };
            let set = InvoiceFiscalSet { id, receptor, metodo_pago: metodo, forma_pago: forma, note };
            let done = with_office(place, async |office| office.invoice_set_fiscal(set).await).await?;
            output.show(&done.view, |view| format!("{} {}", view.row.label, view.row.rfc))?;
        }
        Invoice::Issue { id } => {
            let done = with_office(place, async |office| office.invoice_issue(id).await).await?;
            if let Some(refused) = done.refused {
                return Err(Ended::Refused(refused));
            }
            output.show(&done.view, |view| format!("{} {}", done.changes.done, view.row.uuid).trim_end().to_owned())?;
        }
        Invoice::Hold { id, until, reason } => {
            let held = InvoiceHold { id, until, reason };
            let changes = with_office(place, async |office| office.invoice_hold(held).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Invoice::Xml { id, reason, out } => {
            let file = with_office(place, async |office| {
                open(&office, &id, reason).await?;
                office.invoice_xml(id).await
            })
            .await?;
            save(&out, &file, output)?;
        }
        Invoice::Pdf { id, reason, out } => {
            let file = with_office(place, async |office| {
                open(&office, &id, reason).await?;
                office.invoice_pdf(id).await
            })
            .await?;
            save(&out, &file, output)?;
        }
    }
    Ok(OK)
}

pub(super) async fn csd(command: Csd, place: &Place, output: Output) -> Done {
    let rows = match command {
        Csd::Add { cer, key, password_file } => {
            let add = CsdAdd {
                cer_path: cer.display().to_string(),
                key_path: key.display().to_string(),
                password: password(&password_file)?,
            };
            with_office(place, async |office| office.csd_add(add).await).await?
        }
        Csd::List => with_office(place, async |office| office.csd_list().await).await?,
    };
    output.show(&rows, |rows| {
        let lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let key = if row.has_key { "llave aquí" } else { "sin llave" };
                format!("{}  {}  hasta {}  {key}", row.no_certificado, row.rfc, row.valid_to)
            })
            .collect();
        lines.join("\n")
    })?;
    Ok(OK)
}

/// Says why a document is read, where somebody did.
async fn open(office: &Office, id: &str, reason: Option<String>) -> Result<(), AppError> {
    if let Some(reason) = reason {
        office.invoice_open(InvoiceOpen { id: id.to_owned(), reason }).await?;
    }
    Ok(())
}

fn save(out: &std::path::Path, file: &zuc_app::File, output: Output) -> Result<(), Ended> {
    write(out, &file.bytes)?;
    output.show(&serde_json::json!({ "file": out, "bytes": file.bytes.len() }), |_| out.display().to_string())?;
    Ok(())
}
