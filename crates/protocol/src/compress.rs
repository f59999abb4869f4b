//! Compression of a batch's body, under a dictionary that every program holds: a body of a few changes is too short to
//! say by itself what bodies have in common.
//!
//! The dictionary is part of the format, and so is the tag before a body: a program sets aside what has a tag that it
//! does not know, so a new one may be written only where every reader of the scope knows it. The dictionary was trained
//! by `crates/gateways/examples/batch_dictionary.rs` on bodies of the sample company.

use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use crate::codec::MAX_BODY;
use crate::error::ProtocolError;

/// As it is.
const PLAIN: u8 = 0;
/// Zstandard, under the first dictionary.
const FIRST: u8 = 1;

/// Zstandard, without a dictionary: what is long says by itself what its parts have in common.
const LONG: u8 = 2;

const DICTIONARY: &[u8] = include_bytes!("batch-1.dict");
const LEVEL: i32 = 3;

static WRITING: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static READING: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// Compresses where that helps; gives a tag and what follows it.
pub(crate) fn pack(plain: &[u8]) -> Vec<u8> {
    let (tag, body) = match compressed(plain) {
        Ok(packed) if packed.len() < plain.len() => (FIRST, packed),
        _ => (PLAIN, plain.to_vec()),
    };
    let mut bytes = Vec::with_capacity(body.len() + 1);
    bytes.push(tag);
    bytes.extend_from_slice(&body);
    bytes
}

/// Undoes [`pack`].
///
/// # Errors
/// [`ProtocolError::Malformed`], also for what would be larger than [`MAX_BODY`].
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    match bytes.split_first() {
        Some((&PLAIN, plain)) => Ok(plain.to_vec()),
        // the capacity is the bound: a bomb fails instead of growing
        Some((&FIRST, packed)) => Decompressor::with_prepared_dictionary(&READING)
            .and_then(|mut reading| reading.decompress(packed, MAX_BODY))
            .map_err(|_| ProtocolError::Malformed),
        _ => Err(ProtocolError::Malformed),
    }
}

/// As [`pack`], for what is long.
pub(crate) fn pack_long(plain: &[u8]) -> Vec<u8> {
    match zstd::bulk::compress(plain, LEVEL) {
        Ok(packed) if packed.len() < plain.len() => [&[LONG], packed.as_slice()].concat(),
        _ => [&[PLAIN], plain].concat(),
    }
}

/// Undoes [`pack_long`].
///
/// # Errors
/// [`ProtocolError::Malformed`], also for what would be larger than `max`.
pub(crate) fn unpack_long(bytes: &[u8], max: usize) -> Result<Vec<u8>, ProtocolError> {
    match bytes.split_first() {
        Some((&PLAIN, plain)) if plain.len() <= max => Ok(plain.to_vec()),
        Some((&LONG, packed)) => zstd::bulk::decompress(packed, max).map_err(|_| ProtocolError::Malformed),
        _ => Err(ProtocolError::Malformed),
    }
}

fn compressed(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writing = Compressor::with_prepared_dictionary(&WRITING)?;
    // the tag says which
    writing.set_parameter(CParameter::DictIdFlag(false))?;
    writing.compress(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_and_what_does_not_shrink_stays_as_it_is() {
        let said = br#"{"specversion":"1.0","type":"lead.field_changed.v1"}"#.repeat(3);
        let packed = pack(&said);
        assert!(packed.len() < said.len() && packed[0] == FIRST);
        assert_eq!(unpack(&packed).unwrap(), said);
        let noise = blake3::hash(b"noise");
        let kept = pack(noise.as_bytes());
        assert_eq!((kept[0], &kept[1..]), (PLAIN, noise.as_bytes().as_slice()));
        assert_eq!(unpack(&kept).unwrap(), noise.as_bytes());
    }

    #[test]
    fn a_bomb_and_an_unknown_tag_are_refused() {
        let bomb = pack(&vec![0; MAX_BODY + 1]);
        assert_eq!((bomb[0], bomb.len() < 1_000), (FIRST, true));
        assert_eq!(unpack(&bomb), Err(ProtocolError::Malformed));
        assert_eq!(unpack(&[2, 0]), Err(ProtocolError::Malformed));
        assert_eq!(unpack(&[]), Err(ProtocolError::Malformed));
    }
}
