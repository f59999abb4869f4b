//! How an Automerge change travels: without what its envelope already says.
//!
//! A chunk is `magic(4) checksum(4) type(1) length contents`, the contents `deps actor seq …` (Automerge binary format,
//! storage/change). Magic and checksum can be made again and the actor is the batch's author, so none of them is sent.
//! That a batch carries no other's actor is therefore true by construction; deflated chunks travel inflated, because
//! the whole body is compressed once.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha256};

use crate::codec::MAX_CHUNK;
use crate::error::ProtocolError;
use crate::ids::ActorId;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;
const DEFLATED_CHANGE: u8 = 2;

/// Takes the known parts out of one or more change chunks of `actor`.
///
/// # Errors
/// [`ProtocolError::ForeignActor`] when a change is another's, [`ProtocolError::TooLarge`] when one is above 64 KiB,
/// [`ProtocolError::Malformed`] when it is no change.
pub(crate) fn squeeze(mut chunks: &[u8], actor: &ActorId) -> Result<Vec<u8>, ProtocolError> {
    let mut squeezed = Vec::with_capacity(chunks.len());
    if chunks.is_empty() {
        return Err(ProtocolError::Malformed);
    }
    while !chunks.is_empty() {
        let (head, rest) = chunks.split_at_checked(9).ok_or(ProtocolError::Malformed)?;
        let kind = head[8];
        let (length, rest) = take_length(rest)?;
        let (contents, rest) = rest.split_at_checked(length).ok_or(ProtocolError::Malformed)?;
        chunks = rest;
        let contents = match kind {
            CHANGE => contents.to_vec(),
            DEFLATED_CHANGE => inflate(contents)?,
            _ => return Err(ProtocolError::Malformed),
        };
        if contents.len() > MAX_CHUNK {
            return Err(ProtocolError::TooLarge { max: MAX_CHUNK });
        }
        if head[..4] != MAGIC || head[4..8] != checksum(&contents) {
            return Err(ProtocolError::Malformed);
        }
        let actor_at = deps_length(&contents)?;
        let (deps, rest) = contents.split_at(actor_at);
        let (length, rest) = take_length(rest)?;
        let (found, rest) = rest.split_at_checked(length).ok_or(ProtocolError::Malformed)?;
        if found != actor.0 {
            return Err(ProtocolError::ForeignActor);
        }
        put_length(&mut squeezed, deps.len() + rest.len());
        squeezed.extend_from_slice(deps);
        squeezed.extend_from_slice(rest);
    }
    Ok(squeezed)
}

/// Puts the known parts back.
///
/// # Errors
/// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
pub(crate) fn restore(mut squeezed: &[u8], actor: &ActorId) -> Result<Vec<u8>, ProtocolError> {
    let mut chunks = Vec::with_capacity(squeezed.len() + 32);
    if squeezed.is_empty() {
        return Err(ProtocolError::Malformed);
    }
    while !squeezed.is_empty() {
        let (length, rest) = take_length(squeezed)?;
        let (body, rest) = rest.split_at_checked(length).ok_or(ProtocolError::Malformed)?;
        squeezed = rest;
        let (deps, tail) = body.split_at(deps_length(body)?);
        let mut contents = Vec::with_capacity(length + 17);
        contents.extend_from_slice(deps);
        put_length(&mut contents, actor.0.len());
        contents.extend_from_slice(&actor.0);
        contents.extend_from_slice(tail);
        if contents.len() > MAX_CHUNK {
            return Err(ProtocolError::TooLarge { max: MAX_CHUNK });
        }
        chunks.extend_from_slice(&MAGIC);
        chunks.extend_from_slice(&checksum(&contents));
        chunks.push(CHANGE);
        put_length(&mut chunks, contents.len());
        chunks.extend_from_slice(&contents);
    }
    Ok(chunks)
}

/// Where the dependencies end: a count and that many hashes of 32 bytes.
fn deps_length(contents: &[u8]) -> Result<usize, ProtocolError> {
    let (count, rest) = take_length(contents)?;
    let hashes = count.checked_mul(32).filter(|bytes| *bytes <= rest.len()).ok_or(ProtocolError::Malformed)?;
    Ok(contents.len() - rest.len() + hashes)
}

/// The first four bytes of the change's hash, which is over type, length and plain contents.
fn checksum(contents: &[u8]) -> [u8; 4] {
    let mut prefix = vec![CHANGE];
    put_length(&mut prefix, contents.len());
    let hash = Sha256::new().chain_update(&prefix).chain_update(contents).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn inflate(contents: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let mut plain = Vec::new();
    // One byte more than allowed is read at most: a bomb ends here.
    DeflateDecoder::new(contents)
        .take(MAX_CHUNK as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| ProtocolError::Malformed)?;
    Ok(plain)
}

/// Unsigned LEB128.
fn take_length(bytes: &[u8]) -> Result<(usize, &[u8]), ProtocolError> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[index + 1..]));
        }
    }
    Err(ProtocolError::Malformed)
}

fn put_length(target: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits fit a byte");
        value >>= 7;
        if value == 0 {
            target.push(low);
            return;
        }
        target.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable as _;
    use automerge::{AutoCommit, Change, ROOT};

    use super::*;

    fn chunk_of(actor: ActorId, value: &str) -> (Vec<u8>, AutoCommit) {
        let mut doc = AutoCommit::new().with_actor(actor.0.into());
        doc.put(ROOT, "name", value).unwrap();
        doc.commit();
        (doc.save_after(&[]), doc)
    }

    #[test]
    fn a_change_comes_back_with_the_same_hash_and_less_of_it_travels() {
        let actor = ActorId([7; 16]);
        let (chunk, _) = chunk_of(actor, "Ana");
        let squeezed = squeeze(&chunk, &actor).unwrap();
        assert_eq!(squeezed.len() + 26, chunk.len());
        assert_eq!(restore(&squeezed, &actor).unwrap(), chunk);
    }

    #[test]
    fn a_deflated_change_and_its_successor_come_back_as_the_same_changes() {
        let actor = ActorId([7; 16]);
        let (_, mut doc) = chunk_of(actor, &"repetido ".repeat(200));
        doc.put(ROOT, "phone", "5555555555").unwrap();
        doc.commit();
        let hashes: Vec<_> = doc.get_changes(&[]).iter().map(Change::hash).collect();
        // `bytes` is what `save_after` may write: deflated where that is shorter.
        let chunks: Vec<u8> =
            doc.get_changes(&[]).iter().flat_map(|change| change.clone().bytes().into_owned()).collect();
        assert!(chunks.len() < 1_000, "the first change is deflated");
        let back = restore(&squeeze(&chunks, &actor).unwrap(), &actor).unwrap();
        let mut other = AutoCommit::new();
        other.load_incremental(&back).unwrap();
        assert_eq!(other.get_changes(&[]).iter().map(Change::hash).collect::<Vec<_>>(), hashes);
    }

    #[test]
    fn anothers_change_a_torn_one_and_a_bomb_are_refused() {
        let actor = ActorId([7; 16]);
        let (chunk, _) = chunk_of(actor, "Ana");
        assert_eq!(squeeze(&chunk, &ActorId([8; 16])), Err(ProtocolError::ForeignActor));
        assert_eq!(squeeze(&chunk[..chunk.len() - 1], &actor), Err(ProtocolError::Malformed));
        let mut flipped = chunk.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(squeeze(&flipped, &actor), Err(ProtocolError::Malformed));
        assert_eq!(squeeze(b"", &actor), Err(ProtocolError::Malformed));
        assert_eq!(restore(b"", &actor), Err(ProtocolError::Malformed));
        assert_eq!(restore(&[3, 9, 0, 0], &actor), Err(ProtocolError::Malformed));
        let (large, _) = chunk_of(actor, &"x".repeat(70_000));
        assert_eq!(squeeze(&large, &actor), Err(ProtocolError::TooLarge { max: MAX_CHUNK }));
    }
}
