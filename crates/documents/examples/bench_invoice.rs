//! Draws N one-page invoices of twelve lines and prints one line of JSON with times, size and memory.
//!
//! Usage: `bench_invoice FONT N`. The font is taken for the sake of the peer's command line and not used: the
//! typeface is compiled in.

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "the line of JSON is what this program is for")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[expect(dead_code, reason = "the tests draw the other samples")]
#[path = "../tests/samples/mod.rs"]
mod samples;

use std::time::Instant;

use zuc_documents::InvoicePdf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u32 = std::env::args().nth(2).map_or(Ok(200), |count| count.parse())?;
    let created_at = samples::created_at();
    let numbered = |number: u32| InvoicePdf { folio: format!("{number:05}"), ..samples::invoice(12) };

    // The typeface is read once in the life of a program, as the peer registers its font before the clock starts.
    let mut bytes = numbered(0).render(created_at)?.len();
    let cpu_before = cpu_ms();
    let mut times = Vec::new();
    for number in 1..=count {
        let invoice = numbered(number);
        let start = Instant::now();
        bytes = invoice.render(created_at)?.len();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let cpu_each = (cpu_ms() - cpu_before) / f64::from(count.max(1));
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() * share / 100).saturating_sub(usize::from(share > 50))).copied();
    println!(
        "{{\"n\":{count},\"p50_ms\":{:.3},\"p99_ms\":{:.3},\"bytes\":{bytes},\"rss_mb\":{:.1},\"cpu_ms_each\":{cpu_each:.3}}}",
        at(50).unwrap_or_default(),
        at(99).unwrap_or_default(),
        peak_rss_mb(),
    );
    Ok(())
}

/// CPU time of this process in milliseconds, user and system, as Linux counts it; zero where it does not say.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fields follow the name in parentheses; user and system time are the 12th and 13th, in hundredths.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// The most memory this process held, in MiB.
fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}
