use super::canvas::Align;
use super::flow::Flow;
use super::style::{Ink, Style};
use super::wrap::wrap;

/// Blank between two columns.
const GAP: f32 = 9.0;
/// The least a flexible column may shrink to.
const LEAST_FLEXIBLE: f32 = 130.0;

/// A column; exactly one of a table is flexible and takes what the others leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) head: &'static str,
    pub(crate) align: Align,
    pub(crate) flexible: bool,
}

impl Column {
    pub(crate) const fn left(head: &'static str) -> Self {
        Self { head, align: Align::Left, flexible: false }
    }

    pub(crate) const fn right(head: &'static str) -> Self {
        Self { head, align: Align::Right, flexible: false }
    }

    pub(crate) const fn flexible(head: &'static str) -> Self {
        Self { head, align: Align::Left, flexible: true }
    }
}

/// What stands in one column of a row: paragraphs, each with its style.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell(Vec<(Style, String)>);

impl Cell {
    pub(crate) fn of(style: Style, text: impl Into<String>) -> Self {
        Self::default().and(style, text)
    }

    pub(crate) fn and(mut self, style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.push((style, text));
        }
        self
    }

    fn widest(&self) -> f32 {
        self.0.iter().map(|(style, text)| style.width(text)).fold(0.0, f32::max)
    }

    fn wrapped(&self, width: f32) -> Vec<(Style, String)> {
        let lines = |(style, text): &(Style, String)| {
            let style = *style;
            wrap(text, style, width).into_iter().map(move |line| (style, line))
        };
        self.0.iter().flat_map(lines).collect()
    }
}

/// Rows under heads that come back on every page.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Blank above and below the text of a row, in points.
    pub(crate) padding: f32,
}

type Lines = Vec<(Style, String)>;

impl Table {
    /// Draws the table over the width of the flow.
    pub(crate) fn draw(&self, flow: &mut Flow) {
        let widths = self.widths(flow.width());
        let rows: Vec<Vec<Lines>> = self
            .rows
            .iter()
            .map(|row| self.inner(&widths).zip(row).map(|((_, width), cell)| cell.wrapped(width)).collect())
            .collect();

        let first = rows.first().map_or(0.0, |row| self.row_height(row).min(Flow::capacity() / 2.0));
        flow.ensure(HEAD_HEIGHT + first);
        self.head(flow, &widths);
        for row in rows {
            self.row(flow, &widths, row);
        }
    }

    fn row(&self, flow: &mut Flow, widths: &[f32], mut row: Vec<Lines>) {
        // A row taller than a page goes on over several; any other stays whole.
        while self.row_height(&row) > Flow::capacity() - HEAD_HEIGHT {
            if flow.remaining() < 4.0 * Style::BODY.leading() {
                flow.turn_page();
                self.head(flow, widths);
            }
            let room = flow.remaining() - self.padding;
            let (now, later): (Vec<Lines>, Vec<Lines>) = row.into_iter().map(|lines| split(lines, room)).unzip();
            self.cells(flow, widths, &now);
            flow.turn_page();
            self.head(flow, widths);
            row = later;
        }
        if flow.ensure(self.row_height(&row)) {
            self.head(flow, widths);
        }
        self.cells(flow, widths, &row);
        let (left, right, y) = (flow.left(), flow.right(), flow.y);
        flow.canvas().rule(left, right, y - 0.5, 0.5, Ink::Line);
    }

    fn cells(&self, flow: &mut Flow, widths: &[f32], row: &[Lines]) {
        let top = flow.y + self.padding;
        let left = flow.left();
        for ((lines, column), (x, width)) in row.iter().zip(&self.columns).zip(self.inner(widths)) {
            let mut y = top;
            for (style, line) in lines {
                flow.canvas().text(column.align, left + at(*column, x, width), y, *style, line);
                y += style.leading();
            }
        }
        flow.y += self.row_height(row);
    }

    fn head(&self, flow: &mut Flow, widths: &[f32]) {
        let (left, right, top) = (flow.left(), flow.right(), flow.y);
        for (column, (x, width)) in self.columns.iter().zip(self.inner(widths)) {
            flow.canvas().text(column.align, left + at(*column, x, width), top + 1.0, HEAD, column.head);
        }
        flow.canvas().rule(left, right, top + HEAD_HEIGHT - 0.8, 0.8, Ink::Text);
        flow.y += HEAD_HEIGHT;
    }

    /// Where the text of each column begins, from the left margin, and how wide it may be: every column but the
    /// last keeps a gap on its right.
    fn inner(&self, widths: &[f32]) -> impl Iterator<Item = (f32, f32)> {
        let last = self.columns.len() - 1;
        widths.iter().enumerate().scan(0.0, move |x, (index, width)| {
            let from = *x;
            *x += width;
            Some((from, if index == last { *width } else { width - GAP }))
        })
    }

    fn row_height(&self, row: &[Lines]) -> f32 {
        row.iter().map(|lines| height(lines)).fold(0.0, f32::max) + 2.0 * self.padding
    }

    /// Fitted columns take the width of their widest text; when that leaves too little for the flexible one,
    /// all fitted ones give way in proportion (and long figures wrap rather than run off the page).
    fn widths(&self, total: f32) -> Vec<f32> {
        let mut widths: Vec<f32> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                if column.flexible {
                    return 0.0;
                }
                let cells = self.rows.iter().filter_map(|row| row.get(index)).map(Cell::widest);
                // A hair more than the text, so that rounding never wraps what was measured.
                cells.fold(HEAD.width(column.head), f32::max) + GAP + 0.2
            })
            .collect();
        if let Some(last) = widths.last_mut() {
            *last -= GAP;
        }
        let fitted: f32 = widths.iter().sum();
        let allowed = total - LEAST_FLEXIBLE;
        if fitted > allowed {
            for width in &mut widths {
                *width *= allowed / fitted;
            }
        }
        let rest = total - widths.iter().sum::<f32>();
        for (width, column) in widths.iter_mut().zip(&self.columns) {
            if column.flexible {
                *width = rest;
            }
        }
        widths
    }
}

const HEAD: Style = Style { size: 7.2, ..Style::MUTED };
const HEAD_HEIGHT: f32 = 15.5;

fn at(column: Column, x: f32, width: f32) -> f32 {
    match column.align {
        Align::Left => x,
        Align::Right => x + width,
    }
}

fn height(lines: &[(Style, String)]) -> f32 {
    lines.iter().map(|(style, _)| style.leading()).sum()
}

/// The lines that fit in `room`, and the rest.
fn split(mut lines: Lines, room: f32) -> (Lines, Lines) {
    let mut used = 0.0;
    let fit = lines
        .iter()
        .take_while(|(style, _)| {
            used += style.leading();
            used <= room
        })
        .count();
    let rest = lines.split_off(fit);
    (lines, rest)
}
