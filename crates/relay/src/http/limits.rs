//! Who may ask how often, and how many wrong proofs are borne.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::http::HeaderMap;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use zuc_protocol::ids::CompanyId;

use super::HttpOptions;
use crate::RelayError;

/// The header in which a proxy names whom it asks for.
const FORWARDED: &str = "x-forwarded-for";
/// A minute, in milliseconds.
const WINDOW_MS: i64 = 60_000;
/// How many addresses and companies with wrong proofs are remembered.
const REMEMBERED: usize = 10_000;
/// Checks between two sweeps of keys that have been quiet.
const SWEEP: u32 = 4_096;

/// The limits of one relay process.
pub(crate) struct Limits {
    companies: Keyed<CompanyId>,
    addresses: Keyed<IpAddr>,
    founding: Keyed<IpAddr>,
    wrong: u32,
    proxies: Vec<IpAddr>,
    wrong_from: Mutex<HashMap<IpAddr, Wrong>>,
    wrong_against: Mutex<HashMap<CompanyId, Wrong>>,
}

/// Wrong proofs in the current window.
#[derive(Clone, Copy)]
struct Wrong {
    since_ms: i64,
    count: u32,
}

struct Keyed<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), checks: AtomicU32::new(0) }
    }

    fn check(&self, key: &K) -> Result<(), RelayError> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            RelayError::TooMany { retry_after_s: wait.as_secs() + 1 }
        })
    }
}

fn positive(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// An address as proxies write it: alone, or with a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = || text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let address = text.parse::<SocketAddr>().map(|socket| socket.ip()).ok().or_else(bare);
    address.map(|address| address.to_canonical())
}

impl Limits {
    pub(crate) fn new(options: &HttpOptions) -> Self {
        Self {
            companies: Keyed::new(Quota::per_minute(positive(options.per_company))),
            addresses: Keyed::new(Quota::per_minute(positive(options.per_address))),
            founding: Keyed::new(Quota::per_hour(positive(options.new_companies))),
            wrong: options.wrong_proofs,
            proxies: options.proxies.clone(),
            wrong_from: Mutex::default(),
            wrong_against: Mutex::default(),
        }
    }

    /// Where a request comes from: the peer itself, or whom a proxy that we trust names. A proxy adds the address it saw
    /// at the end, so that whatever stands before the last one we do not know may be invented.
    pub(crate) fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut origin = peer.to_canonical();
        let named: Vec<&str> =
            headers.get_all(FORWARDED).iter().flat_map(|value| value.to_str().unwrap_or_default().split(',')).collect();
        for address in named.into_iter().rev() {
            if !self.proxies.contains(&origin) {
                break;
            }
            // behind one that cannot be read stands only what nobody whom we trust has seen
            let Some(before) = address_of(address.trim()) else { break };
            origin = before;
        }
        origin
    }

    /// A request of a company's device.
    pub(crate) fn company(&self, company: CompanyId) -> Result<(), RelayError> {
        self.companies.check(&company)
    }

    /// A request without a session.
    pub(crate) fn address(&self, address: IpAddr) -> Result<(), RelayError> {
        self.addresses.check(&address)
    }

    /// A new company.
    pub(crate) fn founding(&self, address: IpAddr) -> Result<(), RelayError> {
        self.founding.check(&address)
    }

    /// Whether a proof of this address for this company is looked at at all.
    pub(crate) fn proof(&self, address: IpAddr, company: CompanyId, now_ms: i64) -> Result<(), RelayError> {
        let from = spent(&self.wrong_from, &address, now_ms, self.wrong);
        // Guesses from many addresses are counted together, with room for a few people's typing errors.
        let against = spent(&self.wrong_against, &company, now_ms, self.wrong.saturating_mul(5));
        match from.or(against) {
            Some(retry_after_s) => Err(RelayError::TooMany { retry_after_s }),
            None => Ok(()),
        }
    }

    /// Counts a wrong proof.
    pub(crate) fn wrong(&self, address: IpAddr, company: CompanyId, now_ms: i64) {
        count(&self.wrong_from, address, now_ms);
        count(&self.wrong_against, company, now_ms);
        metrics::counter!("relay_wrong_proofs_total").increment(1);
    }
}

/// Seconds until the window is over, when it is spent.
fn spent<K: Hash + Eq>(table: &Mutex<HashMap<K, Wrong>>, key: &K, now_ms: i64, most: u32) -> Option<u64> {
    let table = table.lock().expect("no holder panics");
    let wrong = table.get(key).filter(|wrong| wrong.count >= most && now_ms - wrong.since_ms < WINDOW_MS)?;
    Some(u64::try_from((wrong.since_ms + WINDOW_MS - now_ms) / 1_000).unwrap_or(0) + 1)
}

fn count<K: Hash + Eq>(table: &Mutex<HashMap<K, Wrong>>, key: K, now_ms: i64) {
    let mut table = table.lock().expect("no holder panics");
    if table.len() >= REMEMBERED {
        table.retain(|_, wrong| now_ms - wrong.since_ms < WINDOW_MS);
    }
    let wrong = table.entry(key).or_insert(Wrong { since_ms: now_ms, count: 0 });
    if now_ms - wrong.since_ms >= WINDOW_MS {
        *wrong = Wrong { since_ms: now_ms, count: 0 };
    }
    wrong.count += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_proxy_that_we_trust_each_is_counted_by_the_address_it_named_last() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let options = HttpOptions { proxies: vec![ip("127.0.0.1"), ip("10.0.0.2")], ..HttpOptions::default() };
        let limits = Limits::new(&options);
        let from = |peer: &str, forwarded: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(forwarded) = forwarded {
                headers.insert(FORWARDED, forwarded.parse().unwrap());
            }
            limits.origin(ip(peer), &headers)
        };
        assert_eq!(from("127.0.0.1", Some("198.51.100.7")), ip("198.51.100.7"));
        assert_eq!(
            from("127.0.0.1", Some("203.0.113.9, 198.51.100.7, 10.0.0.2")),
            ip("198.51.100.7"),
            "invented before it"
        );
        assert_eq!(from("198.51.100.7", Some("203.0.113.9")), ip("198.51.100.7"), "no proxy of ours");
        assert_eq!(from("127.0.0.1", Some("nobody")), ip("127.0.0.1"));
        assert_eq!(from("127.0.0.1", None), ip("127.0.0.1"));
        assert_eq!(from("127.0.0.1", Some("203.0.113.9, 198.51.100.7:4711")), ip("198.51.100.7"), "with a port");
        assert_eq!(
            from("127.0.0.1", Some("203.0.113.9, unknown, 10.0.0.2")),
            ip("10.0.0.2"),
            "behind what nobody reads"
        );
        assert_eq!(from("::ffff:127.0.0.1", Some("2001:db8::7, ::ffff:10.0.0.2")), ip("2001:db8::7"), "v4 in v6");
    }
}
