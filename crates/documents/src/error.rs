use thiserror::Error;

/// Why a paper cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// A logo or signature is not a PNG that can be read.
    #[error("the image is not a readable PNG")]
    UnreadableImage,
    /// A logo or signature has more pixels than a page can show.
    #[error("the image measures {width} by {height} pixels, more than the {limit} allowed on a side")]
    ImageTooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The most pixels allowed on a side.
        limit: u32,
    },
    /// The text of the QR code is longer than a QR code can hold.
    #[error("the text of the QR code is too long")]
    QrTooLong,
    /// The PDF could not be put together.
    #[error("the document could not be written")]
    Unwritable,
}

impl DocumentError {
    /// The stable code the interface translates.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnreadableImage => "document.unreadable_image",
            Self::ImageTooLarge { .. } => "document.image_too_large",
            Self::QrTooLong => "document.qr_too_long",
            Self::Unwritable => "document.unwritable",
        }
    }
}
