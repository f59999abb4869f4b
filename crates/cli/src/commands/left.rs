//! `zuc device left-behind …`

use zuc_app::{AppError, LeftTold, Office};
use zuc_ipc::left::{Left, LeftDiscard, LeftTake};

use super::{OK, Place, with_office};
use crate::{Done, args::LeftBehind, output::Output};

pub(super) async fn run(command: LeftBehind, place: &Place, output: Output) -> Done {
    match command {
        LeftBehind::List => {
            let all = with_office(place, async |office| office.left_list().await).await?;
            output.show(&all, |all| all.iter().flat_map(lines).collect::<Vec<_>>().join("\n"))?;
        }
        LeftBehind::Take { device, scope, number, over } => {
            let changes = with_office(place, async |office| {
                let device = whole(&office, &device).await?;
                Box::pin(office.left_take(LeftTake { device, scope, n: number, over })).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        LeftBehind::Discard { device, scope } => {
            let changes = with_office(place, async |office| {
                let device = whole(&office, &device).await?;
                office.left_discard(LeftDiscard { device, scope }).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        LeftBehind::Mine => {
            let told = place.desk().await?.left_here().await?;
            output.show(&told, |told| {
                let line = |here: &LeftTold| {
                    let stands = match here {
                        here if !here.until.is_empty() => format!("en el relevo hasta {}", here.until),
                        here if !here.why.is_empty() => here.why.clone(),
                        _ => "todavía no llega al relevo".to_owned(),
                    };
                    format!("{}  {} cambios, {} sin lugar  {stands}", here.scope, here.changes, here.beyond)
                };
                told.iter().map(line).collect::<Vec<_>>().join("\n")
            })?;
        }
    }
    Ok(OK)
}

fn lines(left: &Left) -> Vec<String> {
    let mut lines = vec![format!("{}  {}  {}  {}  {}", left.device, left.scope, left.who, left.came, left.why)];
    for change in &left.changes {
        let new = if change.new { " (nuevo)" } else { "" };
        lines.push(format!(
            "  {}  {}  {}{new}  {}  {}",
            change.n,
            change.kind,
            change.title,
            change.at,
            stands(&change.state)
        ));
        lines.extend(change.said.iter().map(|said| format!("      {said}")));
    }
    if left.beyond > 0 {
        lines.push(format!("  y {} más, que no cupieron", left.beyond));
    }
    lines
}

fn stands(state: &str) -> &'static str {
    match state {
        "open" => "se puede tomar",
        "there" => "ya está",
        "changed" => "alguien lo cambió después: --over",
        "waits" => "toma primero su prospecto",
        _ => "solo se lee",
    }
}

/// The one removed device whose id begins so.
async fn whole(office: &Office, device: &str) -> Result<String, AppError> {
    let devices = office.device_list().await?;
    let mut found = devices.into_iter().filter(|row| row.removed && row.id.starts_with(device));
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row.id),
        _ => Err(AppError::new("device.unknown", "no one device has an id that begins so")),
    }
}
