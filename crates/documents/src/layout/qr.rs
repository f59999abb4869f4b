use qrcode::{Color, EcLevel, QrCode};

use super::canvas::Canvas;
use super::style::Ink;
use crate::error::DocumentError;

/// 2.75 cm in points: the least side the SAT accepts for a printed code.
const LEAST_SIDE: f32 = 2.75 / 2.54 * 72.0;

/// A QR code as a square of modules, drawn as figures and never as a picture.
#[derive(Debug)]
pub(crate) struct Qr {
    dark: Vec<bool>,
    modules: u16,
    /// Side of one module, in points.
    module: f32,
}

impl Qr {
    /// Encodes the text with error correction M (SAT, CFDI printed form).
    pub(crate) fn encode(text: &str) -> Result<Self, DocumentError> {
        let code =
            QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).map_err(|_| DocumentError::QrTooLong)?;
        let modules = u16::try_from(code.width()).map_err(|_| DocumentError::QrTooLong)?;
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        // A whole number of twentieths of a point keeps every module the same size in the file.
        let module = (LEAST_SIDE / f32::from(modules) * 20.0).ceil() / 20.0;
        Ok(Self { dark, modules, module })
    }

    /// Side of the code without its quiet zone, in points: at least 2.75 cm.
    pub(crate) fn side(&self) -> f32 {
        f32::from(self.modules) * self.module
    }

    /// The blank of four modules that must surround the code.
    pub(crate) fn quiet_zone(&self) -> f32 {
        4.0 * self.module
    }

    /// Draws the code with its top left module at `(x, y)`, on white: no watermark tints it or its quiet zone.
    pub(crate) fn draw(&self, canvas: &mut Canvas, x: f32, y: f32) {
        let quiet = self.quiet_zone();
        let side = self.side() + 2.0 * quiet;
        canvas.fill(x - quiet, y - quiet, side, side, Ink::White);
        let mut runs = Vec::new();
        let across = usize::from(self.modules);
        for (row, modules) in self.dark.chunks(across).enumerate() {
            let mut column = 0;
            while column < across {
                let length = modules[column..].iter().take_while(|dark| **dark).count();
                if length > 0 {
                    runs.push((
                        x + self.module * count(column),
                        y + self.module * count(row),
                        self.module * count(length),
                        self.module,
                    ));
                }
                column += length.max(1);
            }
        }
        canvas.fill_all(&runs, Ink::Black);
    }
}

/// A count of modules as a factor; a QR code has 177 on a side at most.
fn count(modules: usize) -> f32 {
    f32::from(u16::try_from(modules).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use printpdf::Op;

    use super::*;

    const ADDRESS: &str = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id=7A4F21C8-93BE-4D0A-B6E5-\
                           2F18C0D7A941&re=EKU9003173C9&rr=PTL980314QK1&tt=478500.0&fe=AwMDAw==";

    #[test]
    fn the_figure_covers_exactly_the_dark_modules() {
        let qr = Qr::encode(ADDRESS).unwrap();
        let mut canvas = Canvas::default();
        qr.draw(&mut canvas, 100.0, 100.0);
        let rings = canvas.into_ops().into_iter().find_map(|op| match op {
            Op::DrawPolygon { polygon } => Some(polygon.rings),
            _ => None,
        });
        let inside = |x: f32, y: f32| {
            rings.iter().flatten().any(|ring| {
                let (near, far) = (ring.points[0].p, ring.points[2].p);
                (near.x.0..far.x.0).contains(&x) && (far.y.0..near.y.0).contains(&y)
            })
        };
        for (row, modules) in qr.dark.chunks(usize::from(qr.modules)).enumerate() {
            for (column, dark) in modules.iter().enumerate() {
                let x = 100.0 + (count(column) + 0.5) * qr.module;
                let y = 792.0 - 100.0 - (count(row) + 0.5) * qr.module;
                assert_eq!(inside(x, y), *dark, "module {column}, {row}");
            }
        }
    }

    #[test]
    fn the_code_is_never_smaller_than_the_sat_accepts() {
        for text in ["corto", ADDRESS, &"x".repeat(1000)] {
            let qr = Qr::encode(text).unwrap();
            assert!((LEAST_SIDE..LEAST_SIDE * 1.2).contains(&qr.side()), "{} points", qr.side());
        }
    }

    #[test]
    fn a_text_no_code_can_hold_is_refused() {
        assert_eq!(Qr::encode(&"x".repeat(3000)).err(), Some(DocumentError::QrTooLong));
    }
}
