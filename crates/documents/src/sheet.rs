//! A sheet of facts under heads, for whoever asks what is known of them, or what became of it.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::DocumentError;
use crate::layout::{Align, Flow, Ink, Meta, PageFrame, Style, assemble, wrap};
use crate::numbers::date;

/// Width of the labels, in points.
const LABELS: f32 = 132.0;

/// Everything a sheet shows, in the words it is to be read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetPdf {
    /// Who writes: the company's name.
    pub company: String,
    /// What the paper is.
    pub title: String,
    /// The day it carries.
    pub date: Date,
    /// What it says before the rest.
    pub opening: String,
    /// What follows, in order.
    pub parts: Vec<SheetPart>,
}

/// A head and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetPart {
    /// The head.
    pub head: String,
    /// A label with what it says; a label that is empty leaves its place blank.
    pub rows: Vec<(String, String)>,
}

impl SheetPdf {
    /// Draws the sheet on letter pages; `created_at` is what the file states as its creation.
    ///
    /// # Errors
    /// [`DocumentError::Unwritable`].
    pub fn render(&self, created_at: Timestamp) -> Result<Vec<u8>, DocumentError> {
        let mut flow = Flow::new(PageFrame {
            margin: 52.0,
            top: 46.0,
            watermark: None,
            running_head: (self.title.clone(), date(self.date)),
            foot: self.company.clone(),
        });
        self.heading(&mut flow);
        for part in &self.parts {
            draw(&mut flow, part);
        }
        let meta =
            Meta { title: self.title.clone(), author: self.company.clone(), subject: self.title.clone(), created_at };
        assemble(meta, flow.finish(), Vec::new())
    }

    fn heading(&self, flow: &mut Flow) {
        let (left, right, top) = (flow.left(), flow.right(), flow.y);
        flow.canvas().text(Align::Right, right, top, Style::MUTED, &date(self.date));
        let company = wrap(&self.company, Style::COMPANY, flow.width() - 80.0);
        flow.paragraph(left, Style::COMPANY, &company);
        flow.y += 14.0;
        let title = wrap(&self.title, Style::TITLE, flow.width());
        flow.paragraph(left, Style::TITLE, &title);
        flow.y += 4.0;
        let opening = wrap(&self.opening, Style::BODY, flow.width());
        flow.paragraph(left, Style::BODY, &opening);
    }
}

fn draw(flow: &mut Flow, part: &SheetPart) {
    let (left, right) = (flow.left(), flow.right());
    flow.y += 14.0;
    // a head never stands alone at the foot of a page
    flow.ensure(Style::STRONG.leading() + 8.0 + 2.0 * Style::BODY.leading());
    let head = wrap(&part.head, Style::STRONG, flow.width());
    flow.paragraph(left, Style::STRONG, &head);
    let y = flow.y + 1.5;
    flow.canvas().rule(left, right, y, 0.5, Ink::Line);
    flow.y = y + 4.0;
    for (label, text) in &part.rows {
        let labels = wrap(label, Style::MUTED, LABELS - 8.0);
        let lines = wrap(text, Style::BODY, right - left - LABELS);
        for at in 0..labels.len().max(lines.len()) {
            flow.ensure(Style::BODY.leading());
            let y = flow.y;
            for (column, style, lines) in [(left, Style::MUTED, &labels), (left + LABELS, Style::BODY, &lines)] {
                if let Some(line) = lines.get(at) {
                    flow.canvas().text(Align::Left, column, y, style, line);
                }
            }
            flow.y += Style::BODY.leading();
        }
        flow.y += 2.0;
    }
}
