//! What happens before there is a window.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Parser;
use tauri::{App, AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder, Wry};
use zuc_app::Desk;

/// What the program may be told when it is started.
#[derive(Parser)]
pub(crate) struct Options {
    /// Folder of the data
    #[arg(long, env = "ZUC_HOME", default_value_os_t = zuc_gateways::default_home())]
    pub(crate) home: PathBuf,
    /// Page to open first, for example /prospectos
    #[arg(long, env = "ZUC_PAGE")]
    page: Option<String>,
    /// `light` or `dark`, before the setting
    #[arg(long, env = "ZUC_THEME")]
    theme: Option<String>,
}

impl Options {
    /// The page the window loads, with what it should show first.
    pub(crate) fn entry(&self) -> String {
        let page = self.page.as_deref().unwrap_or("/").trim_start_matches('/');
        let theme = self.theme.as_deref().filter(|theme| ["light", "dark"].contains(theme));
        let page = if page.chars().all(|c| c.is_ascii_alphanumeric() || "/-".contains(c)) { page } else { "" };
        match theme {
            Some(theme) => format!("{page}?theme={theme}"),
            None => page.to_owned(),
        }
    }
}

/// What it was told.
pub(crate) fn options() -> Options {
    Options::parse()
}

/// SQLite's memory from the same place as the program's.
pub(crate) fn settle_memory() {
    #[expect(unsafe_code, reason = "the first statement of main")]
    // SAFETY: nothing uses SQLite yet.
    unsafe {
        zuc_gateways::settle_memory();
    }
}

/// `WebKitGTK` paints nothing on some drivers unless it is told so before GTK starts.
pub(crate) fn quiet_the_renderer() {
    #[cfg(target_os = "linux")]
    if std::env::var_os("WEBKIT_DISABLE_DMABUF_RENDERER").is_none() {
        #[expect(unsafe_code, reason = "at the beginning of main: no other thread reads the environment yet")]
        // SAFETY: no thread has been started.
        unsafe {
            std::env::set_var("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        }
    }
}

/// JSON lines in the folder of the data; nothing personal is in them. Where they cannot be written the window says why,
/// because the data cannot be opened there either.
pub(crate) fn logs(home: &Path) {
    let file = std::fs::create_dir_all(home)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(home.join("zuclubit.log")));
    if let Ok(file) = file {
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(Arc::new(file)).init();
    }
}

/// The use cases over the real ports. The data open while the window is made; the window asks again and says why when
/// they do not.
pub(crate) fn desk(options: &Options) -> Arc<Desk> {
    let desk = zuc_gateways::shut_desk(&options.home);
    let opening = desk.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = opening.boot().await {
            tracing::error!(code = error.code, detail = error.detail, "the data do not open");
        }
    });
    desk
}

/// The one window.
pub(crate) fn window(app: &App<Wry>, entry: &str) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App(entry.into()))
        .title("Zuclubit")
        .inner_size(1440.0, 900.0)
        .min_inner_size(760.0, 560.0)
        .build()?;
    Ok(())
}

/// A second start brings the first window to the front.
pub(crate) fn to_front(app: &AppHandle<Wry>) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}
