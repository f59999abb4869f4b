//! `zuc sync`, `search` and `undo`.

use std::time::Duration;

use zuc_ipc::shared::Query;

use super::{OK, Place, with_office};
use crate::{Done, output::Output};

pub(super) async fn sync(wait: u64, place: &Place, output: Output) -> Done {
    let status = with_office(place, async |office| office.sync_until_settled(Duration::from_secs(wait)).await).await?;
    output.show(&status, |status| match status.state.as_str() {
        "up_to_date" => "Al día".to_owned(),
        "offline" => format!("Sin conexión, {} cambios por enviar", status.pending),
        "no_relay" => "Sin relevo: los cambios se quedan en esta computadora".to_owned(),
        "error" => format!("Error {}", status.error.clone().unwrap_or_default()),
        _ => format!("Sincronizando, {} por enviar", status.pending),
    })?;
    Ok(OK)
}

pub(super) async fn search(text: String, place: &Place, output: Output) -> Done {
    let hits = with_office(place, async |office| office.search(Query { text, limit: 20 }).await).await?;
    output.show(&hits, |hits| {
        let lines: Vec<String> = hits.iter().map(|hit| format!("{:<9} {}  {}", hit.kind, hit.id, hit.title)).collect();
        lines.join("\n")
    })?;
    Ok(OK)
}

pub(super) async fn undo(token: String, place: &Place, output: Output) -> Done {
    let changes = with_office(place, async |office| office.undo(token).await).await?;
    output.show(&changes, |changes| changes.done.clone())?;
    Ok(OK)
}
