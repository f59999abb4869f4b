//! Draws one-page invoices of twelve lines for the benchmark, as many as a line of JSON on its input asks for, and answers
//! with a line.
//!
//! Processor time and memory are read by whoever starts it. The typeface is compiled in.

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "the answers are this program's output")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

#[expect(dead_code, reason = "the tests draw the other samples")]
#[path = "../tests/samples/mod.rs"]
mod samples;

use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use serde_json::{Value, json};
use zuc_documents::InvoicePdf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let created_at = samples::created_at();
    let numbered = |number: u64| InvoicePdf { folio: format!("{number:05}"), ..samples::invoice(12) };

    // the typeface is read once in the life of a program, as the peer registers its font before it is asked
    let mut bytes = numbered(0).render(created_at)?.len();
    answer(&json!({ "ready": true }))?;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let mut times = Vec::new();
        for number in 1..=request["n"].as_u64().ok_or("no n")? {
            let invoice = numbered(number);
            let start = Instant::now();
            bytes = invoice.render(created_at)?.len();
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
        answer(&json!({ "n": times.len(), "p50_ms": at(50), "p99_ms": at(99), "bytes": bytes }))?;
    }
    Ok(())
}

fn answer(value: &Value) -> std::io::Result<()> {
    println!("{value}");
    std::io::stdout().flush()
}
