//! The real window, driven through WebDriver.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use serde_json::{Value, json};

use crate::display::{Display, pictures, programs, wait_for};

/// Longest wait for anything a person would wait for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One window of the program, on one home.
pub struct Window {
    client: Client,
    driver: Child,
    display: Display,
}

impl Window {
    /// Starts the program on `home` with these variables and waits for its first page.
    pub async fn open(home: &Path, variables: &[(&str, String)], size: (u32, u32)) -> Self {
        let display = Display::open(size.0, size.1);
        let port = free_port();
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .arg("--host=127.0.0.1")
            .envs(display.variables())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("ZUC_HOME", home)
            .envs(variables.iter().map(|(name, value)| (*name, value.clone())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("webkit2gtk-driver is installed by the set-up");
        wait_for("the driver", PATIENCE, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        let mut wanted = serde_json::Map::new();
        wanted.insert("webkitgtk:browserOptions".into(), json!({ "binary": programs().join("zuclubit") }));
        let client = ClientBuilder::new(hyper_util_connector())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the window opens");
        let window = Self { client, driver, display };
        window.see("[data-testid=app-ready]").await;
        window
    }

    /// Waits for an element and gives it.
    pub async fn see(&self, css: &str) -> Element {
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css} does not appear: {error}"))
    }

    /// Text of an element.
    pub async fn text(&self, css: &str) -> String {
        self.see(css).await.text().await.expect("an element has text")
    }

    /// Clicks as the page sees it.
    pub async fn click(&self, css: &str) {
        self.see(css).await;
        self.run("document.querySelector(arguments[0]).click()", vec![json!(css)]).await;
    }

    /// Types into a field, replacing what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        self.see(css).await;
        let script = "const field = document.querySelector(arguments[0]); field.focus(); \
            const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set; \
            set.call(field, arguments[1]); \
            field.dispatchEvent(new Event('input', { bubbles: true })); \
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.run(script, vec![json!(css), json!(text)]).await;
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: &str, ctrl: bool) {
        let script = "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', \
            { key: arguments[0], ctrlKey: arguments[1], bubbles: true, cancelable: true }));";
        self.run(script, vec![json!(key), json!(ctrl)]).await;
    }

    /// Waits until a text is somewhere in an element.
    pub async fn read(&self, css: &str, text: &str) {
        let start = std::time::Instant::now();
        loop {
            let found = self
                .run("return document.querySelector(arguments[0])?.textContent ?? ''", vec![json!(css)])
                .await;
            let found = found.as_str().unwrap_or_default().replace('\u{a0}', " ");
            if found.contains(text) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{css} does not say «{text}»: {found}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Takes a picture, in the theme asked for.
    pub async fn picture(&self, name: &str, theme: &str) {
        self.run("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)]).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        self.display.picture(&pictures().join(format!("{name}-{theme}.png")));
        self.run("document.documentElement.dataset.theme = 'light'", vec![]).await;
    }

    /// Ends the program as a person closes it.
    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn hyper_util_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}
