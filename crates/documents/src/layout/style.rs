//! How text looks: weight, size, ink. The inks are those of the product's own light theme.

use printpdf::{Color, Rgb};

use crate::fonts::{Weight, face};

/// A colour of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// What is read first.
    Text,
    /// Labels and meta data; 5.6:1 on white.
    Muted,
    /// Rules between rows.
    Line,
    /// The word across a page that is no fiscal document.
    Watermark,
    /// The modules of a QR code.
    Black,
    /// What lies under them.
    White,
}

impl Ink {
    pub(crate) fn color(self) -> Color {
        let (r, g, b) = match self {
            Self::Text => (0.09, 0.10, 0.12),
            Self::Muted => (0.38, 0.40, 0.45),
            Self::Line => (0.87, 0.87, 0.89),
            Self::Watermark => (0.935, 0.937, 0.945),
            Self::Black => (0.0, 0.0, 0.0),
            Self::White => (1.0, 1.0, 1.0),
        };
        Color::Rgb(Rgb { r, g, b, icc_profile: None })
    }
}

/// A way of setting text; sizes in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    pub(crate) size: f32,
    pub(crate) ink: Ink,
}

impl Style {
    /// The name of the paper.
    pub(crate) const TITLE: Self = Self { weight: Weight::Bold, size: 13.0, ink: Ink::Text };
    /// The name of the company that writes.
    pub(crate) const COMPANY: Self = Self { weight: Weight::Bold, size: 11.5, ink: Ink::Text };
    /// The sum of it all.
    pub(crate) const TOTAL: Self = Self { weight: Weight::Bold, size: 10.0, ink: Ink::Text };
    /// A name or a heading.
    pub(crate) const STRONG: Self = Self { weight: Weight::Bold, size: 8.0, ink: Ink::Text };
    /// Running text.
    pub(crate) const BODY: Self = Self { weight: Weight::Regular, size: 8.0, ink: Ink::Text };
    /// A label, or what is said in passing.
    pub(crate) const MUTED: Self = Self { weight: Weight::Regular, size: 8.0, ink: Ink::Muted };
    /// Small print.
    pub(crate) const SMALL: Self = Self { weight: Weight::Regular, size: 6.6, ink: Ink::Muted };
    /// Small print that is data.
    pub(crate) const DATUM: Self = Self { weight: Weight::Regular, size: 7.0, ink: Ink::Text };
    /// The head of a small-print block.
    pub(crate) const SMALL_HEAD: Self = Self { weight: Weight::Bold, size: 6.6, ink: Ink::Text };
    /// Seals and cadenas, which must be there but are read by machines.
    pub(crate) const SEAL: Self = Self { weight: Weight::Regular, size: 5.2, ink: Ink::Muted };

    /// From one baseline to the next.
    pub(crate) fn leading(self) -> f32 {
        self.size * 1.38
    }

    /// From the top of a line to its baseline.
    pub(crate) fn ascent(self) -> f32 {
        self.size * 1.02
    }

    /// The width of printable text.
    pub(crate) fn width(self, text: &str) -> f32 {
        face(self.weight).width(text, self.size)
    }
}
