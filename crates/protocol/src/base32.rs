//! Crockford's base 32, for codes that people type: no I, L, O, U; small letters and the look-alikes are understood.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Encodes bytes, most significant bit first, without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits) as usize & 31]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(buffer << (5 - bits)) as usize & 31]));
    }
    text
}

/// Decodes text; spaces and hyphens count for nothing. `None` for other characters or stray bits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0);
    for symbol in text.chars().filter(|symbol| !symbol.is_whitespace() && *symbol != '-') {
        let value = match symbol.to_ascii_uppercase() {
            'O' => 0,
            'I' | 'L' => 1,
            other => u32::try_from(ALPHABET.iter().position(|known| char::from(*known) == other)?).ok()?,
        };
        buffer = (buffer << 5) | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
        }
        buffer &= (1 << bits) - 1;
    }
    (bits < 5 && buffer == 0).then_some(bytes)
}

/// Sets text in groups of five with hyphens.
pub(crate) fn group(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len() + text.len() / 5);
    for (index, symbol) in text.chars().enumerate() {
        if index > 0 && index % 5 == 0 {
            grouped.push('-');
        }
        grouped.push(symbol);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn bytes_go_round_through_text_as_people_type_it(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let text = group(&encode(&bytes));
            proptest::prop_assert_eq!(decode(&text).unwrap(), bytes.clone());
            proptest::prop_assert_eq!(decode(&text.to_lowercase().replace('0', "o").replace('1', "l")).unwrap(), bytes);
        }
    }

    #[test]
    fn other_characters_are_refused() {
        assert_eq!(decode("ABC!"), None);
        assert_eq!(decode("U0"), None);
    }
}
