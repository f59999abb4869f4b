//! The real window, driven through `WebDriver`.

use std::{
    net::TcpListener,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};

use crate::display::{Display, pictures, programs, wait_for};

/// Longest wait for anything a person would wait for.
const PATIENCE: Duration = Duration::from_mins(1);
/// The window's own first size, and that of a small laptop's half screen.
const WIDE: (u32, u32) = (1440, 900);
const NARROW: (u32, u32) = (900, 720);

/// Keeps what the page complains of, for a story that fails.
const LISTEN: &str = "window.errorsOfTheTest = []; \
    const say = console.error; \
    console.error = (...words) => { window.errorsOfTheTest.push(words.join(' ')); say(...words) }; \
    addEventListener('error', event => window.errorsOfTheTest.push(event.message))";

/// One window of the program, on one home.
pub(crate) struct Window {
    client: Client,
    driver: Child,
    display: Display,
}

impl Window {
    /// Starts the program with these variables and waits for its first page.
    pub(crate) async fn open(variables: &[(&str, String)]) -> Self {
        let display = Display::open(WIDE.0, WIDE.1);
        let port = free_port();
        // a bus of its own: the program lets only one of its windows live on a bus
        let driver = Command::new("dbus-run-session")
            .process_group(0)
            .args(["--", "WebKitWebDriver", "--host=127.0.0.1"])
            .arg(format!("--port={port}"))
            .envs(display.variables())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus and webkit2gtk-driver are installed by the set-up");
        wait_for("the driver", PATIENCE, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        let mut wanted = serde_json::Map::new();
        wanted.insert("webkitgtk:browserOptions".into(), json!({ "binary": programs().join("zuclubit") }));
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the window opens");
        let window = Self { client, driver, display };
        window.see(".app, .solo").await;
        window.run(LISTEN, &[]).await;
        window
    }

    /// Waits until `css` is on the page.
    pub(crate) async fn see(&self, css: &str) {
        self.until(&format!("{css} on the page"), "return document.querySelector(arguments[0]) !== null", &[css]).await;
    }

    /// Waits until `css` is no longer on the page.
    pub(crate) async fn miss(&self, css: &str) {
        self.until(&format!("{css} gone"), "return document.querySelector(arguments[0]) === null", &[css]).await;
    }

    /// Waits until an element says `text`.
    pub(crate) async fn read(&self, css: &str, text: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])]\
            .some(element => (element.innerText ?? '').replaceAll('\\u00a0', ' ').includes(arguments[1]))";
        self.until(&format!("{css} saying «{text}»"), script, &[css, text]).await;
    }

    /// What an element says now.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.see(css).await;
        let said = self.run("return document.querySelector(arguments[0]).innerText", &[css]).await;
        said.as_str().unwrap_or_default().replace('\u{a0}', " ").trim().to_owned()
    }

    /// What a field holds now.
    pub(crate) async fn value(&self, css: &str) -> String {
        self.see(css).await;
        let held = self.run("return document.querySelector(arguments[0]).value", &[css]).await;
        held.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements there are now.
    pub(crate) async fn count(&self, css: &str) -> u64 {
        self.run("return document.querySelectorAll(arguments[0]).length", &[css]).await.as_u64().unwrap_or_default()
    }

    /// Presses what stands there, once it can be pressed, with all the events of a pointer.
    pub(crate) async fn click(&self, css: &str) {
        let script = "const found = document.querySelector(arguments[0]); \
            if (!found || found.disabled) return false; \
            found.scrollIntoView({ block: 'nearest' }); \
            const rect = found.getBoundingClientRect(); \
            const about = { bubbles: true, cancelable: true, composed: true, view: window, detail: 1, button: 0, \
                clientX: rect.left + rect.width / 2, clientY: rect.top + rect.height / 2 }; \
            found.dispatchEvent(new PointerEvent('pointerdown', about)); \
            found.dispatchEvent(new MouseEvent('mousedown', about)); \
            found.dispatchEvent(new PointerEvent('pointerup', about)); \
            found.dispatchEvent(new MouseEvent('mouseup', about)); \
            found.dispatchEvent(new MouseEvent('click', about)); \
            return true";
        self.until(&format!("{css} to press"), script, &[css]).await;
    }

    /// Types into a field, replacing what is there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let script = "const field = document.querySelector(arguments[0]); \
            if (!field || field.disabled) return false; \
            field.focus(); \
            const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set; \
            set.call(field, arguments[1]); \
            field.dispatchEvent(new Event('input', { bubbles: true })); \
            field.dispatchEvent(new Event('change', { bubbles: true })); \
            return true";
        self.until(&format!("{css} to fill"), script, &[css, text]).await;
    }

    /// Chooses in a select, once the choice is offered.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        let script = "const field = document.querySelector(arguments[0]); \
            if (!field || field.disabled || ![...field.options].some(option => option.value === arguments[1])) return false; \
            field.value = arguments[1]; \
            field.dispatchEvent(new Event('change', { bubbles: true })); \
            return true";
        self.until(&format!("{css} offering {value}"), script, &[css, value]).await;
    }

    /// Presses keys as a hand does.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.display.press(keys);
    }

    /// Types plain letters and figures as a hand does.
    pub(crate) fn write(&self, text: &str) {
        self.display.write(text);
    }

    /// Draws strokes over an element with the pointer; a point is in hundredths of its width and height.
    pub(crate) async fn draw(&self, css: &str, strokes: &[&[(i32, i32)]]) {
        self.see(css).await;
        let script = "const rect = document.querySelector(arguments[0]).getBoundingClientRect(); \
            return [rect.left, rect.top, rect.width, rect.height].map(Math.round)";
        let rect: [i32; 4] = serde_json::from_value(self.run(script, &[css]).await).expect("four numbers");
        for stroke in strokes {
            let points: Vec<(i32, i32)> =
                stroke.iter().map(|(x, y)| (rect[0] + x * rect[2] / 100, rect[1] + y * rect[3] / 100)).collect();
            self.display.draw(&points);
        }
    }

    /// Waits until a script answers true.
    pub(crate) async fn until(&self, what: &str, script: &str, arguments: &[&str]) {
        let start = Instant::now();
        while self.run(script, arguments).await != Value::Bool(true) {
            if start.elapsed() > PATIENCE {
                self.display.picture(&pictures().join("failed.png"), self.display.size());
                let page = self.run("return document.body.innerText", &[]).await;
                let errors = self.run("return window.errorsOfTheTest.join('\\n')", &[]).await;
                let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                panic!("not {what}; the page says:\n{}\n{}", words(&page), words(&errors));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str, arguments: &[&str]) -> Value {
        let arguments = arguments.iter().map(|argument| json!(argument)).collect();
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The pictures of a page as it stands: light, dark and narrow.
    pub(crate) async fn portrait(&self, page: &str) {
        self.theme("light").await;
        self.picture(page, "light", WIDE).await;
        self.theme("dark").await;
        self.picture(page, "dark", WIDE).await;
        self.theme("light").await;
        self.size(NARROW).await;
        self.picture(page, "narrow", NARROW).await;
        self.size(WIDE).await;
    }

    /// The picture of a page with nothing on it.
    pub(crate) async fn empty(&self, page: &str) {
        self.picture(page, "empty", WIDE).await;
    }

    async fn theme(&self, theme: &str) {
        self.run("document.documentElement.dataset.theme = arguments[0]", &[theme]).await;
    }

    async fn size(&self, size: (u32, u32)) {
        self.display.resize(size);
        let script = "return innerWidth === Number(arguments[0]) && innerHeight === Number(arguments[1])";
        self.until("the new size", script, &[&size.0.to_string(), &size.1.to_string()]).await;
    }

    /// Takes a picture once the page has come to rest: no skeleton, every font there, two frames drawn, and the
    /// screen twice the same.
    async fn picture(&self, page: &str, look: &str, size: (u32, u32)) {
        self.until(
            "a page at rest",
            "return document.querySelector('.sk') === null && document.fonts.status === 'loaded'",
            &[],
        )
        .await;
        let file = pictures().join(format!("{page}-{look}.png"));
        let mut before = Vec::new();
        let start = Instant::now();
        loop {
            let frames = "const done = arguments[arguments.length - 1]; \
                requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
            self.client.execute_async(frames, Vec::new()).await.expect("a page that draws");
            self.display.picture(&file, size);
            let now = std::fs::read(&file).expect("the picture was taken");
            if now == before {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{page} does not come to rest");
            before = now;
        }
    }

    /// Ends the program.
    pub(crate) async fn close(mut self) {
        self.client.clone().close().await.expect("the window closes");
        self.end();
    }

    /// The driver, its bus and the program are one group of processes; the home is free once the last has gone.
    fn end(&mut self) {
        let group = self.driver.id();
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
        let _ = self.driver.wait();
        let start = Instant::now();
        while alive(group) && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}

/// Some process of the group runs still.
fn alive(group: u32) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    processes.flatten().any(|process| {
        let Ok(about) = std::fs::read_to_string(process.path().join("stat")) else { return false };
        // after the name, which may hold anything: state, parent, group
        let mut fields = about.rsplit(')').next().unwrap_or_default().split_whitespace();
        // a dead process whose threads still wait for the disk holds its files as long as they do
        let threads = std::fs::read_dir(process.path().join("task")).map_or(0, Iterator::count);
        let gone = matches!(fields.next(), Some("Z" | "X"));
        (threads > 1 || !gone) && fields.nth(1) == Some(group.to_string().as_str())
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The selector of a part of the page by its name.
pub(crate) fn test(name: &str) -> String {
    format!("[data-testid={name}]")
}
