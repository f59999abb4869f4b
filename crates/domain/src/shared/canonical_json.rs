//! One text per JSON value, so that a hash of it means something. Source: RFC 8785 (JCS).

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The canonical text: no blanks, members sorted by UTF-16 code units.
///
/// Whole numbers only are written as numbers; decimals travel as canonical strings, so the number
/// formatting of RFC 8785 is never needed.
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Lower-case hex of the SHA-256 of the canonical text.
pub fn content_hash(value: &Value) -> String {
    hex::encode(Sha256::digest(canonical_json(value)))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            text.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(member, text);
            }
            text.push('}');
        }
        // `serde_json` escapes strings exactly as RFC 8785 asks.
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_and_blanks_gone() {
        let value =
            json!({ "b": [1, { "z": null, "a": true }], "a": "ñ\u{1}\n\"", "€": 1, "\u{10000}": 2, "\u{e000}": 3 });
        let text =
            "{\"a\":\"ñ\\u0001\\n\\\"\",\"b\":[1,{\"a\":true,\"z\":null}],\"€\":1,\"\u{10000}\":2,\"\u{e000}\":3}";
        assert_eq!(canonical_json(&value), text);
    }

    #[test]
    fn the_hash_is_of_the_canonical_text() {
        assert_eq!(content_hash(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
