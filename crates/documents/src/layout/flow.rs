use super::canvas::{Align, Canvas};
use super::style::Style;

/// Letter, the paper Mexican offices print on, in points.
pub(crate) const PAGE_WIDTH: f32 = 612.0;
/// Letter, the paper Mexican offices print on, in points.
pub(crate) const PAGE_HEIGHT: f32 = 792.0;

/// Where content begins on a page that is not the first.
const CONTINUED_TOP: f32 = 62.0;
/// Where content must end.
const BOTTOM: f32 = PAGE_HEIGHT - 52.0;

/// What repeats on each page.
#[derive(Debug, Clone)]
pub(crate) struct PageFrame {
    /// Both side margins.
    pub(crate) margin: f32,
    /// Where content begins on the first page.
    pub(crate) top: f32,
    pub(crate) watermark: Option<&'static str>,
    /// What the second page and those after it say at their head: the paper's name and its number.
    pub(crate) running_head: (String, String),
    /// At the foot, left of the page number.
    pub(crate) foot: String,
}

/// A place on the current page that moves down, and onto new pages.
#[derive(Debug)]
pub(crate) struct Flow {
    frame: PageFrame,
    pages: Vec<Canvas>,
    current: Canvas,
    /// The next free point, from the top.
    pub(crate) y: f32,
}

impl Flow {
    pub(crate) fn new(frame: PageFrame) -> Self {
        let y = frame.top;
        let mut flow = Self { frame, pages: Vec::new(), current: Canvas::default(), y };
        flow.begin_page();
        flow
    }

    pub(crate) fn canvas(&mut self) -> &mut Canvas {
        &mut self.current
    }

    pub(crate) fn left(&self) -> f32 {
        self.frame.margin
    }

    pub(crate) fn right(&self) -> f32 {
        PAGE_WIDTH - self.frame.margin
    }

    pub(crate) fn width(&self) -> f32 {
        self.right() - self.left()
    }

    /// Points left on this page.
    pub(crate) fn remaining(&self) -> f32 {
        BOTTOM - self.y
    }

    /// Points on a page that holds nothing else.
    pub(crate) fn capacity() -> f32 {
        BOTTOM - CONTINUED_TOP
    }

    /// Turns the page unless `height` still fits; says whether it did.
    pub(crate) fn ensure(&mut self, height: f32) -> bool {
        let turn = height > self.remaining() && self.y > CONTINUED_TOP;
        if turn {
            self.turn_page();
        }
        turn
    }

    pub(crate) fn turn_page(&mut self) {
        self.pages.push(std::mem::take(&mut self.current));
        self.begin_page();
        self.y = CONTINUED_TOP;
    }

    /// Lines that may run over several pages.
    pub(crate) fn paragraph(&mut self, x: f32, style: Style, lines: &[String]) {
        for line in lines {
            self.ensure(style.leading());
            let y = self.y;
            self.current.text(Align::Left, x, y, style, line);
            self.y += style.leading();
        }
    }

    fn begin_page(&mut self) {
        if let Some(word) = self.frame.watermark {
            self.current.watermark(word);
        }
        if !self.pages.is_empty() {
            let (name, detail) = self.frame.running_head.clone();
            let (left, right) = (self.left(), self.right());
            self.current.artifact(|canvas| {
                canvas.text(Align::Left, left, 36.0, Style::STRONG, &name);
                canvas.text(Align::Right, right, 36.0, Style::MUTED, &detail);
            });
        }
    }

    /// The pages with their foot: the frame's text, and `1 de 3`.
    pub(crate) fn finish(mut self) -> Vec<Canvas> {
        self.pages.push(std::mem::take(&mut self.current));
        let count = self.pages.len();
        let (left, right) = (self.left(), self.right());
        for (index, page) in self.pages.iter_mut().enumerate() {
            page.artifact(|canvas| {
                canvas.text(Align::Left, left, PAGE_HEIGHT - 38.0, Style::SMALL, &self.frame.foot);
                canvas.text(
                    Align::Right,
                    right,
                    PAGE_HEIGHT - 38.0,
                    Style::SMALL,
                    &format!("{} de {count}", index + 1),
                );
            });
        }
        self.pages
    }
}
