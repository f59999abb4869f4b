use printpdf::{RawImage, XObjectId};

use crate::error::DocumentError;

/// More than a page shows at 600 dots an inch, and small enough to decode without care.
const MOST_PIXELS_ON_A_SIDE: u32 = 4000;

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A decoded PNG ready to be placed.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) id: XObjectId,
    pub(crate) image: RawImage,
    /// Width over height.
    pub(crate) aspect: f32,
}

impl Picture {
    /// Decodes a PNG after checking the size it announces, so that a small file cannot ask for a huge one.
    pub(crate) fn decode(name: &str, png: &[u8]) -> Result<Self, DocumentError> {
        let (width, height) = announced_size(png).ok_or(DocumentError::UnreadableImage)?;
        let limit = MOST_PIXELS_ON_A_SIDE;
        if width == 0 || height == 0 {
            return Err(DocumentError::UnreadableImage);
        }
        if width > limit || height > limit {
            return Err(DocumentError::ImageTooLarge { width, height, limit });
        }
        let image = RawImage::decode_from_bytes(png, &mut Vec::new()).map_err(|_| DocumentError::UnreadableImage)?;
        let side = |pixels: u32| f32::from(u16::try_from(pixels).unwrap_or(u16::MAX));
        Ok(Self { id: XObjectId(name.to_owned()), image, aspect: side(width) / side(height) })
    }

    /// The largest size of these proportions inside a box.
    pub(crate) fn fit(&self, width: f32, height: f32) -> (f32, f32) {
        if self.aspect * height <= width { (self.aspect * height, height) } else { (width, width / self.aspect) }
    }
}

/// Width and height from the IHDR chunk, which a PNG must begin with.
fn announced_size(png: &[u8]) -> Option<(u32, u32)> {
    let header = png.strip_prefix(PNG_SIGNATURE)?.get(4..16)?;
    let (kind, size) = header.split_at(4);
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_be_bytes);
    (kind == b"IHDR").then_some((number(&size[..4])?, number(&size[4..])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_announces_too_many_pixels_is_refused_unread() {
        let mut png = PNG_SIGNATURE.to_vec();
        png.extend(b"\0\0\0\rIHDR\0\x01\0\0\0\0\0\x08");
        let error = Picture::decode("logo", &png).err();
        assert_eq!(error, Some(DocumentError::ImageTooLarge { width: 65_536, height: 8, limit: 4000 }));
    }

    #[test]
    fn what_is_no_png_is_refused() {
        for bytes in [&b"GIF89a"[..], b"", b"\x89PNG\r\n\x1a\n"] {
            assert_eq!(Picture::decode("logo", bytes).err(), Some(DocumentError::UnreadableImage));
        }
    }
}
