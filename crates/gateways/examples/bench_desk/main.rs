//! A laptop without a window that does what it is told, for the benchmark: a request a line of JSON, an answer a line.
//!
//! Processor time and memory are read by whoever starts it; only the times of single questions are taken here.

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "the answers are this program's output")]

mod boards;
mod changes;
mod invoices;
mod laptop;

use std::io::{BufRead as _, Write as _};

use laptop::Laptop;
use serde_json::{Value, json};

/// As `zuc` and the window have it.
#[global_allocator]
static ALLOCATOR: zuc_gateways::MiMalloc = zuc_gateways::MiMalloc;

fn main() -> anyhow::Result<()> {
    #[expect(unsafe_code, reason = "the first statement of main")]
    // SAFETY: nothing uses SQLite yet.
    unsafe {
        zuc_gateways::settle_memory();
    }
    // as `zuc` and the window do
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut laptop = Laptop::default();
    answer(&json!({ "ready": true }))?;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let done = runtime.block_on(laptop.obey(&request));
        answer(&done.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })))?;
    }
    runtime.block_on(laptop.close());
    Ok(())
}

fn answer(value: &Value) -> std::io::Result<()> {
    println!("{value}");
    std::io::stdout().flush()
}
