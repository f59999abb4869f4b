//! A program that is measured: a request a line of JSON, an answer a line, its processor time read from outside.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_mins(20);
/// What the kernel counts processor time in: hundredths of a second, on every Linux a program sees.
const TICKS: f64 = 100.0;

/// A running program, ours or a peer's.
pub(super) struct Player {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    /// Its first line.
    pub(super) hello: Value,
}

/// What a request cost, and what was answered.
pub(super) struct Cost {
    /// Answer.
    pub(super) answer: Value,
    /// Seconds of processor time of the whole process, user and system.
    pub(super) cpu_s: f64,
    /// Seconds by the clock.
    pub(super) wall_s: f64,
}

impl Player {
    /// Starts it and waits for its first line.
    pub(super) fn start(mut command: Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context(name.clone())?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let input = child.stdin.take();
        let mut player = Self { name, child, input, lines, hello: Value::Null };
        player.hello = player.line()?;
        Ok(player)
    }

    fn line(&mut self) -> anyhow::Result<Value> {
        let line = self.lines.recv_timeout(PATIENCE).with_context(|| format!("{} does not answer", self.name))?;
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("{} said {line}", self.name))?;
        match &answer["error"] {
            Value::Null => Ok(answer),
            error => bail!("{}: {error}", self.name),
        }
    }

    /// Asks and waits for the answer.
    pub(super) fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
        let input = self.input.as_mut().context("it takes no requests")?;
        writeln!(input, "{request}").with_context(|| self.name.clone())?;
        self.line()
    }

    /// Asks, and measures until the answer.
    pub(super) fn measure(&mut self, request: &Value) -> anyhow::Result<Cost> {
        let (start, before) = (Instant::now(), self.cpu()?);
        let answer = self.ask(request)?;
        Ok(Cost { answer, cpu_s: self.cpu()? - before, wall_s: start.elapsed().as_secs_f64() })
    }

    /// Seconds of processor time so far, of all its threads, user and system.
    pub(super) fn cpu(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // the fields follow the name in parentheses; user and system time are the 12th and 13th of them
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u32 = fields.skip(11).take(2).map(str::parse::<u32>).sum::<Result<_, _>>()?;
        Ok(f64::from(ticks) / TICKS)
    }

    /// The most memory it held so far, in MiB.
    pub(super) fn peak_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmHWM:")
    }

    /// What of it lies in memory, in MiB.
    pub(super) fn resident_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmRSS:")
    }

    fn status_mib(&self, name: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let said = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        Ok(said.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // the end of its input is how it is told to end; a server hears no input
        drop(self.input.take());
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
