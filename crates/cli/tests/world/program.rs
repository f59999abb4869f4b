//! `zuc` as a process: run to its end, or killed on the way.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    time::{Instant, timeout},
};

/// Nothing here takes longer; a process that does hangs, and the test says so.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A command that was not started yet.
pub(crate) struct Zuc {
    command: Command,
    said: String,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; none when it was killed.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it complained of.
    pub(crate) stderr: String,
    /// How long it lived.
    pub(crate) lived: Duration,
}

impl Ran {
    /// Its whole answer: what it printed is what it acknowledged, whether or not it lived on.
    pub(crate) fn answer(&self) -> Option<Value> {
        self.stdout.ends_with('\n').then(|| serde_json::from_str(&self.stdout).ok()).flatten()
    }

    /// Whether SIGKILL ended it.
    pub(crate) fn was_killed(&self) -> bool {
        self.code.is_none()
    }

    /// The stable code of its refusal: the first word on stderr that is one, logs passed over.
    pub(crate) fn refusal(&self) -> Option<&str> {
        let line = self.stderr.lines().find(|line| !line.starts_with('{'))?;
        let code = line.split([':', ' ']).next()?;
        code.contains('.').then_some(code)
    }
}

impl Zuc {
    pub(crate) fn new(home: &Path, passphrase: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zuc"));
        command
            .arg("--json")
            .args(arguments)
            .env("ZUC_HOME", home)
            .env("ZUC_PASSPHRASE_FILE", passphrase)
            .env_remove("RUST_LOG")
            .env_remove("ZUC_FAILPOINT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self { command, said: arguments.join(" ") }
    }

    /// With a place where it fails, dies or waits to be killed.
    pub(crate) fn failing_at(mut self, place: &str) -> Self {
        self.command.env("ZUC_FAILPOINT", place);
        self
    }

    /// With a clock that is wrong by so much, as `faketime` writes it; what measures how long something takes stays right.
    pub(crate) fn by_a_clock(mut self, off: &str) -> Self {
        let library = std::fs::read_dir("/usr/lib")
            .expect("the system's libraries")
            .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")))
            .find(|library| library.exists())
            .expect("faketime is one of the packages that tests need");
        self.command.env("LD_PRELOAD", library).env("FAKETIME", off).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        self
    }

    /// With everything it logs, on stderr as one JSON value a line.
    pub(crate) fn saying_all(mut self) -> Self {
        self.command.env("RUST_LOG", "trace");
        self
    }

    /// To its end.
    pub(crate) async fn run(self) -> Ran {
        self.killed_after(PATIENCE).await
    }

    /// To its end, or to SIGKILL after `delay`.
    pub(crate) async fn killed_after(mut self, delay: Duration) -> Ran {
        #[expect(clippy::disallowed_methods, reason = "how long a program ran is what is looked at")]
        let began = Instant::now();
        let mut child = self.command.spawn().expect("zuc starts");
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let out = tokio::spawn(async move { all(out.expect("its output")).await });
        let err = tokio::spawn(async move { all(err.expect("its complaints")).await });
        let status = if let Ok(status) = timeout(delay, child.wait()).await {
            status.expect("zuc is waited for")
        } else {
            assert!(delay < PATIENCE, "zuc {} hangs", self.said);
            kill(&mut child).await
        };
        let lived = began.elapsed();
        let (stdout, stderr) = (out.await.expect("read"), err.await.expect("read"));
        Ran { code: status.code(), stdout, stderr, lived }
    }

    /// To where it says that it waits to be killed; then SIGKILL.
    pub(crate) async fn killed_where_it_waits(mut self) {
        let mut child = self.command.spawn().expect("zuc starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its complaints")).lines();
        let waits = async {
            let mut seen = String::new();
            while let Some(line) = lines.next_line().await.expect("its complaints are text") {
                if line.contains("waits to be killed") {
                    return;
                }
                seen.push_str(&line);
                seen.push('\n');
            }
            panic!("zuc {} ended before the place where it was to be killed: {seen}", self.said);
        };
        timeout(PATIENCE, waits).await.expect("it comes to the place");
        kill(&mut child).await;
    }
}

async fn kill(child: &mut Child) -> std::process::ExitStatus {
    // one that ended in this moment is as good: its status says how
    let _ = child.start_kill();
    child.wait().await.expect("zuc is waited for")
}

async fn all(mut from: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).await.expect("a pipe is read");
    String::from_utf8_lossy(&bytes).into_owned()
}
