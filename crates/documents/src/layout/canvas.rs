use printpdf::{
    Line, LineCapStyle, LineJoinStyle, LinePoint, Op, PaintMode, PdfFontHandle, Point, Polygon, PolygonRing, Pt, Rect,
    TextItem, TextMatrix, WindingOrder, XObjectId, XObjectTransform,
};

use super::flow::{PAGE_HEIGHT, PAGE_WIDTH};
use super::style::{Ink, Style};
use crate::fonts::{Weight, font_id, printable};

/// Where text stands against its `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// How steep a watermark climbs, in degrees.
const WATERMARK_SLOPE: f32 = 32.0;

/// One page being drawn: operations in the order a person reads them.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    ops: Vec<Op>,
    /// The ink and the font in force: what does not change is not said again.
    ink: Option<Ink>,
    font: Option<(Weight, f32)>,
}

impl Canvas {
    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    /// One line of text whose top is at `y`; `x` is its left or right end.
    pub(crate) fn text(&mut self, align: Align, x: f32, y: f32, style: Style, text: &str) {
        let text = printable(text).replace('\n', " ");
        if text.trim().is_empty() {
            return;
        }
        let left = match align {
            Align::Left => x,
            Align::Right => x - style.width(&text),
        };
        let matrix = TextMatrix::Translate(across(left), up(y + style.ascent()));
        self.show(style, matrix, text);
    }

    /// Consecutive lines from `y` down; returns where they end.
    pub(crate) fn lines(&mut self, align: Align, x: f32, y: f32, style: Style, lines: &[String]) -> f32 {
        let mut y = y;
        for line in lines {
            self.text(align, x, y, style, line);
            y += style.leading();
        }
        y
    }

    /// A horizontal rule.
    pub(crate) fn rule(&mut self, from: f32, to: f32, y: f32, thickness: f32, ink: Ink) {
        self.fill(from, y, to - from, thickness, ink);
    }

    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        self.dip(ink);
        self.ops.push(Op::DrawRectangle {
            rectangle: Rect {
                x: across(x),
                y: up(y + height),
                width: across(width),
                height: across(height),
                mode: Some(PaintMode::Fill),
                winding_order: Some(WindingOrder::NonZero),
            },
        });
    }

    /// Many rectangles `(x, y, width, height)` as one figure, so that no seam shows where they touch.
    pub(crate) fn fill_all(&mut self, rectangles: &[(f32, f32, f32, f32)], ink: Ink) {
        let corner = |x: f32, y: f32| LinePoint { p: Point { x: across(x), y: up(y) }, bezier: false };
        let rings = rectangles
            .iter()
            .map(|&(x, y, width, height)| PolygonRing {
                points: vec![corner(x, y), corner(x + width, y), corner(x + width, y + height), corner(x, y + height)],
            })
            .collect();
        self.dip(ink);
        self.ops.push(Op::DrawPolygon {
            polygon: Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::NonZero },
        });
    }

    /// An open path of points `(x, y, is_control)` drawn as a pen would: round ends, round joins.
    pub(crate) fn pen(&mut self, points: &[(f32, f32, bool)], thickness: f32, ink: Ink) {
        let points =
            points.iter().map(|&(x, y, bezier)| LinePoint { p: Point { x: across(x), y: up(y) }, bezier }).collect();
        self.ops.extend([
            Op::SetOutlineColor { col: ink.color() },
            Op::SetOutlineThickness { pt: Pt(thickness) },
            Op::SetLineCapStyle { cap: LineCapStyle::Round },
            Op::SetLineJoinStyle { join: LineJoinStyle::Round },
            Op::DrawLine { line: Line { points, is_closed: false } },
        ]);
    }

    /// A picture stretched over the rectangle; the caller keeps its proportions.
    pub(crate) fn picture(&mut self, id: XObjectId, x: f32, y: f32, width: f32, height: f32) {
        self.ops.push(Op::UseXobject {
            id,
            transform: XObjectTransform {
                translate_x: Some(across(x)),
                translate_y: Some(up(y + height)),
                scale_x: Some(width),
                scale_y: Some(height),
                no_auto_scale: true,
                ..XObjectTransform::default()
            },
        });
    }

    /// What `draw` puts on the page is decoration: a screen reader skips it.
    pub(crate) fn artifact(&mut self, draw: impl FnOnce(&mut Self)) {
        self.ops.push(Op::BeginMarkedContent { tag: "Artifact".to_owned() });
        draw(self);
        self.ops.push(Op::EndMarkedContent);
    }

    /// A word drawn lightly across the whole page. To be called first, so that the text stays on top.
    pub(crate) fn watermark(&mut self, word: &str) {
        let slope = WATERMARK_SLOPE.to_radians();
        let unit = Style { weight: Weight::Bold, size: 1.0, ink: Ink::Watermark };
        // The word spans the page's width along its slope, less wide margins.
        let span = (PAGE_WIDTH - 190.0) / slope.cos();
        let style = Style { size: (span / unit.width(word)).min(110.0), ..unit };
        let (half, cap) = (style.width(word) / 2.0, style.size * 0.73 / 2.0);
        let x = PAGE_WIDTH / 2.0 - half * slope.cos() + cap * slope.sin();
        let y = PAGE_HEIGHT / 2.0 - half * slope.sin() - cap * slope.cos();
        let matrix = TextMatrix::Raw([slope.cos(), slope.sin(), -slope.sin(), slope.cos(), snap(x), snap(y)]);
        self.artifact(|canvas| canvas.show(style, matrix, word.to_owned()));
    }

    fn show(&mut self, style: Style, matrix: TextMatrix, text: String) {
        self.dip(style.ink);
        self.ops.push(Op::StartTextSection);
        if self.font != Some((style.weight, style.size)) {
            self.font = Some((style.weight, style.size));
            let font = PdfFontHandle::External(font_id(style.weight));
            self.ops.push(Op::SetFont { font, size: Pt(style.size) });
        }
        self.ops.extend([
            Op::SetTextMatrix { matrix },
            Op::ShowText { items: vec![TextItem::Text(text)] },
            Op::EndTextSection,
        ]);
    }

    fn dip(&mut self, ink: Ink) {
        if self.ink != Some(ink) {
            self.ink = Some(ink);
            self.ops.push(Op::SetFillColor { col: ink.color() });
        }
    }
}

fn across(x: f32) -> Pt {
    Pt(snap(x))
}

/// PDF counts upwards from the foot of the page.
fn up(y: f32) -> Pt {
    Pt(snap(PAGE_HEIGHT - y))
}

/// A hundredth of a point is finer than any printer, and shorter to write.
fn snap(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}
