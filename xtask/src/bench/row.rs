//! A line of the table: which figure of which trial, and what it has to reach.

use serde_json::Value;

/// What is asked of ours.
#[derive(Clone, Copy)]
pub(super) enum Floor {
    /// Nothing; the figure is there to be known.
    None,
    /// At most so much of the unit.
    AtMost(f64),
    /// So many times better than the peer.
    Times(f64),
}

/// A line of the table.
pub(super) struct Row {
    /// Trial it is read from.
    pub(super) trial: &'static str,
    /// What is measured.
    pub(super) what: &'static str,
    /// Who is measured against.
    pub(super) peer: &'static str,
    /// Unit of both figures.
    pub(super) unit: &'static str,
    /// Where the figure stands in a line, as a JSON pointer.
    pub(super) figure: &'static str,
    /// More is better; else less is.
    pub(super) more: bool,
    /// What is asked.
    pub(super) floor: Floor,
}

const fn row(trial: &'static str, what: &'static str, peer: &'static str, unit: &'static str) -> Row {
    Row { trial, what, peer, unit, figure: "/cpu_s", more: false, floor: Floor::None }
}

const SATCFDI: &str = "satcfdi";
const OPENSSL: &str = "openssl speed rsa2048";
const REPORTLAB: &str = "reportlab";
const SQLITE: &str = "Python and plain SQLite";
const AUTOMERGE: &str = "automerge-repo";
const REPLAY: &str = "ours, without a snapshot";

/// The table.
pub(super) const ROWS: &[Row] = &[
    Row {
        figure: "/per_cpu_s",
        more: true,
        floor: Floor::Times(3.0),
        ..row("seal", "build and seal an invoice of three lines", SATCFDI, "per CPU second")
    },
    Row {
        figure: "/per_s",
        more: true,
        ..row("seal_reference", "the same, by the clock, beside the reference script", SATCFDI, "per second")
    },
    Row {
        figure: "/per_cpu_s",
        more: true,
        ..row("signing", "the same, beside nothing but signing", OPENSSL, "per CPU second")
    },
    Row {
        figure: "/cpu_ms_each",
        ..row("invoice_pdf", "draw an invoice of one page, twelve lines", REPORTLAB, "ms of CPU")
    },
    Row {
        figure: "/wall_ms_each",
        ..row("invoice_reference", "the same, by the clock, beside the reference script", REPORTLAB, "ms")
    },
    Row { figure: "/bytes", ..row("invoice_pdf", "its file", REPORTLAB, "bytes") },
    Row {
        figure: "/list/p99_ms",
        floor: Floor::AtMost(20.0),
        ..row("boards", "a page of the list among 100,000 leads, p99", SQLITE, "ms")
    },
    Row { figure: "/search/p99_ms", ..row("boards", "search among 100,000 leads, p99", SQLITE, "ms") },
    Row {
        figure: "/dashboard/p99_ms",
        floor: Floor::AtMost(10.0),
        ..row("boards", "Inicio over 100,000 leads and 50,000 invoices, p99", SQLITE, "ms")
    },
    row("import_2000", "import a list of 2,000 rows", SQLITE, "CPU seconds"),
    Row { floor: Floor::AtMost(20.0), ..row("import_100000", "import a list of 100,000 rows", SQLITE, "CPU seconds") },
    Row {
        floor: Floor::Times(10.0),
        ..row("exchange", "1,000 records A → B, imported on A", AUTOMERGE, "CPU seconds of all three")
    },
    Row { figure: "/visible_s", ..row("exchange", "until B shows them", AUTOMERGE, "seconds") },
    Row { figure: "/wire_kib", ..row("exchange", "bytes on the wires, both ways", AUTOMERGE, "KiB") },
    Row { figure: "/server_peak_mib", ..row("exchange", "memory of the server, peak", AUTOMERGE, "MiB") },
    Row {
        floor: Floor::Times(10.0),
        ..row(
            "exchange_reference",
            "1,000 records A → B, beside the reference script",
            AUTOMERGE,
            "CPU seconds of all three",
        )
    },
    Row {
        floor: Floor::Times(10.0),
        ..row("exchange_typed", "1,000 records A → B, typed on A one by one", AUTOMERGE, "CPU seconds of all three")
    },
    Row {
        figure: "/server_us_each",
        floor: Floor::Times(15.0),
        ..row("changes", "one field of each of 1,000 records, A → B: the server", AUTOMERGE, "µs of CPU a change")
    },
    Row {
        figure: "/over_ten_bytes",
        floor: Floor::AtMost(100.0),
        ..row("changes", "one field of ten records, sent together", AUTOMERGE, "bytes a change")
    },
    Row {
        figure: "/over_one_bytes",
        floor: Floor::AtMost(80.0),
        ..row("changes", "one field of one record, ten times, sent together", AUTOMERGE, "bytes a change")
    },
    Row {
        figure: "/visible_s",
        floor: Floor::AtMost(1.0),
        ..row("outage", "network back: 25 records typed on A meanwhile, until B shows them", AUTOMERGE, "seconds")
    },
    Row {
        figure: "/visible_s",
        floor: Floor::AtMost(2.0),
        ..row("newcomer", "a new laptop, until it lists 10,000 leads", REPLAY, "seconds")
    },
    Row { floor: Floor::AtMost(8.0), ..row("newcomer", "the same, until it is complete", REPLAY, "CPU seconds") },
    Row {
        figure: "/wire_kib",
        floor: Floor::AtMost(10_240.0),
        ..row("newcomer", "bytes on its wire, both ways", REPLAY, "KiB")
    },
    Row {
        figure: "/peak_mib",
        floor: Floor::AtMost(64.0),
        ..row("crowd", "memory of the server under 2,000 sockets of 1,000 companies, peak", AUTOMERGE, "MiB")
    },
];

/// A round of a trial: both lines, or the one that was left.
pub(super) struct Round {
    /// Ours.
    pub(super) ours: Option<Value>,
    /// The peer's.
    pub(super) peer: Option<Value>,
    /// Seconds between the end of the one and the beginning of the other.
    pub(super) apart_s: f64,
}

/// What a row says of all rounds.
pub(super) struct Result {
    /// Median of ours.
    pub(super) ours: f64,
    /// Median of the peer's.
    pub(super) peer: f64,
    /// Median of how many times better ours was, round by round.
    pub(super) ratio: f64,
}

impl Row {
    /// The medians; `None` where a round lacks a side, or its sides were not run within a minute of each other.
    pub(super) fn result(&self, rounds: &[Round]) -> Option<Result> {
        let figure =
            |line: &Option<Value>| line.as_ref()?.pointer(self.figure)?.as_f64().filter(|figure| *figure > 0.0);
        let pairs: Vec<(f64, f64)> = rounds
            .iter()
            .map(|round| Some((figure(&round.ours)?, figure(&round.peer)?)).filter(|_| round.apart_s <= 60.0))
            .collect::<Option<_>>()?;
        let ratio = |(ours, peer): &(f64, f64)| if self.more { ours / peer } else { peer / ours };
        Some(Result {
            ours: median(pairs.iter().map(|pair| pair.0).collect())?,
            peer: median(pairs.iter().map(|pair| pair.1).collect())?,
            ratio: median(pairs.iter().map(ratio).collect())?,
        })
    }

    /// Whether the floor is met; `None` where there is none.
    pub(super) fn met(&self, result: &Result) -> Option<bool> {
        match self.floor {
            Floor::None => None,
            Floor::AtMost(most) => Some(result.ours <= most),
            Floor::Times(times) => Some(result.ratio >= times),
        }
    }
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn round(ours: f64, peer: Option<f64>, apart_s: f64) -> Round {
        Round { ours: Some(json!({ "cpu_s": ours })), peer: peer.map(|peer| json!({ "cpu_s": peer })), apart_s }
    }

    const LESS: Row = Row { floor: Floor::Times(3.0), ..row("t", "w", "p", "s") };

    #[test]
    fn the_ratio_is_the_median_of_the_rounds() {
        let rounds = [round(1.0, Some(2.0), 0.0), round(2.0, Some(8.0), 0.0), round(4.0, Some(12.0), 0.0)];
        let result = LESS.result(&rounds).unwrap();
        assert!((result.ratio - 3.0).abs() < 1e-9 && (result.ours - 2.0).abs() < 1e-9);
        assert_eq!(LESS.met(&result), Some(true));
        let more = Row { more: true, ..LESS };
        assert_eq!(more.met(&more.result(&rounds).unwrap()), Some(false));
    }

    #[test]
    fn a_row_without_its_peer_of_that_minute_is_not_measured() {
        assert!(LESS.result(&[round(1.0, Some(2.0), 0.0), round(1.0, None, 0.0)]).is_none());
        assert!(LESS.result(&[round(1.0, Some(2.0), 61.0)]).is_none());
        assert!(LESS.result(&[]).is_none());
    }
}
