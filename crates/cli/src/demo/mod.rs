//! `zuc demo`: one sale, end to end, on three homes and a relay, with what came of it in a folder.

mod servers;
mod stages;
mod team;

use std::{fs, path::Path};

use anyhow::Context as _;

use crate::{Done, Ended, commands::OK, output::Output};
use stages::Story;
use team::Team;

/// Plays the story and leaves its documents in `out`.
pub(crate) async fn run(out: &Path, keep_homes: bool, output: Output) -> Done {
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let passing = tempfile::tempdir().context("a folder for the homes")?;
    let root = if keep_homes { out } else { passing.path() };
    let mut team = Team::gather(root, output).await?;
    let played = Box::pin(play(&mut team, out, output)).await;
    team.close().await;
    let summary = played?;
    let text = serde_json::to_string_pretty(&summary).context("resumen.json")?;
    fs::write(out.join("resumen.json"), text + "\n").context("resumen.json")?;
    output.show(&summary, |_| format!("Listo: {}", out.display()))?;
    Ok(OK)
}

async fn play(team: &mut Team, out: &Path, output: Output) -> Result<serde_json::Value, Ended> {
    let mut story = Story::default();
    story.share_a_lead(team, output).await?;
    team.servers.stop_relay().await;
    output.say("Sin red: Ana trabaja sola");
    Box::pin(story.sell_offline(team, out, output)).await?;
    story.catch_up(team, output).await?;
    story.invoice(team, out, output).await?;
    story.look(team, out, output).await
}

/// A fault of the demonstration itself: what was promised did not happen.
pub(crate) fn broken(what: impl std::fmt::Display) -> Ended {
    Ended::Broken(anyhow::anyhow!("{what}"))
}
