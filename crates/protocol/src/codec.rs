//! Bounded postcard: nothing larger than its bound is read, nothing is left over, nothing recurses.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ProtocolError;

/// The largest frame on a socket, in bytes.
pub const MAX_FRAME: usize = 1 << 20;
/// The largest log entry, in bytes.
pub const MAX_ENTRY: usize = 256 << 10;
/// The largest control record, in bytes.
pub const MAX_CONTROL: usize = 64 << 10;
/// The largest body of a batch once unpacked, in bytes.
pub const MAX_BODY: usize = 256 << 10;
/// The most items in a batch.
pub const MAX_ITEMS: usize = 256;
/// The largest single Automerge change, in bytes.
pub const MAX_CHUNK: usize = 64 << 10;

/// Encodes a value of at most `max` bytes.
///
/// # Errors
/// [`ProtocolError::TooLarge`] when it would be longer.
pub fn encode<T: Serialize>(value: &T, max: usize) -> Result<Vec<u8>, ProtocolError> {
    let bytes = postcard::to_stdvec(value).map_err(|_| ProtocolError::Malformed)?;
    if bytes.len() > max { Err(ProtocolError::TooLarge { max }) } else { Ok(bytes) }
}

/// Decodes a value that fills `bytes` exactly.
///
/// # Errors
/// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, ProtocolError> {
    let (value, rest) = decode_prefix(bytes, max)?;
    if rest.is_empty() { Ok(value) } else { Err(ProtocolError::Malformed) }
}

/// Decodes a value at the start of `bytes` and gives what follows.
pub(crate) fn decode_prefix<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<(T, &[u8]), ProtocolError> {
    if bytes.len() > max {
        return Err(ProtocolError::TooLarge { max });
    }
    postcard::take_from_bytes(bytes).map_err(|_| ProtocolError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_must_fill_its_bytes_and_stay_within_its_bound() {
        let bytes = encode(&vec![1_u32, 2, 3], 100).unwrap();
        assert_eq!(decode::<Vec<u32>>(&bytes, 100).unwrap(), [1, 2, 3]);
        assert_eq!(encode(&vec![7_u8; 101], 100), Err(ProtocolError::TooLarge { max: 100 }));
        assert_eq!(decode::<Vec<u32>>(&bytes, 2), Err(ProtocolError::TooLarge { max: 2 }));
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(decode::<Vec<u32>>(&longer, 100), Err(ProtocolError::Malformed));
        assert_eq!(decode::<Vec<u32>>(&bytes[..2], 100), Err(ProtocolError::Malformed));
    }

    #[test]
    fn a_length_that_lies_allocates_nothing() {
        // A vector that claims 2^60 elements in ten bytes.
        let lie = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
        assert_eq!(decode::<Vec<u64>>(&lie, MAX_FRAME), Err(ProtocolError::Malformed));
    }
}
