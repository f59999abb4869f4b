//! The stories, in order.

mod books;
mod forgotten;
mod join;
mod lock;
mod proposal;
mod sales;
mod start;
mod trouble;
mod twins;

use std::{path::Path, pin::Pin, process::Command};

/// A story to run.
pub(crate) type Story = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// Every story by its name.
pub(crate) const ALL: &[(&str, Story)] = &[
    ("start", || Box::pin(start::story())),
    ("lock", || Box::pin(lock::story())),
    ("trouble", || Box::pin(trouble::story())),
    ("join", || Box::pin(join::story())),
    ("sales", || Box::pin(sales::story())),
    ("books", || Box::pin(books::story())),
    ("forgotten", || Box::pin(forgotten::story())),
];

/// The words of a PDF.
pub(crate) fn pdf_text(file: &Path) -> String {
    let done = Command::new("pdftotext").arg("-layout").arg(file).arg("-").output();
    let done = done.expect("poppler-utils is installed by the set-up");
    assert!(done.status.success(), "{} is no PDF", file.display());
    String::from_utf8(done.stdout).expect("UTF-8")
}
