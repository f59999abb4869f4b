//! `zuc company …`

use std::{fs::OpenOptions, path::Path};

use zuc_app::{Branch, BranchAct};
use zuc_ipc::company::{CompanyNew, CompanyRecover, Secret, SettingsSet, Stage};

use super::{OK, Place, cannot_write, password, with_office, write};
use crate::{
    Done, Ended,
    args::{self, Company},
    output::Output,
};

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
        Company::Recover(ask) => Box::pin(recover(ask, place, output)).await?,
        Company::Show => {
            let desk = place.desk().await?;
            let boot = desk.boot().await?;
            output.show(&boot, |boot| match &boot.company {
                Some(company) => format!("{} · {} · {}", company.name, company.rfc, company.regimen_text),
                None => "Todavía no hay una empresa aquí".to_owned(),
            })?;
        }
        Company::Thaw { code_file } => {
            let code = code_file.map(|file| password(&file)).transpose()?.map(|text| Secret { text });
            let changes = with_office(place, async |office| office.relay_thaw(code).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Company::Settle { keep: Some(keep), code_file: Some(file) } => {
            let code = Secret { text: password(&file)? };
            let changes = with_office(place, async |office| office.fork_settle(&keep, &code).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Company::Settle { .. } => {
            let branches = with_office(place, async |office| office.fork_view().await).await?;
            output.show(&branches, |branches| branches.iter().map(branch).collect::<Vec<_>>().join("\n\n"))?;
        }
        Company::Relay { url } => {
            let set = SettingsSet { relay_url: Some(url) };
            let changes = with_office(place, async |office| office.settings_set(set).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
    }
    Ok(OK)
}

/// Comes in by the code, or goes on where that was cut short: the next code is written before the one that was used ends.
async fn recover(ask: args::CompanyRecover, place: &Place, output: Output) -> Result<(), Ended> {
    let desk = place.desk().await?;
    let boot = desk.boot().await?;
    let goes_on = boot.stage == Stage::Recovery && boot.company.is_some_and(|company| company.id == ask.company);
    if !goes_on {
        let (code, file) = (password(&ask.code_file)?, &ask.recovery_out);
        // what cannot be written is said before anything is done
        writable(file)?;
        let by = CompanyRecover { relay_url: ask.relay, company: ask.company, code, person_name: ask.person };
        Box::pin(desk.company_recover(by)).await?;
    }
    let next = desk.recovery_code().await?;
    write(&ask.recovery_out, format!("{}\n", next.text).as_bytes())?;
    let boot = desk.recovery_confirm(next).await?;
    output.show(&boot, |_| {
        let file = ask.recovery_out.display();
        format!("Esta computadora administra la empresa.\nEl código de antes ya no sirve; el nuevo está en {file}")
    })?;
    Ok(())
}

/// Tries whether a file can be written, and changes nothing of one that is there.
fn writable(path: &Path) -> Result<(), Ended> {
    let tried = OpenOptions::new().append(true).create(true).open(path);
    tried.map(drop).map_err(|error| cannot_write(path, &error))
}

/// A history of the membership, for a person.
fn branch(branch: &Branch) -> String {
    let name = branch.id.get(..8).unwrap_or(&branch.id);
    let whose = match (branch.relay, branch.here) {
        (true, true) => "la del servidor y la de esta computadora",
        (true, false) => "la del servidor",
        (false, true) => "la de esta computadora",
        (false, false) => "otra, de la que aquí solo se conoce el principio",
    };
    let act = |act: &BranchAct| format!("  {}  {} {}", act.at, act.person, act.what);
    let acts: Vec<String> = branch.acts.iter().map(act).collect();
    format!("{name}  {whose}\n{}", acts.join("\n"))
}
