//! Where a line stands: a fraction as text, so that moving one line touches no other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A fraction between 0 and 1 in base 62; sorts as text. Equal keys, which two devices may make, are told
/// apart by line id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OrderKey(String);

/// The text is no order key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("not an order key")]
pub struct InvalidOrderKey;

impl InvalidOrderKey {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "order_key.invalid"
    }
}

impl OrderKey {
    /// A key after `before` and in front of `after`; where they are out of order, one after `before`.
    pub fn between(before: Option<&Self>, after: Option<&Self>) -> Self {
        let low = before.map_or("", |key| &key.0);
        let high = after.map(|key| key.0.as_str()).filter(|high| *high > low);
        let mut key = String::new();
        midpoint(low.as_bytes(), high.map(str::as_bytes), &mut key);
        Self(key)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digit(byte: u8) -> usize {
    DIGITS.binary_search(&byte).unwrap_or(0)
}

fn midpoint(mut low: &[u8], mut high: Option<&[u8]>, key: &mut String) {
    loop {
        if let Some([first, rest @ ..]) = high
            && *first == low.first().copied().unwrap_or(DIGITS[0])
        {
            key.push(char::from(*first));
            low = low.get(1..).unwrap_or_default();
            high = Some(rest);
            continue;
        }
        let from = low.first().map_or(0, |byte| digit(*byte));
        let to = high.and_then(<[u8]>::first).map_or(DIGITS.len(), |byte| digit(*byte));
        if to > from + 1 {
            key.push(char::from(DIGITS[usize::midpoint(from, to)]));
            return;
        }
        if let Some([first, _, ..]) = high {
            key.push(char::from(*first));
            return;
        }
        key.push(char::from(DIGITS[from]));
        low = low.get(1..).unwrap_or_default();
        high = None;
    }
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OrderKey {
    type Err = InvalidOrderKey;

    fn from_str(text: &str) -> Result<Self, InvalidOrderKey> {
        let digits = text.bytes().all(|byte| DIGITS.binary_search(&byte).is_ok());
        let fits = digits && !text.is_empty() && text.len() <= 200 && !text.ends_with('0');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidOrderKey) }
    }
}

impl TryFrom<String> for OrderKey {
    type Error = InvalidOrderKey;

    fn try_from(text: String) -> Result<Self, InvalidOrderKey> {
        text.parse()
    }
}

impl From<OrderKey> for String {
    fn from(key: OrderKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_out_of_order_still_give_a_key() {
        let key: OrderKey = "V".parse().unwrap();
        assert!(OrderKey::between(Some(&key), Some(&key)) > key);
        for bad in ["", "a0", "á", "a b"] {
            assert!(bad.parse::<OrderKey>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn there_is_always_room_between_two_lines(places in prop::collection::vec(any::<prop::sample::Index>(), 1..120)) {
            let mut keys: Vec<OrderKey> = Vec::new();
            for place in places {
                let at = place.index(keys.len() + 1);
                let key = OrderKey::between(at.checked_sub(1).map(|i| &keys[i]), keys.get(at));
                prop_assert!(key.as_str().parse::<OrderKey>().is_ok(), "{}", key);
                keys.insert(at, key);
            }
            prop_assert!(keys.is_sorted_by(|left, right| left < right));
        }
    }
}
