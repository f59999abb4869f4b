//! How an Automerge change travels: without what its envelope already says.
//!
//! A chunk is `magic(4) checksum(4) type(1) length contents`, the contents `deps actor seq …` (Automerge binary format,
//! storage/change). Magic and checksum can be made again and the actor is the batch's author, so none of them is sent.
//! That a batch carries no other's actor is therefore true by construction; deflated chunks travel inflated, because
//! the whole body is compressed once. A change that depends on one other, which is in the batch before it, says how many
//! changes back that one is; else its dependencies are written out. Before them stands their number doubled, or the way
//! back doubled and one.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha256};

use crate::codec::{MAX_BODY, MAX_CHUNK};
use crate::error::ProtocolError;
use crate::ids::ActorId;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;
const DEFLATED_CHANGE: u8 = 2;
/// Bytes around a change's contents, at the least: magic, checksum, type and a length.
const FRAME: usize = 10;
/// Bytes of a change's hash.
const HASH: usize = 32;

/// The changes of a batch so far: one for all its items, in their order.
#[derive(Default)]
pub(crate) struct Earlier {
    hashes: Vec<[u8; HASH]>,
    /// Bytes of all of them, written out.
    size: usize,
}

/// Takes the known parts out of one or more change chunks of `actor`; `earlier` is the batch's.
///
/// # Errors
/// [`ProtocolError::ForeignActor`] when a change is another's, [`ProtocolError::TooLarge`] when one is above 64 KiB or
/// all of the batch above 256 KiB,
/// [`ProtocolError::Malformed`] when it is no change.
pub(crate) fn squeeze(mut chunks: &[u8], actor: &ActorId, earlier: &mut Earlier) -> Result<Vec<u8>, ProtocolError> {
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
        let hash = hash(&contents);
        if head[..4] != MAGIC || head[4..8] != hash[..4] {
            return Err(ProtocolError::Malformed);
        }
        let (count, rest) = take_length(&contents)?;
        let (deps, rest) = split_hashes(rest, count)?;
        let (length, rest) = take_length(rest)?;
        let (found, rest) = rest.split_at_checked(length).ok_or(ProtocolError::Malformed)?;
        if found != actor.0 {
            return Err(ProtocolError::ForeignActor);
        }
        let mut written = Vec::with_capacity(contents.len());
        if let Some(back) = earlier.back_to(deps) {
            put_length(&mut written, back * 2 + 1);
        } else {
            put_length(&mut written, count * 2);
            written.extend_from_slice(deps);
        }
        written.extend_from_slice(rest);
        put_length(&mut squeezed, written.len());
        squeezed.extend_from_slice(&written);
        earlier.add(hash, &contents)?;
    }
    Ok(squeezed)
}

/// Puts the known parts back; `earlier` is the batch's.
///
/// # Errors
/// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
pub(crate) fn restore(mut squeezed: &[u8], actor: &ActorId, earlier: &mut Earlier) -> Result<Vec<u8>, ProtocolError> {
    let mut chunks = Vec::with_capacity(squeezed.len() + 32);
    if squeezed.is_empty() {
        return Err(ProtocolError::Malformed);
    }
    while !squeezed.is_empty() {
        let (length, rest) = take_length(squeezed)?;
        let (body, rest) = rest.split_at_checked(length).ok_or(ProtocolError::Malformed)?;
        squeezed = rest;
        let (said, rest) = take_length(body)?;
        let mut contents = Vec::with_capacity(length + HASH + 17);
        let tail = if said % 2 == 0 {
            let (deps, tail) = split_hashes(rest, said / 2)?;
            put_length(&mut contents, said / 2);
            contents.extend_from_slice(deps);
            tail
        } else {
            put_length(&mut contents, 1);
            contents.extend_from_slice(earlier.at(said / 2).ok_or(ProtocolError::Malformed)?);
            rest
        };
        put_length(&mut contents, actor.0.len());
        contents.extend_from_slice(&actor.0);
        contents.extend_from_slice(tail);
        if contents.len() > MAX_CHUNK {
            return Err(ProtocolError::TooLarge { max: MAX_CHUNK });
        }
        chunks.extend_from_slice(&MAGIC);
        let hash = hash(&contents);
        chunks.extend_from_slice(&hash[..4]);
        chunks.push(CHANGE);
        put_length(&mut chunks, contents.len());
        chunks.extend_from_slice(&contents);
        earlier.add(hash, &contents)?;
    }
    Ok(chunks)
}

impl Earlier {
    /// Takes one more. What is two bytes on the way may be sixty here: the whole is bounded too.
    fn add(&mut self, hash: [u8; HASH], contents: &[u8]) -> Result<(), ProtocolError> {
        self.size += contents.len() + FRAME;
        if self.size > MAX_BODY {
            return Err(ProtocolError::TooLarge { max: MAX_BODY });
        }
        self.hashes.push(hash);
        Ok(())
    }

    /// How many changes back the one is that `deps` name; `None` where they name another, or not just one.
    fn back_to(&self, deps: &[u8]) -> Option<usize> {
        self.hashes.iter().rev().position(|hash| hash == deps).map(|index| index + 1)
    }

    /// The change so many back; 1 is the last.
    fn at(&self, back: usize) -> Option<&[u8; HASH]> {
        self.hashes.get(self.hashes.len().checked_sub(back)?)
    }
}

/// So many hashes, and what follows them.
fn split_hashes(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8]), ProtocolError> {
    let length = count.checked_mul(HASH).ok_or(ProtocolError::Malformed)?;
    bytes.split_at_checked(length).ok_or(ProtocolError::Malformed)
}

/// A change's hash: over type, length and plain contents. Its first four bytes are the chunk's checksum.
fn hash(contents: &[u8]) -> [u8; HASH] {
    let mut prefix = vec![CHANGE];
    put_length(&mut prefix, contents.len());
    Sha256::new().chain_update(&prefix).chain_update(contents).finalize().into()
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
        let squeezed = squeeze(&chunk, &actor, &mut Earlier::default()).unwrap();
        assert_eq!(squeezed.len() + 26, chunk.len());
        assert_eq!(restore(&squeezed, &actor, &mut Earlier::default()).unwrap(), chunk);
    }

    #[test]
    fn a_change_that_follows_one_of_its_batch_says_how_far_back_that_is() {
        let actor = ActorId([7; 16]);
        let (first, mut doc) = chunk_of(actor, "Ana");
        let (other, _) = chunk_of(actor, "Luis");
        let heads = doc.get_heads();
        doc.put(ROOT, "phone", "5555555555").unwrap();
        doc.commit();
        let next = doc.save_after(&heads);

        let (mut there, mut here) = (Earlier::default(), Earlier::default());
        let alone = squeeze(&next, &actor, &mut Earlier::default()).unwrap();
        let written = [&first, &other, &next].map(|chunk| squeeze(chunk, &actor, &mut there).unwrap());
        assert_eq!(written[2].len() + HASH, alone.len());
        let read = written.clone().map(|squeezed| restore(&squeezed, &actor, &mut here).unwrap());
        assert_eq!(read, [first.clone(), other, next]);
        // what it points to is not there
        assert_eq!(restore(&written[2], &actor, &mut Earlier::default()), Err(ProtocolError::Malformed));
        let mut itself = written[2].clone();
        itself[1] = 1;
        assert_eq!(restore(&itself, &actor, &mut here), Err(ProtocolError::Malformed));
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
        let back =
            restore(&squeeze(&chunks, &actor, &mut Earlier::default()).unwrap(), &actor, &mut Earlier::default())
                .unwrap();
        let mut other = AutoCommit::new();
        other.load_incremental(&back).unwrap();
        assert_eq!(other.get_changes(&[]).iter().map(Change::hash).collect::<Vec<_>>(), hashes);
    }

    #[test]
    fn many_small_changes_that_would_grow_large_are_refused() {
        let actor = ActorId([7; 16]);
        let (first, _) = chunk_of(actor, "Ana");
        let mut body = squeeze(&first, &actor, &mut Earlier::default()).unwrap();
        // each of them two bytes: one back, and nothing more
        body.extend([1, 3].repeat(1_000));
        assert_eq!(restore(&body, &actor, &mut Earlier::default()).unwrap().len(), first.len() + 1_000 * 60);
        body.extend([1, 3].repeat(9_000));
        assert_eq!(restore(&body, &actor, &mut Earlier::default()), Err(ProtocolError::TooLarge { max: MAX_BODY }));
    }

    #[test]
    fn anothers_change_a_torn_one_and_a_bomb_are_refused() {
        let actor = ActorId([7; 16]);
        let (chunk, _) = chunk_of(actor, "Ana");
        let squeeze = |chunks: &[u8], actor| squeeze(chunks, actor, &mut Earlier::default());
        let restore = |squeezed: &[u8], actor| restore(squeezed, actor, &mut Earlier::default());
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
