//! Several frames in one HTTP body: each with its length before it (u32, little endian).

use crate::codec::MAX_FRAME;
use crate::error::ProtocolError;

/// Entries of a segment: a scope's log is read in pieces that end at multiples of this.
pub const SEGMENT: u64 = 4_096;
/// Frames in one body to the relay, at most.
pub const MAX_SERIES: usize = 64;
/// What stands before a frame, in bytes.
pub const LENGTH: usize = 4;

/// The last place of the segment in which the entry after `from` lies.
pub const fn segment_end(from: u64) -> u64 {
    (from / SEGMENT + 1).saturating_mul(SEGMENT)
}

/// Adds a frame's bytes to a body.
///
/// # Errors
/// [`ProtocolError::TooLarge`] above 1 MiB.
pub fn put(body: &mut Vec<u8>, frame: &[u8]) -> Result<(), ProtocolError> {
    let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= MAX_FRAME);
    let length = length.ok_or(ProtocolError::TooLarge { max: MAX_FRAME })?;
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(frame);
    Ok(())
}

/// A body as it comes, piece by piece; it holds one frame and one piece at most.
#[derive(Default)]
pub struct Series {
    held: Vec<u8>,
    from: usize,
}

impl Series {
    /// Takes the next piece.
    pub fn put(&mut self, piece: &[u8]) {
        self.held.drain(..self.from);
        self.from = 0;
        self.held.extend_from_slice(piece);
    }

    /// The next whole frame's bytes, once they are here.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] for a length above 1 MiB, before any of it is waited for.
    pub fn take(&mut self) -> Result<Option<Vec<u8>>, ProtocolError> {
        let held = &self.held[self.from..];
        let Some((length, rest)) = held.split_first_chunk::<LENGTH>() else { return Ok(None) };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_FRAME {
            return Err(ProtocolError::TooLarge { max: MAX_FRAME });
        }
        let Some(frame) = rest.get(..length) else { return Ok(None) };
        let frame = frame.to_vec();
        self.from += LENGTH + length;
        Ok(Some(frame))
    }

    /// Whether it ended between two frames.
    pub fn is_whole(&self) -> bool {
        self.from == self.held.len()
    }
}

/// All frames of a whole body.
///
/// # Errors
/// [`ProtocolError::TooLarge`] for more than [`MAX_SERIES`] or one above 1 MiB; [`ProtocolError::Malformed`] where
/// something is left over.
pub fn all(body: &[u8]) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let mut series = Series::default();
    series.put(body);
    let mut frames = Vec::new();
    while let Some(frame) = series.take()? {
        if frames.len() == MAX_SERIES {
            return Err(ProtocolError::TooLarge { max: MAX_SERIES });
        }
        frames.push(frame);
    }
    if series.is_whole() { Ok(frames) } else { Err(ProtocolError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_in_whatever_pieces_the_body_comes() {
        let frames: [&[u8]; 4] = [b"one", b"", &[7; 5_000], b"last"];
        let mut body = Vec::new();
        for frame in frames {
            put(&mut body, frame).unwrap();
        }
        assert_eq!(all(&body).unwrap(), frames);
        for size in [1, 2, 3, 7, 4_096] {
            let (mut series, mut read) = (Series::default(), Vec::new());
            for piece in body.chunks(size) {
                series.put(piece);
                while let Some(frame) = series.take().unwrap() {
                    read.push(frame);
                }
            }
            assert_eq!(read, frames);
            assert!(series.is_whole());
        }
    }

    #[test]
    fn what_is_too_long_too_many_or_cut_short_is_refused() {
        assert_eq!(all(&[0xff; 8]), Err(ProtocolError::TooLarge { max: MAX_FRAME }), "nothing is waited for");
        assert_eq!(all(&[3, 0, 0, 0, 1]), Err(ProtocolError::Malformed));
        assert_eq!(all(&[0; LENGTH * MAX_SERIES]).unwrap().len(), MAX_SERIES);
        assert!(all(&[0; LENGTH * (MAX_SERIES + 1)]).is_err());
        assert!(put(&mut Vec::new(), &vec![0; MAX_FRAME + 1]).is_err());
    }

    #[test]
    fn segments_end_at_multiples() {
        assert_eq!([0, 1, 4_095, 4_096, 5_000].map(segment_end), [4_096, 4_096, 4_096, 8_192, 8_192]);
        assert_eq!(segment_end(u64::MAX), u64::MAX);
    }
}
