//! Files the person chooses. The window never sees the disk: paths are read and written here.

use std::path::PathBuf;

use tauri::{AppHandle, Wry};
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;
use zuc_ipc::{Failure, words};

/// Name and endings of a kind of file; none where any will do.
fn filter(kind: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match kind {
        "file" => return None,
        "cer" => (words::say("dialog.certificate"), &["cer"]),
        "key" => (words::say("dialog.key"), &["key"]),
        "zuc" => (words::say("dialog.backup"), &["zuc"]),
        _ => (words::say("dialog.lists"), &["csv", "txt", "tsv", "xlsx", "xls", "ods"]),
    })
}

/// The file the person chose; `None` when they closed the dialog.
pub(crate) async fn pick(app: &AppHandle<Wry>, kind: &str) -> Option<PathBuf> {
    if let Some(path) = rehearsed(&format!("ZUC_PICK_{}", kind.to_uppercase())) {
        return Some(path);
    }
    let dialog = match filter(kind) {
        Some((name, endings)) => app.dialog().file().add_filter(name, endings),
        None => app.dialog().file(),
    };
    let (answer, chosen) = oneshot::channel();
    dialog.pick_file(move |path| {
        let _ = answer.send(path);
    });
    chosen.await.ok().flatten().and_then(|path| path.into_path().ok())
}

/// The folder the person chose; `None` when they closed the dialog.
pub(crate) async fn folder(app: &AppHandle<Wry>) -> Option<PathBuf> {
    if let Some(path) = rehearsed("ZUC_PICK_FOLDER") {
        return Some(path);
    }
    let (answer, chosen) = oneshot::channel();
    app.dialog().file().pick_folder(move |path| {
        let _ = answer.send(path);
    });
    chosen.await.ok().flatten().and_then(|path| path.into_path().ok())
}

/// Writes `bytes` where the person says; `None` when they closed the dialog.
pub(crate) async fn save(app: &AppHandle<Wry>, name: &str, bytes: Vec<u8>) -> Result<Option<String>, Failure> {
    let path = if let Some(folder) = rehearsed("ZUC_SAVE_DIR") {
        Some(folder.join(name))
    } else {
        let (answer, chosen) = oneshot::channel();
        app.dialog().file().set_file_name(name).save_file(move |path| {
            let _ = answer.send(path);
        });
        chosen.await.ok().flatten().and_then(|path| path.into_path().ok())
    };
    let Some(path) = path else { return Ok(None) };
    tokio::fs::write(&path, bytes).await.map_err(|error| Failure::new("file.not_written", error.kind().to_string()))?;
    Ok(Some(path.display().to_string()))
}

/// A native dialog cannot be clicked by a driver, so a debug build lets a test say what the person would have picked.
fn rehearsed(name: &str) -> Option<PathBuf> {
    if cfg!(debug_assertions) { std::env::var_os(name).map(PathBuf::from) } else { None }
}
