//! `zuc company …`

use zuc_ipc::company::{CompanyNew, Secret, SettingsSet};

use super::{OK, Place, with_office, write};
use crate::{Done, args::Company, output::Output};

pub(super) async fn run(command: Company, place: &Place, output: Output) -> Done {
    match command {
        Company::Create(new) => {
            let desk = place.desk().await?;
            let request = CompanyNew {
                rfc: new.rfc,
                name: new.name,
                regimen_fiscal: new.regimen,
                cp: new.cp,
                person_name: new.person,
                relay_url: new.relay,
                sample: new.sample,
            };
            let created = desk.company_create(request).await?;
            let boot = match &new.recovery_out {
                Some(file) => {
                    write(file, format!("{}\n", created.recovery_code).as_bytes())?;
                    desk.recovery_confirm(Secret { text: created.recovery_code.clone() }).await?
                }
                None => created.boot.clone(),
            };
            let code = if new.recovery_out.is_some() { String::new() } else { created.recovery_code.clone() };
            let shown = serde_json::json!({
                "company": boot.company, "person": boot.person,
                "recovery_code": if code.is_empty() { None } else { Some(&code) },
            });
            output.show(&shown, |_| {
                let name = boot.company.as_ref().map(|company| company.name.clone()).unwrap_or_default();
                match &new.recovery_out {
                    Some(file) => format!("{name} está lista. Código de recuperación en {}", file.display()),
                    None => format!(
                        "{name} está lista.\nCódigo de recuperación, imprímelo y guárdalo fuera de esta computadora:\n{code}"
                    ),
                }
            })?;
        }
        Company::Show => {
            let desk = place.desk().await?;
            let boot = desk.boot().await?;
            output.show(&boot, |boot| match &boot.company {
                Some(company) => format!("{} · {} · {}", company.name, company.rfc, company.regimen_text),
                None => "Todavía no hay una empresa aquí".to_owned(),
            })?;
        }
        Company::Thaw => {
            let changes = with_office(place, async |office| office.relay_thaw().await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Company::Relay { url } => {
            let set = SettingsSet { relay_url: Some(url) };
            let changes = with_office(place, async |office| office.settings_set(set).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
    }
    Ok(OK)
}
