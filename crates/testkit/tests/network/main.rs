//! A company of several laptops and a relay in one process: what they do apart comes to the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod balances;
mod compaction;
mod conflicts;
mod erasing;
mod forks;
mod glances;
mod holes;
mod leases;
mod left;
mod look;
mod lost;
mod merges;
mod moves;
mod recovery;
mod restored;
mod rot;
mod sim;
mod snapshots;
mod spoil;
mod stories;
mod work;
mod writers;
