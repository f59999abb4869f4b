//! What the window hears without asking.

use std::sync::Arc;

use tauri::{AppHandle, Emitter as _, Wry};
use zuc_app::{Desk, Notice};

/// Sends each notice of the use cases to the window, until the program ends.
pub(crate) fn forward(app: AppHandle<Wry>, desk: Arc<Desk>) {
    tauri::async_runtime::spawn(async move {
        let mut notices = desk.notices();
        loop {
            let sent = match notices.recv().await {
                Ok(Notice::Changes(changes)) => app.emit("changes", changes),
                Ok(Notice::Sync(status)) => app.emit("sync-status", status),
                Ok(Notice::Import(progress)) => app.emit("import-progress", progress),
                Ok(Notice::Backup(progress)) => app.emit("backup-progress", progress),
                Ok(Notice::Locked) => app.emit("locked", ()),
                // a slow window asks again for everything
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                    app.emit("changes", zuc_ipc::Changes::all())
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            };
            if let Err(error) = sent {
                tracing::warn!(%error, "a notice did not reach the window");
            }
        }
    });
}
