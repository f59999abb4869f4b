//! Files the person chooses. The window never sees the disk: paths are read and written here.

use std::{
    io,
    path::{Path, PathBuf},
};

use tauri::{AppHandle, Wry};
use tauri_plugin_dialog::DialogExt as _;
use tokio::{io::AsyncWriteExt as _, sync::oneshot};
use zuc_app::File;
use zuc_ipc::{Failure, words};

/// Name and endings of a kind of file; none where any will do.
fn filter(kind: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match kind {
        "file" => return None,
        "cer" => (words::say("dialog.certificate"), &["cer"]),
        "key" => (words::say("dialog.key"), &["key"]),
        "json" => (words::say("dialog.receipt"), &["json"]),
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

/// Writes files into the folder that the person says, so that nobody else of this computer reads them; the folder, or `None`
/// when they closed the dialog.
pub(crate) async fn save_all(app: &AppHandle<Wry>, files: Vec<File>) -> Result<Option<String>, Failure> {
    let into = match rehearsed("ZUC_SAVE_DIR") {
        Some(into) => Some(into),
        None => folder(app).await,
    };
    let Some(into) = into else { return Ok(None) };
    for file in files {
        let path = into.join(&file.name);
        write_private(&path, file.bytes)
            .await
            .map_err(|error| Failure::new("file.not_written", error.kind().to_string()))?;
    }
    Ok(Some(into.display().to_string()))
}

/// Writes a file that only its owner reads, in the place of whatever lay there; a link is not followed.
async fn write_private(path: &Path, bytes: Vec<u8>) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    file.write_all(&bytes).await?;
    file.sync_all().await
}

/// A native dialog cannot be clicked by a driver, so a debug build lets a test say what the person would have picked.
fn rehearsed(name: &str) -> Option<PathBuf> {
    if cfg!(debug_assertions) { std::env::var_os(name).map(PathBuf::from) } else { None }
}
