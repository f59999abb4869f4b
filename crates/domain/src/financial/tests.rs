//! The invoice as a whole.

use std::collections::BTreeMap;

use jiff::civil::date;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::proposal::{Acceptance, OrderKey, ProposalLine, ProposalVersion, Recurrence, Signer, VersionContent};
use crate::shared::{DeviceId, Hlc, OpportunityId, PersonId, VersionId};

fn act(number: u128) -> Act {
    let at = Timestamp::from_second(1_795_500_000).unwrap();
    Act {
        transition: TransitionId(Uuid::from_u128(number)),
        hlc: Hlc {
            millis: at.as_millisecond(),
            counter: u16::try_from(number).unwrap(),
            device: DeviceId(Uuid::from_u128(1)),
        },
        by: PersonId(Uuid::from_u128(2)),
        at,
        today: date(2026, 11, 24),
    }
}

fn accepted() -> Proposal {
    let scope = Scope::Sales(1);
    let id = ProposalId(Uuid::from_u128(9));
    let line = |number: u128, quantity: i64, price: i64, discount: i64| ProposalLine {
        id: LineId(Uuid::from_u128(number)),
        order: OrderKey::between(None, None),
        product: None,
        sku: format!("SKU-{number}"),
        description: "Servicio".to_owned(),
        clave_prod_serv: "81111500".to_owned(),
        clave_unidad: "E48".to_owned(),
        unit: "servicio".to_owned(),
        quantity: Decimal::from(quantity),
        unit_price: Decimal::new(price, 2),
        list_price: Decimal::new(price, 2),
        cost: None,
        discount: Percentage::try_new(Decimal::from(discount)).unwrap(),
        tax: TaxKind::Iva16,
        recurrence: Recurrence::Once,
    };
    let lines: BTreeMap<_, _> =
        [line(1, 3, 33_333, 0), line(2, 1, 100_001, 5)].into_iter().map(|line| (line.id, line)).collect();
    let content = VersionContent {
        lines,
        document_discount: Percentage::try_new(Decimal::from(3)).unwrap(),
        valid_until: date(2026, 12, 9),
        payment_days: 30,
        terms: String::new(),
        notes: String::new(),
        custom_fx_rate: None,
        rounding: RoundingStrategy::TwoDecimals,
    };
    Proposal {
        id,
        scope,
        title: "Propuesta".to_owned(),
        lead: Some(LeadId(Uuid::from_u128(5))),
        opportunity: Some(OpportunityId(Uuid::from_u128(6))),
        customer: CustomerId(Uuid::from_u128(7)),
        owner: PersonId(Uuid::from_u128(2)),
        currency: Currency::Mxn,
        versions: BTreeMap::from([(
            1,
            ProposalVersion { id: VersionId(Uuid::from_u128(8)), number: 1, based_on: None, content },
        )]),
        acceptance: Some(Acceptance {
            version: VersionId(Uuid::from_u128(8)),
            content_hash: "hash".to_owned(),
            document_hash: "document".to_owned(),
            signer: Signer { name: "Íñigo".to_owned(), role: "Compras".to_owned(), email: None },
            signed_at: act(1).at,
            image_hash: "image".to_owned(),
            device: DeviceId(Uuid::from_u128(1)),
        }),
        transitions: BTreeMap::new(),
    }
}

fn draft() -> Invoice {
    let event = Invoice::draft_from(&accepted(), ContractId(Uuid::from_u128(11)), None, "Pre-1", &act(1)).unwrap();
    Invoice::from_created(&event).unwrap()
}

fn receptor() -> Receptor {
    Receptor {
        rfc: "URE180429TM6".to_owned(),
        legal_name: "UNIVERSIDAD ROBOTICA ESPAÑOLA".to_owned(),
        regimen_fiscal: "601".to_owned(),
        domicilio_cp: "86991".to_owned(),
        uso_cfdi: "G03".to_owned(),
    }
}

fn issuance(folio: u64) -> Issuance {
    Issuance { serie: "A".to_owned(), folio, fecha: act(1).at, xml_hash: "xml".to_owned(), stamp_key: "key".to_owned() }
}

fn issued() -> Invoice {
    let mut invoice = draft();
    invoice.complete(receptor(), PaymentTerms::chosen(MetodoPago::Ppd, ""), "").unwrap();
    let event = invoice.issue(issuance(7), &act(2)).unwrap();
    invoice.apply(&event);
    invoice
}

#[test]
fn a_draft_has_the_cents_of_its_proposal() {
    let proposal = accepted();
    assert_eq!(draft().quote().unwrap(), proposal.figures().unwrap().quote);
}

#[test]
fn only_an_accepted_proposal_becomes_an_invoice() {
    let open = Proposal { acceptance: None, ..accepted() };
    let refused = Invoice::draft_from(&open, ContractId(Uuid::from_u128(11)), None, "Pre-1", &act(1));
    assert_eq!(refused, Err(InvoiceError::NotAccepted));
}

#[test]
fn two_devices_draft_the_same_invoice() {
    assert_eq!(draft().id, Invoice::id_for(accepted().id));
}

#[test]
fn what_is_sealed_is_not_edited() {
    let mut invoice = issued();
    let refused = invoice.complete(receptor(), PaymentTerms::chosen(MetodoPago::Pue, "03"), "").unwrap_err();
    assert_eq!(refused.code(), "invoice.locked");
}

#[test]
fn a_refused_document_is_mended_and_keeps_its_folio() {
    let mut invoice = issued();
    let transition = invoice.follow(CfdiState::Rejected, &act(3)).unwrap().unwrap();
    invoice.apply_transition(&transition);
    invoice.complete(receptor(), PaymentTerms::chosen(MetodoPago::Ppd, ""), "").unwrap();
    assert_eq!(invoice.issue(issuance(8), &act(4)), Err(InvoiceError::OtherFolio));
    let again = invoice.issue(issuance(7), &act(4)).unwrap();
    invoice.apply(&again);
    assert_eq!((invoice.state(), invoice.label().as_str()), (CfdiState::Generated, "A-7"));
}

#[test]
fn the_receipt_of_the_timbre_outranks_what_we_thought() {
    let mut invoice = issued();
    let expired = invoice.follow(CfdiState::WindowExpired, &act(3)).unwrap().unwrap();
    invoice.apply_transition(&expired);
    let stamped = invoice.stamped(&act(4)).unwrap().unwrap();
    invoice.apply_transition(&stamped);
    assert_eq!(invoice.state(), CfdiState::Stamped);
    assert_eq!(invoice.stamped(&act(5)).unwrap(), None);
}

#[test]
fn what_the_ledger_promised_is_taken_back_once_drafted_or_sealed() {
    for mut invoice in [draft(), issued()] {
        let voided = invoice.void("error", &act(3)).unwrap().unwrap();
        invoice.apply(&voided);
        assert_eq!(invoice.state(), CfdiState::Voided);
        assert_eq!(invoice.void("error", &act(4)), Ok(None));
    }
}

#[test]
fn a_promise_noted_apart_from_a_sealing_ends_the_same_on_every_device() {
    let (drafted, sealed) = (draft(), issued());
    let InvoiceEvent::Voided { transition: voided, .. } = drafted.void("error", &act(6)).unwrap().unwrap() else {
        panic!("voided")
    };
    let queued = sealed.follow(CfdiState::Queued, &act(7)).unwrap().unwrap();
    let mut here = sealed.clone();
    here.apply_transition(&queued);
    here.apply_transition(&voided);
    let mut there = drafted;
    for transition in [&voided, &queued].into_iter().chain(sealed.transitions.values()) {
        there.apply_transition(transition);
    }
    assert_eq!((here.state(), there.state()), (CfdiState::Voided, CfdiState::Voided));
}

#[test]
fn what_may_be_at_the_pac_is_not_taken_back() {
    for state in [CfdiState::Submitted, CfdiState::Unknown] {
        let mut invoice = issued();
        let sent = invoice.follow(state, &act(3)).unwrap().unwrap();
        invoice.apply_transition(&sent);
        assert_eq!(invoice.void("error", &act(4)).unwrap_err().code(), "invoice.no_such_step", "{state}");
    }
}
