//! The printed recovery code: the root of the company.

use zeroize::Zeroizing;

use crate::base32;
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::hash16;
use crate::seal;

/// Secret bytes in a code: 160 bits.
pub const SECRET: usize = 20;
const CHECK: usize = 5;

/// Prints 20 random bytes as a code of forty characters in groups of five; the last eight find typing errors.
pub fn to_code(secret: &[u8; SECRET]) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(secret.to_vec());
    bytes.extend_from_slice(&check(secret));
    let plain = Zeroizing::new(base32::encode(&bytes));
    Zeroizing::new(base32::group(&plain))
}

/// Reads a typed code: case, spaces and hyphens do not count, O and 0, I, L and 1 are the same.
///
/// # Errors
/// [`ProtocolError::BadCode`] when a character is wrong, missing or swapped.
pub fn from_code(text: &str) -> Result<Zeroizing<[u8; SECRET]>, ProtocolError> {
    let bytes = Zeroizing::new(base32::decode(text).ok_or(ProtocolError::BadCode)?);
    let (secret, found) = bytes.split_first_chunk::<SECRET>().ok_or(ProtocolError::BadCode)?;
    if found != check(secret) {
        return Err(ProtocolError::BadCode);
    }
    Ok(Zeroizing::new(*secret))
}

/// The root's keys, from the secret in the code.
pub fn root_keys(secret: &[u8; SECRET]) -> DeviceKeys {
    let signing = seal::derive(secret, b"", "zuclubit 1 root sign");
    let receiving = seal::derive(secret, b"", "zuclubit 1 root receive");
    DeviceKeys::from_seeds(&signing, &receiving)
}

fn check(secret: &[u8; SECRET]) -> [u8; CHECK] {
    let hash = hash16("zuclubit 1 recovery check", &[secret]);
    let mut check = [0; CHECK];
    check.copy_from_slice(&hash[..CHECK]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_goes_round_as_people_type_it() {
        let secret = [0xa7; SECRET];
        let code = to_code(&secret);
        assert_eq!(code.len(), 40 + 7);
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(*from_code(&typed).unwrap(), secret);
        assert_eq!(root_keys(&secret).id(), root_keys(&from_code(&code).unwrap()).id());
        assert_ne!(root_keys(&secret).id(), root_keys(&[0xa8; SECRET]).id());
    }

    #[test]
    fn every_single_wrong_character_and_every_swap_of_neighbours_is_found() {
        let secret: [u8; SECRET] = std::array::from_fn(|index| u8::try_from(index * 13 % 251).unwrap());
        let code: Vec<char> = to_code(&secret).chars().filter(|symbol| *symbol != '-').collect();
        for place in 0..code.len() {
            for symbol in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|symbol| *symbol != code[place]) {
                let mut wrong = code.clone();
                wrong[place] = symbol;
                assert_eq!(from_code(&wrong.iter().collect::<String>()), Err(ProtocolError::BadCode));
            }
            if place > 0 && code[place] != code[place - 1] {
                let mut wrong = code.clone();
                wrong.swap(place, place - 1);
                assert_eq!(from_code(&wrong.iter().collect::<String>()), Err(ProtocolError::BadCode));
            }
        }
        assert_eq!(from_code(""), Err(ProtocolError::BadCode));
        assert_eq!(from_code(&code[1..].iter().collect::<String>()), Err(ProtocolError::BadCode));
    }
}
