//! SIGKILL at random moments, for the import, for the issuing and for the relay, in real processes.
//!
//! After each kill what was acknowledged must be there, an import must be there as a whole or not at all, and no invoice
//! may have two timbres in the PAC's own ledger. The dead are opened again by the same programs.
//!
//! `ZUC_KILLS` says how many, `ZUC_KILL_SEED` which. `ZUC_KILL_RED=acknowledged` takes what a killed process had not
//! said for said: this fails at the first kill of that kind. `ZUC_KILL_RED=resend` lets the relay send again to a PAC that
//! dedupes nothing: this fails when a kill falls between the timbre and the relay's note of it, a few milliseconds.

mod dice;
mod import;
mod invoices;
mod issue;
mod relay;
mod tally;
#[path = "../world/mod.rs"]
mod world;

use std::{env, thread};

use dice::Dice;
use tally::Tally;
use zuc_app::ports::Entropy as _;

/// A fault that is put in on purpose.
#[derive(Clone, Copy, Default)]
pub(crate) struct Red {
    /// What was not answered is believed to be.
    acknowledged: bool,
    /// The relay repeats a call whose answer was lost.
    resend: bool,
}

#[test]
#[ignore = "minutes long, and needs zuclubit-relay built beside it: the suite of faults runs it"]
fn whatever_is_killed_nothing_acknowledged_is_lost_and_no_invoice_is_stamped_twice() {
    let seed = seed();
    let kills = number("ZUC_KILLS").unwrap_or(300);
    tally::say(&format!("ZUC_KILL_SEED={seed} ZUC_KILLS={kills}"));
    let red = red();
    let folder = tempfile::tempdir().expect("a folder");
    let share = kills / 3;
    let at = |name: &str| folder.path().join(name);
    let (imports, issues, relays) = (at("import"), at("issue"), at("relay"));
    let lanes = [
        thread::spawn(move || alone(import::run(imports, share, Dice::new(seed), red))),
        thread::spawn(move || alone(issue::run(issues, share, Dice::new(seed + 1), red))),
        thread::spawn(move || alone(relay::run(relays, kills - 2 * share, Dice::new(seed + 2), red))),
    ];
    let mut all = Vec::new();
    for lane in lanes {
        all.extend(lane.join().unwrap_or_else(|_| panic!("with ZUC_KILL_SEED={seed}")));
    }
    Tally::print(&all, seed);
    assert_eq!(all.iter().map(Tally::kills).sum::<u64>(), kills);
}

/// Each lane has a company, servers and a runtime of its own.
fn alone(lane: impl Future<Output = Vec<Tally>>) -> Vec<Tally> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(lane)
}

fn seed() -> u64 {
    number("ZUC_KILL_SEED").unwrap_or_else(|| {
        let mut bytes = [0; 4];
        zuc_gateways::OsEntropy.fill(&mut bytes);
        u64::from(u32::from_le_bytes(bytes))
    })
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

fn red() -> Red {
    let wanted = env::var("ZUC_KILL_RED").unwrap_or_default();
    assert!(["", "acknowledged", "resend"].contains(&wanted.as_str()), "no fault is called {wanted}");
    Red { acknowledged: wanted == "acknowledged", resend: wanted == "resend" }
}
