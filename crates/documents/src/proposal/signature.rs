use crate::error::DocumentError;
use crate::layout::{Canvas, Ink, Picture};

/// A signature as it was captured.
#[derive(Debug, Clone)]
pub enum Signature {
    /// A picture, with or without transparency.
    Png(Vec<u8>),
    /// The pen's own path, in the units of the pad it was drawn on.
    Strokes {
        /// Width of the pad.
        width: f32,
        /// Height of the pad.
        height: f32,
        /// Each time the pen went down.
        strokes: Vec<Stroke>,
    },
}

/// The points `(x, y)` of one stroke, from the pad's top left corner.
pub type Stroke = Vec<(f32, f32)>;

/// Thickness of the pen on paper, in points.
const PEN: f32 = 1.1;

/// The signature ready to be placed.
pub(super) enum Trace {
    Picture(Picture),
    Strokes { width: f32, height: f32, strokes: Vec<Stroke> },
}

impl Trace {
    pub(super) fn read(signature: &Signature) -> Result<Self, DocumentError> {
        Ok(match signature {
            Signature::Png(png) => Self::Picture(Picture::decode("signature", png)?),
            Signature::Strokes { width, height, strokes } => {
                let finite = |&(x, y): &(f32, f32)| x.is_finite() && y.is_finite();
                Self::Strokes {
                    width: *width,
                    height: *height,
                    strokes: strokes.iter().map(|stroke| stroke.iter().copied().filter(finite).collect()).collect(),
                }
            }
        })
    }

    /// Draws the signature as large as the box allows, standing on the box's lower edge.
    pub(super) fn draw(&self, canvas: &mut Canvas, x: f32, y: f32, width: f32, height: f32) {
        match self {
            Self::Picture(picture) => {
                let (wide, high) = picture.fit(width, height);
                canvas.picture(picture.id.clone(), x, y + height - high, wide, high);
            }
            Self::Strokes { width: pad_width, height: pad_height, strokes } => {
                let scale = (width / pad_width).min(height / pad_height);
                if !scale.is_finite() || scale <= 0.0 {
                    return;
                }
                let top = y + height - pad_height * scale;
                for stroke in strokes {
                    // A point outside the pad is held at its edge: nothing is drawn over the text.
                    let placed: Stroke = stroke
                        .iter()
                        .map(|&(px, py)| {
                            (x + px.clamp(0.0, *pad_width) * scale, top + py.clamp(0.0, *pad_height) * scale)
                        })
                        .collect();
                    canvas.pen(&smooth(&placed), PEN, Ink::Text);
                }
            }
        }
    }
}

/// The stroke as Bézier curves through every point (Catmull-Rom), so that few points still look like a hand.
fn smooth(points: &[(f32, f32)]) -> Vec<(f32, f32, bool)> {
    let Some(&first) = points.first() else { return Vec::new() };
    let mut path = vec![(first.0, first.1, false)];
    if points.len() == 1 {
        // A dot: the round pen leaves its mark on a line of no length.
        path.push((first.0, first.1, false));
    }
    for index in 1..points.len() {
        let before = points[index.saturating_sub(2)];
        let (from, to) = (points[index - 1], points[index]);
        let after = *points.get(index + 1).unwrap_or(&to);
        path.push((from.0 + (to.0 - before.0) / 6.0, from.1 + (to.1 - before.1) / 6.0, true));
        path.push((to.0 - (after.0 - from.0) / 6.0, to.1 - (after.1 - from.1) / 6.0, true));
        path.push((to.0, to.1, false));
    }
    path
}
