//! The ledgers, as the receipts in a log tell them: what is left when the tables are lost.

use std::collections::BTreeMap;

use zuc_protocol::{
    ids::ItemId,
    receipt::{Decision, IntentKind, ReceiptHeader, SignedReceipt},
};

use crate::{Folio, FolioState};

/// A timbre by its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampedBefore {
    /// The attempt's.
    pub stamp_key: String,
    /// The invoice.
    pub invoice: ItemId,
    /// Its serie.
    pub serie: String,
    /// Its folio.
    pub folio: u64,
    /// The timbre's UUID.
    pub uuid: String,
    /// When, on the clock of the relay that signed.
    pub time_ms: i64,
    /// What says so.
    pub receipt: SignedReceipt,
}

/// What receipts say of folios, timbres and invoices that are never to be issued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Ascending; an invoice holds at most one. None is free: whether anything was sent under one that was given up is not
    /// known any more.
    pub folios: Vec<Folio>,
    /// One an invoice.
    pub stamped: Vec<StampedBefore>,
    /// Invoices with nothing sent and nothing to be sent.
    pub voided: Vec<ItemId>,
}

/// Who holds a folio, and under which claim.
#[derive(Clone, Copy)]
struct Held {
    invoice: Option<ItemId>,
    stamped: bool,
}

impl Ledger {
    /// The ledger of these receipts, in whatever order they come.
    ///
    /// Of two invoices with one folio the stamped one has it, else the first: the other was told a number that is not its
    /// own, and is refused when it is to be stamped.
    pub fn of(mut receipts: Vec<(ReceiptHeader, SignedReceipt)>) -> Self {
        receipts.sort_by(|(one, signed), (two, other)| {
            (one.time_ms, signed.header.as_slice()).cmp(&(two.time_ms, other.header.as_slice()))
        });
        let mut folios: BTreeMap<(String, u64), Held> = BTreeMap::new();
        let mut stamped: BTreeMap<ItemId, StampedBefore> = BTreeMap::new();
        let mut voided = Vec::new();
        for (header, receipt) in receipts {
            match header.decision {
                Decision::Folio { serie, folio, invoice } => {
                    let held = folios.entry((serie, folio)).or_insert(Held { invoice: None, stamped: false });
                    held.invoice = held.invoice.or(Some(invoice));
                }
                Decision::FolioDiscarded { serie, folio, invoice } => {
                    let held = folios.entry((serie, folio)).or_insert(Held { invoice: None, stamped: false });
                    if held.invoice == Some(invoice) && !held.stamped {
                        held.invoice = None;
                    }
                }
                Decision::Stamp { invoice, stamp_key, serie, folio, uuid, .. } => {
                    folios.insert((serie.clone(), folio), Held { invoice: Some(invoice), stamped: true });
                    let time_ms = header.time_ms;
                    let timbre = StampedBefore { stamp_key, invoice, serie, folio, uuid, time_ms, receipt };
                    stamped.entry(invoice).or_insert(timbre);
                }
                Decision::Intent { invoice, kind: IntentKind::Void, .. } => voided.push(invoice),
                _ => {}
            }
        }
        voided.retain(|invoice| !stamped.contains_key(invoice));
        Self { folios: one_each(folios), stamped: stamped.into_values().collect(), voided }
    }
}

/// An invoice keeps the folio of its timbre, else its lowest; the others serve nobody.
fn one_each(folios: BTreeMap<(String, u64), Held>) -> Vec<Folio> {
    let mut kept: BTreeMap<ItemId, (bool, (String, u64))> = BTreeMap::new();
    for (place, held) in &folios {
        let Some(invoice) = held.invoice else { continue };
        let better = kept.get(&invoice).is_none_or(|(stamped, _)| held.stamped && !stamped);
        if better {
            kept.insert(invoice, (held.stamped, place.clone()));
        }
    }
    let folio = |(place, held): ((String, u64), Held)| {
        let invoice = held.invoice.filter(|invoice| kept.get(invoice).is_some_and(|(_, of)| *of == place));
        let state = match invoice {
            Some(_) if held.stamped => FolioState::Stamped,
            Some(_) => FolioState::Reserved,
            None => FolioState::Inutilizado,
        };
        Folio { serie: place.0, number: place.1, invoice, state }
    };
    folios.into_iter().map(folio).collect()
}

#[cfg(test)]
mod tests {
    use zuc_protocol::{
        Blob,
        ids::{CompanyId, Digest32, LogId, Signature},
        suite,
    };

    use super::*;

    fn receipt(time_ms: i64, decision: Decision) -> (ReceiptHeader, SignedReceipt) {
        let header = ReceiptHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            company: CompanyId([1; 16]),
            log: LogId([2; 16]),
            request: None,
            time_ms,
            decision,
        };
        let signed = SignedReceipt { header: Blob(time_ms.to_be_bytes().to_vec()), signature: Signature([0; 64]) };
        (header, signed)
    }

    fn folio(time_ms: i64, folio: u64, invoice: u8) -> (ReceiptHeader, SignedReceipt) {
        receipt(time_ms, Decision::Folio { serie: "A".into(), folio, invoice: ItemId([invoice; 16]) })
    }

    fn discarded(time_ms: i64, folio: u64, invoice: u8) -> (ReceiptHeader, SignedReceipt) {
        receipt(time_ms, Decision::FolioDiscarded { serie: "A".into(), folio, invoice: ItemId([invoice; 16]) })
    }

    fn stamp(time_ms: i64, folio: u64, invoice: u8) -> (ReceiptHeader, SignedReceipt) {
        let (serie, stamp_key, uuid) = ("A".into(), format!("k{invoice}"), format!("u{invoice}"));
        let (invoice, xml) = (ItemId([invoice; 16]), Digest32([0; 32]));
        receipt(time_ms, Decision::Stamp { invoice, stamp_key, serie, folio, uuid, xml })
    }

    fn void(time_ms: i64, invoice: u8) -> (ReceiptHeader, SignedReceipt) {
        let (invoice, kind) = (ItemId([invoice; 16]), IntentKind::Void);
        receipt(time_ms, Decision::Intent { invoice, kind, serie: String::new(), folio: 0 })
    }

    /// The invoice and the state of every folio, with the number.
    fn says(ledger: &Ledger) -> Vec<(u64, Option<u8>, FolioState)> {
        let row = |folio: &Folio| (folio.number, folio.invoice.map(|invoice| invoice.0[0]), folio.state);
        ledger.folios.iter().map(row).collect()
    }

    #[test]
    fn folios_come_back_with_whoever_held_them_and_none_is_free() {
        let receipts = vec![folio(1, 1, 1), folio(2, 2, 2), discarded(3, 2, 2), folio(4, 3, 3), stamp(5, 1, 1)];
        let expected =
            [(1, Some(1), FolioState::Stamped), (2, None, FolioState::Inutilizado), (3, Some(3), FolioState::Reserved)];
        let ledger = Ledger::of(receipts.clone());
        assert_eq!(says(&ledger), expected);
        assert_eq!(ledger.stamped[0].uuid, "u1");
        assert_eq!(Ledger::of(receipts.into_iter().rev().collect()), ledger, "whoever gave them back first");
    }

    #[test]
    fn a_folio_that_was_given_again_is_its_second_invoices() {
        let ledger = Ledger::of(vec![folio(1, 1, 1), discarded(2, 1, 1), folio(3, 1, 2)]);
        assert_eq!(says(&ledger), [(1, Some(2), FolioState::Reserved)]);
    }

    #[test]
    fn of_two_invoices_with_one_folio_the_stamped_one_has_it() {
        assert_eq!(says(&Ledger::of(vec![folio(1, 1, 1), folio(2, 1, 2)])), [(1, Some(1), FolioState::Reserved)]);
        let ledger = Ledger::of(vec![folio(1, 1, 1), folio(2, 1, 2), stamp(3, 1, 2)]);
        assert_eq!(says(&ledger), [(1, Some(2), FolioState::Stamped)]);
    }

    #[test]
    fn an_invoice_holds_one_folio_and_what_is_stamped_is_not_void() {
        let ledger = Ledger::of(vec![folio(1, 1, 1), folio(2, 2, 1), stamp(3, 2, 1), void(4, 1), void(5, 9)]);
        assert_eq!(says(&ledger), [(1, None, FolioState::Inutilizado), (2, Some(1), FolioState::Stamped)]);
        assert_eq!(ledger.voided, [ItemId([9; 16])]);
    }

    #[test]
    fn a_receipt_that_came_alone_stands_for_the_one_before_it() {
        assert_eq!(says(&Ledger::of(vec![discarded(1, 7, 1)])), [(7, None, FolioState::Inutilizado)]);
        assert_eq!(says(&Ledger::of(vec![stamp(1, 7, 1)])), [(7, Some(1), FolioState::Stamped)]);
    }
}
