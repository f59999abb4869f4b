//! Proposals: versions, figures, approval and signature.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::shared::{DeviceId, DomainEvent, Hlc, LineId, Money, Percentage, ProductId, RoundingStrategy, TaxKind};

fn act_on(number: u128, today: Date) -> Act {
    let at = Timestamp::from_second(1_795_500_000).unwrap();
    Act {
        transition: TransitionId(Uuid::from_u128(number)),
        hlc: Hlc {
            millis: at.as_millisecond(),
            counter: u16::try_from(number).unwrap(),
            device: DeviceId(Uuid::from_u128(1)),
        },
        by: PersonId(Uuid::from_u128(1)),
        at,
        today,
    }
}

fn act(number: u128) -> Act {
    act_on(number, date(2026, 11, 24))
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn line(number: u128, price: &str, discount: &str, recurrence: Recurrence) -> ProposalLine {
    let mut order = OrderKey::between(None, None);
    for _ in 0..number {
        order = OrderKey::between(Some(&order), None);
    }
    ProposalLine {
        id: LineId(Uuid::from_u128(number)),
        order,
        product: None,
        sku: format!("SKU-{number}"),
        description: "Licencia".to_owned(),
        clave_prod_serv: "43231500".to_owned(),
        clave_unidad: "E48".to_owned(),
        unit: "Servicio".to_owned(),
        quantity: Decimal::ONE,
        unit_price: dec(price),
        list_price: dec(price),
        cost: Some(dec(price) / Decimal::TWO),
        discount: discount.parse().unwrap(),
        tax: TaxKind::Iva16,
        recurrence,
    }
}

fn content(lines: Vec<ProposalLine>) -> VersionContent {
    VersionContent {
        lines: lines.into_iter().map(|line| (line.id, line)).collect(),
        document_discount: Percentage::ZERO,
        valid_until: date(2026, 12, 9),
        payment_days: 30,
        terms: String::new(),
        notes: String::new(),
        custom_fx_rate: None,
        rounding: RoundingStrategy::TwoDecimals,
    }
}

fn three_lines() -> VersionContent {
    content(vec![
        line(1, "1000", "0", Recurrence::Once),
        line(2, "1200", "5", Recurrence::Yearly),
        line(3, "100", "0", Recurrence::Monthly),
    ])
}

fn draft(content: VersionContent) -> Proposal {
    let new = NewProposal {
        id: ProposalId(Uuid::from_u128(9)),
        scope: Scope::Sales(1),
        title: "Licencias".to_owned(),
        lead: None,
        opportunity: None,
        customer: CustomerId(Uuid::from_u128(4)),
        owner: PersonId(Uuid::from_u128(1)),
        currency: Currency::Mxn,
        content,
    };
    Proposal::from_created(&Proposal::create(new).unwrap()).unwrap()
}

fn send(proposal: &Proposal, act: &Act) -> Result<ProposalEvent, ProposalError> {
    proposal.send_in_person("pdf", &ApprovalLimits::default(), Decimal::ONE, act)
}

fn sent() -> Proposal {
    let mut proposal = draft(three_lines());
    let event = send(&proposal, &act(1)).unwrap();
    proposal.apply(&event);
    proposal
}

fn signature(proposal: &Proposal) -> Signature {
    Signature {
        version: proposal.latest().number,
        content_hash: proposal.content_hash(),
        document_hash: "pdf".to_owned(),
        signer: Signer { name: " Begoña  Peña ".to_owned(), role: "Compras".to_owned(), email: None },
        consent: true,
        image_hash: "image".to_owned(),
        device: DeviceId(Uuid::from_u128(1)),
    }
}

#[test]
fn recurring_lines_are_brought_to_a_month_after_discounts_and_before_tax() {
    let figures = draft(three_lines()).figures().unwrap();
    // 1200 less 5 % is 1140 a year, 95 a month; and 100 a month.
    assert_eq!(figures.mrr.amount(), dec("195"));
    assert_eq!((figures.quote.total, figures.margin.unwrap().round_dp(2)), (dec("2598.4"), dec("48.66")));
    assert_eq!(figures.average_discount.round_dp(4), dec("2.6087"));
}

#[test]
fn an_expired_proposal_is_not_accepted_and_its_last_day_is_a_valid_day() {
    let proposal = sent();
    let error = proposal.accept(signature(&proposal), &act_on(2, date(2026, 12, 10))).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("proposal.expired", "the proposal expired on 2026-12-09"));
    assert!(proposal.accept(signature(&proposal), &act_on(2, date(2026, 12, 9))).is_ok());
    assert!(matches!(proposal.expire(&act_on(2, date(2026, 12, 9))), Err(ProposalError::StillValid { .. })));
    assert!(proposal.expire(&act_on(2, date(2026, 12, 10))).is_ok());
}

#[test]
fn a_signature_is_bound_to_the_hash_of_the_latest_version() {
    let mut proposal = sent();
    let stale = signature(&proposal);
    let changed = VersionContent { notes: "otra".to_owned(), ..three_lines() };
    for event in proposal.revise(changed, Decimal::ONE, "notas", &act(2)).unwrap() {
        proposal.apply(&event);
    }
    assert_eq!((proposal.state(), proposal.latest().number), (ProposalState::Draft, 2));
    assert_eq!(proposal.accept(stale.clone(), &act(3)), Err(ProposalError::NotAwaitingAnswer));
    let again = send(&proposal, &act(3)).unwrap();
    proposal.apply(&again);
    assert_eq!(proposal.accept(stale.clone(), &act(4)), Err(ProposalError::NotLatestVersion { latest: 2 }));
    assert_eq!(proposal.accept(Signature { version: 2, ..stale }, &act(4)), Err(ProposalError::ContentChanged));
    let event = proposal.accept(signature(&proposal), &act(4)).unwrap();
    assert_eq!(event.data()["contentHash"], json!(proposal.content_hash()));
    proposal.apply(&event);
    assert_eq!(
        (proposal.state(), proposal.acceptance.unwrap().signer.name.as_str()),
        (ProposalState::Accepted, "Begoña Peña")
    );
}

#[test]
fn a_signature_that_lacks_something_says_what() {
    let proposal = sent();
    let whole = signature(&proposal);
    let lacking = [
        (Signature { signer: Signer { name: " ".to_owned(), ..whole.signer.clone() }, ..whole.clone() }, "name"),
        (Signature { signer: Signer { role: String::new(), ..whole.signer.clone() }, ..whole.clone() }, "role"),
        (Signature { consent: false, ..whole.clone() }, "consent"),
        (Signature { image_hash: String::new(), ..whole.clone() }, "image"),
        (Signature { document_hash: String::new(), ..whole }, "document"),
    ];
    for (signature, missing) in lacking {
        assert_eq!(proposal.accept(signature, &act(2)), Err(ProposalError::SignatureIncomplete { missing }));
    }
}

#[test]
fn any_edit_of_what_the_customer_sees_changes_the_hash_and_order_of_entry_does_not() {
    let hash = |content: VersionContent| draft(content).content_hash();
    let base = hash(three_lines());
    assert_eq!(base, hash(content(three_lines().lines.into_values().rev().collect())));
    let mut dearer = three_lines();
    dearer.lines.get_mut(&LineId(Uuid::from_u128(1))).unwrap().unit_price = dec("1000.01");
    let mut same = three_lines();
    same.lines.get_mut(&LineId(Uuid::from_u128(1))).unwrap().unit_price = dec("1000.00");
    assert_eq!(base, hash(same), "an amount has one text");
    let edits = [
        dearer,
        VersionContent { document_discount: "1".parse().unwrap(), ..three_lines() },
        VersionContent { valid_until: date(2026, 12, 10), ..three_lines() },
        VersionContent { terms: "x".to_owned(), ..three_lines() },
        VersionContent { payment_days: 0, ..three_lines() },
    ];
    for edit in edits {
        assert_ne!(base, hash(edit));
    }
}

#[test]
fn a_draft_is_changed_in_place_and_an_answer_seals() {
    let mut proposal = draft(three_lines());
    let cheaper = VersionContent { document_discount: "5".parse().unwrap(), ..three_lines() };
    let events = proposal.revise(cheaper.clone(), Decimal::ONE, "", &act(1)).unwrap();
    assert_eq!(events.iter().map(DomainEvent::event_type).collect::<Vec<_>>(), ["Proposal.Repriced"]);
    proposal.apply(&events[0]);
    assert_eq!(proposal.latest().number, 1);
    assert_eq!(proposal.revise(cheaper, Decimal::ONE, "", &act(2)), Err(ProposalError::Unchanged));
    let mut answered = sent();
    let accepted = answered.accept(signature(&answered), &act(5)).unwrap();
    answered.apply(&accepted);
    let refused = answered.revise(content(vec![]), Decimal::ONE, "", &act(6)).unwrap_err();
    assert_eq!(refused.code(), "proposal.no_such_step");
    assert!(answered.withdraw("x", &act(6)).is_err());
    assert_eq!(answered.decline(DeclineReason::Price, None, None, &act(6)), Err(ProposalError::NotAwaitingAnswer));
}

#[test]
fn signed_here_and_taken_back_there_is_for_a_person_to_decide() {
    let proposal = sent();
    let accepted = proposal.accept(signature(&proposal), &act(2)).unwrap();
    let withdrawn = proposal.withdraw("precio", &act(3)).unwrap();
    let (mut here, mut there) = (proposal.clone(), proposal);
    here.apply(&accepted);
    here.apply(&withdrawn);
    there.apply(&withdrawn);
    there.apply(&accepted);
    assert_eq!(here, there);
    assert!(here.folded().needs_review());
}

#[test]
fn an_empty_proposal_is_not_sent() {
    assert_eq!(send(&draft(content(vec![])), &act(1)), Err(ProposalError::NoLines));
}

#[test]
fn the_approval_matrix_stands_at_its_limits() {
    let need =
        |content: VersionContent| draft(content).approval_need(&ApprovalLimits::default(), Decimal::ONE).unwrap();
    let one = |price: &str, discount: &str| content(vec![line(1, price, discount, Recurrence::Once)]);
    let cases = [
        (one("1000", "10"), Approver::Nobody),
        (one("1000", "10.01"), Approver::SalesManager),
        (one("1000", "20"), Approver::SalesManager),
        (one("1000", "20.01"), Approver::SalesDirector),
        (one("1000", "30"), Approver::SalesDirector),
        (one("1000", "30.01"), Approver::DirectorAndFinance),
        (one("431034.47", "0"), Approver::Nobody),
        (one("431034.49", "0"), Approver::SalesManager),
        (one("1724137.93", "0"), Approver::SalesManager),
        (one("1724137.94", "0"), Approver::SalesDirector),
        (VersionContent { payment_days: 31, ..one("1000", "0") }, Approver::SalesManager),
    ];
    for (index, (content, approver)) in cases.into_iter().enumerate() {
        assert_eq!(need(content).approver, approver, "case {index}");
    }
    let mut thin = one("1000", "0");
    thin.lines.values_mut().for_each(|line| line.cost = Some(dec("850.01")));
    assert_eq!(need(thin).triggers, [(Trigger::Margin, Approver::DirectorAndFinance)]);
    let mut unknown = one("1000", "0");
    unknown.lines.values_mut().for_each(|line| line.cost = None);
    assert_eq!(need(unknown).approver, Approver::Nobody, "an unknown cost is no low margin");
}

#[test]
fn what_needs_an_approval_is_not_sent_without_it() {
    let proposal = draft(content(vec![line(1, "1000", "15", Recurrence::Once)]));
    assert_eq!(send(&proposal, &act(1)), Err(ProposalError::ApprovalRequired { approver: Approver::SalesManager }));
}

#[test]
fn foreign_money_at_a_rate_of_ones_own_asks_director_and_finance() {
    let dollars = VersionContent { custom_fx_rate: Some(dec("17")), ..three_lines() };
    let figures = dollars.figures(Currency::Usd).unwrap();
    let need = ApprovalLimits::default().need(&dollars, &figures, dec("18"));
    assert_eq!(need.triggers, [(Trigger::CustomRate, Approver::DirectorAndFinance)]);
}

#[test]
fn the_price_is_the_one_of_the_largest_break_reached() {
    let money = |amount: &str| Money::try_new(dec(amount), Currency::Mxn).unwrap();
    let product = Product {
        id: ProductId(Uuid::from_u128(1)),
        scope: Scope::Catalog,
        sku: "SKU-1".to_owned(),
        description: "Caja".to_owned(),
        clave_prod_serv: "24112500".to_owned(),
        clave_unidad: "XBX".to_owned(),
        unit: "Caja".to_owned(),
        list_price: money("100"),
        price_breaks: vec![
            PriceBreak { from_quantity: dec("100"), price: money("80") },
            PriceBreak { from_quantity: dec("10"), price: money("90") },
        ],
        tax: TaxKind::Iva16,
        recurrence: Recurrence::Once,
        cost: None,
        retired: false,
    };
    let price = |quantity: &str| product.price_for(dec(quantity)).amount();
    assert_eq!([price("9.99"), price("10"), price("99"), price("100")], [dec("100"), dec("90"), dec("90"), dec("80")]);
}
