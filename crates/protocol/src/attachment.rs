//! What is attached to a record: its bytes, sealed in pieces under a key of their own, and named by what came of it.
//!
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over XChaCha20-Poly1305: each piece is sealed with its place and
//! whether it is the last, so that none can be moved, left out or put after the end. The key is drawn for one file and
//! seals nothing else, hence no nonce has to be drawn.

use crate::error::ProtocolError;
use crate::ids::AttachmentId;
use crate::seal::{self, NONCE, TAG};
use crate::secret::AttachmentKey;

/// Clear bytes of every piece but the last, which has at most as many.
pub const PIECE: usize = 64 << 10;
/// Sealed bytes of every piece but the last.
pub const SEALED_PIECE: usize = PIECE + TAG;
/// The largest file, in clear bytes.
pub const MAX_FILE: u64 = 25 << 20;
/// The largest file, sealed.
pub const MAX_SEALED: u64 = sealed_size(MAX_FILE);
/// Sealed bytes in one frame, up or down: a frame must not keep the others waiting for long.
pub const MAX_CARRIED: usize = 8 * SEALED_PIECE;

const BOUND: &[u8] = b"zuclubit 1 attachment piece";
const ADDRESS: &str = "zuclubit 1 attachment";

/// Bytes of a file of `clear` bytes once sealed; an empty one has one empty piece.
pub const fn sealed_size(clear: u64) -> u64 {
    let pieces = clear.div_ceil(PIECE as u64);
    clear + (if pieces == 0 { 1 } else { pieces }) * TAG as u64
}

/// Seals the pieces of one file, in order.
pub struct Sealer {
    key: AttachmentKey,
    next: u32,
}

impl Sealer {
    /// Begins a file. The key must be fresh random bytes, used for nothing else.
    pub const fn new(key: AttachmentKey) -> Self {
        Self { key, next: 0 }
    }

    /// Seals the next piece: [`PIECE`] bytes, or as many at most where it is the last.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] for a longer piece, and for more pieces than a file may have.
    pub fn seal(&mut self, clear: &[u8], last: bool) -> Result<Vec<u8>, ProtocolError> {
        if clear.len() > PIECE || (!last && clear.len() < PIECE) || self.next > LAST_PIECE {
            return Err(ProtocolError::TooLarge { max: PIECE });
        }
        let sealed = seal::seal(self.key.expose(), &nonce(self.next, last), clear, BOUND);
        self.next += 1;
        Ok(sealed)
    }
}

/// Opens the pieces of one file, in order.
pub struct Opener {
    key: AttachmentKey,
    next: u32,
}

impl Opener {
    /// Begins a file.
    pub const fn new(key: AttachmentKey) -> Self {
        Self { key, next: 0 }
    }

    /// Opens the next piece.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] for one that is not the next of this file, or is not its last where `last` says so, or is
    /// where it does not.
    pub fn open(&mut self, sealed: &[u8], last: bool) -> Result<Vec<u8>, ProtocolError> {
        if sealed.len() > SEALED_PIECE || self.next > LAST_PIECE {
            return Err(ProtocolError::TooLarge { max: SEALED_PIECE });
        }
        let clear = seal::open(self.key.expose(), &nonce(self.next, last), sealed, BOUND)?;
        self.next += 1;
        Ok(clear)
    }
}

/// Place of the last piece that a file can have.
const LAST_PIECE: u32 = 399;
const _: () = assert!((LAST_PIECE as u64 + 1) * PIECE as u64 == MAX_FILE, "as many pieces as the largest file has");

/// 19 zeros, the place of the piece (big endian), whether it is the last.
fn nonce(place: u32, last: bool) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[NONCE - 5..NONCE - 1].copy_from_slice(&place.to_be_bytes());
    nonce[NONCE - 1] = u8::from(last);
    nonce
}

/// Names sealed bytes as they pass: the name is their hash.
pub struct Naming(blake3::Hasher);

impl Default for Naming {
    fn default() -> Self {
        Self(blake3::Hasher::new_derive_key(ADDRESS))
    }
}

impl Naming {
    /// Takes the next bytes in.
    pub fn take(&mut self, sealed: &[u8]) {
        self.0.update(sealed);
    }

    /// The name of all that was taken in.
    pub fn name(&self) -> AttachmentId {
        AttachmentId(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AttachmentKey {
        AttachmentKey::from_bytes([7; 32])
    }

    fn sealed(clear: &[u8]) -> Vec<Vec<u8>> {
        let mut sealer = Sealer::new(key());
        let mut pieces: Vec<&[u8]> = clear.chunks(PIECE).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        let last = pieces.len() - 1;
        pieces.iter().enumerate().map(|(at, piece)| sealer.seal(piece, at == last).unwrap()).collect()
    }

    fn opened(pieces: &[Vec<u8>]) -> Result<Vec<u8>, ProtocolError> {
        let mut opener = Opener::new(key());
        let mut clear = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            clear.extend(opener.open(piece, at + 1 == pieces.len())?);
        }
        Ok(clear)
    }

    #[test]
    fn a_file_comes_back_whole_and_is_as_long_sealed_as_was_said() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let clear = vec![9; length];
            let pieces = sealed(&clear);
            assert_eq!(pieces.concat().len() as u64, sealed_size(length as u64), "{length}");
            assert_eq!(opened(&pieces).unwrap(), clear);
        }
    }

    #[test]
    fn no_piece_can_be_moved_left_out_added_or_altered() {
        let pieces = sealed(&vec![9; 3 * PIECE]);
        let mut swapped = pieces.clone();
        swapped.swap(0, 1);
        let added = [pieces.clone(), vec![pieces[2].clone()]].concat();
        let mut altered = pieces.clone();
        altered[1][100] ^= 1;
        for (what, spoilt) in
            [("swapped", swapped), ("short", pieces[..2].to_vec()), ("added", added), ("bit", altered)]
        {
            assert_eq!(opened(&spoilt), Err(ProtocolError::BadSeal), "{what}");
        }
        assert_eq!(
            Opener::new(AttachmentKey::from_bytes([8; 32])).open(&pieces[0], false),
            Err(ProtocolError::BadSeal)
        );
    }

    #[test]
    fn a_file_has_no_more_pieces_than_fit_into_its_bound() {
        let mut sealer = Sealer::new(key());
        for _ in 0..=LAST_PIECE {
            sealer.seal(&vec![0; PIECE], false).unwrap();
        }
        assert!(sealer.seal(&[], true).is_err());
        assert!(Sealer::new(key()).seal(&[1], false).is_err(), "a short piece is the last");
    }
}
