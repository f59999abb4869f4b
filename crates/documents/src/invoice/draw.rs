use jiff::Timestamp;

use super::{InvoicePdf, InvoiceStatus, body, head, payments, stamp};
use crate::error::DocumentError;
use crate::layout::{Flow, Meta, PageFrame, Picture, assemble};

const NO_FISCAL_VALUE: &str = "Borrador sin valor fiscal";

pub(super) fn draw(invoice: &InvoicePdf, created_at: Timestamp) -> Result<Vec<u8>, DocumentError> {
    let logo = invoice.letterhead.logo.as_deref().map(|png| Picture::decode("logo", png)).transpose()?;
    let title = invoice.title();
    let watermark = match invoice.status {
        InvoiceStatus::Draft => Some("BORRADOR"),
        InvoiceStatus::Stamped(_) => None,
        InvoiceStatus::Cancelled(_) => Some("CANCELADO"),
    };
    let detail = invoice.status.stamp().map_or(NO_FISCAL_VALUE, |stamp| stamp.uuid.as_str());

    let mut flow = Flow::new(PageFrame {
        margin: 40.0,
        top: 36.0,
        watermark,
        running_head: (title.clone(), detail.to_owned()),
        foot: invoice.letterhead.contact_line.clone(),
    });
    head::draw(&mut flow, invoice, logo.as_ref(), &title);
    body::lines(&mut flow, invoice);
    body::totals(&mut flow, invoice);
    payments::draw(&mut flow, &invoice.payments);
    if let Some(stamp) = invoice.status.stamp() {
        stamp::draw(&mut flow, stamp)?;
    }

    let meta = Meta { title, author: invoice.issuer.name.clone(), subject: detail.to_owned(), created_at };
    assemble(meta, flow.finish(), logo.into_iter().collect())
}
