//! The real window, driven through `WebDriver`.

mod portrait;

use std::{
    net::TcpListener,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};

use crate::{
    album::WIDE,
    display::{Display, pictures, programs, wait_for},
    processes,
};

/// Longest wait for anything a person would wait for.
const PATIENCE: Duration = Duration::from_mins(1);

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

    /// Follows a link to an address of the product.
    pub(crate) async fn go(&self, address: &str) {
        let script = "const link = document.createElement('a'); link.href = arguments[0]; \
            document.body.append(link); link.click(); link.remove(); return true";
        self.run(script, &[address]).await;
        self.until("the address", "return location.pathname === arguments[0]", &[address]).await;
    }

    /// Every answer of the program stays on its way until [`Self::release`].
    pub(crate) async fn hold(&self) {
        let script = "const ask = window.fetch; \
            const gate = new Promise(open => { window.openTheGate = () => { window.fetch = ask; open() } }); \
            window.fetch = (...question) => gate.then(() => ask(...question))";
        self.run(script, &[]).await;
    }

    /// What was held arrives.
    pub(crate) async fn release(&self) {
        self.run("window.openTheGate()", &[]).await;
    }

    /// Starts the program once more as the same person at the same screen would, and waits until it has left; whether it
    /// left content.
    pub(crate) fn start_again(&self) -> bool {
        let variables = processes::variables(self.driver.id());
        let mut second = Command::new(programs().join("zuclubit"))
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("zuclubit is built before these tests");
        let mut left = None;
        let start = Instant::now();
        while left.is_none() && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
            left = second.try_wait().expect("a child can be asked");
        }
        if left.is_none() {
            let _ = second.kill();
        }
        let _ = second.wait();
        left.is_some_and(|status| status.success())
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
        while processes::alive(group) && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The selector of a part of the page by its name.
pub(crate) fn test(name: &str) -> String {
    format!("[data-testid={name}]")
}
