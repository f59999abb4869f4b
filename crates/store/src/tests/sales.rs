//! Conversion, customers, proposals.

use std::collections::BTreeMap;

use jiff::civil::date;
use rust_decimal::Decimal;
use zuc_domain::customer::{Contact, Customer, CustomerKind, DecisionPower};
use zuc_domain::financial::Invoice;
use zuc_domain::lead::{Conversion, ConversionPlan, Lead};
use zuc_domain::proposal::order_key::OrderKey;
use zuc_domain::proposal::{NewProposal, Proposal, ProposalLine, Recurrence, Signature, Signer, VersionContent};
use zuc_domain::shared::{Currency, InvoiceId, LineId, Percentage, ProposalId, RoundingStrategy, TaxKind};

use super::capture;
use crate::Store;
use crate::testing::{SALES, at, device, pass, v7};

async fn convert(store: &Store, lead: &Lead, legal_name: &str) -> Customer {
    let conversion = Conversion::derive(SALES, lead.id, &ConversionPlan::default());
    let mut tx = store.begin(at(20)).await.unwrap();
    let event = Customer::create(zuc_domain::customer::NewCustomer {
        id: conversion.customer,
        scope: SALES,
        legal_name: legal_name.into(),
        trade_name: None,
        rfc: None,
        kind: CustomerKind::Moral,
        owner: at(0).person,
        currency: Currency::Mxn,
        source: "conversion".into(),
        lead: Some(lead.id),
    })
    .unwrap();
    let mut customer = Customer::from_created(&event).unwrap();
    let contact = Contact {
        id: conversion.contact,
        name: lead.full_name.clone().unwrap(),
        role: None,
        is_primary: true,
        email: lead.email.clone(),
        phone: lead.phone.clone(),
        decision_power: DecisionPower::Unknown,
        opposed_at: None,
        consent: None,
    };
    let added = customer.add_contact(contact).unwrap();
    customer.apply(&added);
    tx.follow_person(lead.id, conversion.contact).await.unwrap();
    tx.repository().record_all(&customer, &[&event, &added]).await.unwrap();
    tx.commit().await.unwrap();
    customer
}

#[tokio::test]
async fn two_offline_conversions_of_one_lead_are_one_customer_and_one_contact() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Zacarías Canario", "Ferretería").await;
    let mut seq = 0;
    pass(&ana, &luis, &mut seq).await;
    let by_ana = convert(&ana, &lead, "Ferretería, S.A.").await;
    let by_luis = convert(&luis, &lead, "Ferretería, S.A.").await;
    assert_eq!(by_ana.id, by_luis.id);
    assert_eq!(pass(&ana, &luis, &mut seq).await.refused, None);
    assert_eq!(pass(&luis, &ana, &mut seq).await.refused, None);
    let left = ana.read::<Customer>(by_ana.id).await.unwrap().unwrap();
    assert_eq!(Some(&left), luis.read::<Customer>(by_ana.id).await.unwrap().as_ref());
    assert_eq!(left.contacts.len(), 1);
    for store in [&ana, &luis] {
        assert_eq!(store.customers(0, 10).await.unwrap().len(), 1);
        assert_eq!(store.contacts_of(left.id).await.unwrap()[0].name, "Zacarías Canario");
        assert_eq!(store.search_customers("zacarias", 5).await.unwrap().len(), 1);
    }
    // The contact is the person the lead was: one erasure reaches both.
    let keys = ana.person_keys_of(lead.id).await.unwrap();
    ana.erase_keys(&keys).await.unwrap();
    assert_eq!(ana.contacts_of(left.id).await.unwrap()[0].name, "Persona eliminada");
    assert!(ana.search_customers("zacarias", 5).await.unwrap().is_empty());
    assert_eq!(ana.lead_row(lead.id).await.unwrap().unwrap().full_name, "");
}

fn line(id: u128, order: &OrderKey, price: i64) -> ProposalLine {
    ProposalLine {
        id: LineId(v7(id)),
        order: order.clone(),
        product: None,
        sku: format!("S{id}"),
        description: "Servicio".into(),
        clave_prod_serv: "81112100".into(),
        clave_unidad: "E48".into(),
        unit: "Servicio".into(),
        quantity: Decimal::ONE,
        unit_price: Decimal::from(price),
        list_price: Decimal::from(price),
        cost: None,
        discount: Percentage::default(),
        tax: TaxKind::Iva16,
        recurrence: Recurrence::Once,
    }
}

async fn propose(store: &Store, customer: zuc_domain::shared::CustomerId) -> Proposal {
    let first = OrderKey::between(None, None);
    let second = OrderKey::between(Some(&first), None);
    let lines = [line(1, &first, 100), line(2, &second, 50)];
    let event = Proposal::create(NewProposal {
        id: ProposalId(v7(500)),
        scope: SALES,
        title: "Instalación".into(),
        lead: None,
        opportunity: None,
        customer,
        owner: at(0).person,
        currency: Currency::Mxn,
        content: VersionContent {
            lines: lines.into_iter().map(|line| (line.id, line)).collect(),
            document_discount: Percentage::default(),
            valid_until: date(2026, 10, 6),
            payment_days: 30,
            terms: String::new(),
            notes: String::new(),
            custom_fx_rate: None,
            rounding: RoundingStrategy::default(),
        },
    })
    .unwrap();
    let proposal = Proposal::from_created(&event).unwrap();
    let mut tx = store.begin(at(30)).await.unwrap();
    tx.repository().record(&proposal, &event).await.unwrap();
    tx.commit().await.unwrap();
    proposal
}

async fn edit(store: &Store, id: ProposalId, change: impl FnOnce(&mut BTreeMap<LineId, ProposalLine>)) {
    let mut tx = store.begin(at(40)).await.unwrap();
    let act = tx.act();
    let mut proposal: Proposal = tx.repository().load(id).await.unwrap().unwrap();
    let mut content = proposal.latest().content.clone();
    change(&mut content.lines);
    for event in proposal.revise(content, Decimal::ONE, "", &act).unwrap() {
        proposal.apply(&event);
        tx.repository().record(&proposal, &event).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn lines_edited_taken_out_and_added_apart_merge_line_by_line() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Ana Ruiz", "Ferretería").await;
    let customer = convert(&ana, &lead, "Ferretería").await;
    let proposal = propose(&ana, customer.id).await;
    assert_eq!(ana.read::<Proposal>(proposal.id).await.unwrap().as_ref(), Some(&proposal));
    let mut seq = 0;
    assert_eq!(pass(&ana, &luis, &mut seq).await.refused, None);
    assert_eq!(luis.proposals(0, 9).await.unwrap()[0].total.amount(), Decimal::from(174));
    assert_eq!(luis.proposals_of(customer.id, 5).await.unwrap()[0].customer_name, "Ferretería");
    assert_eq!(luis.search_proposals("insta", 5).await.unwrap().len(), 1);

    edit(&ana, proposal.id, |lines| lines.get_mut(&LineId(v7(1))).unwrap().quantity = Decimal::TWO).await;
    edit(&luis, proposal.id, |lines| {
        lines.remove(&LineId(v7(2)));
        let order = OrderKey::between(Some(&lines[&LineId(v7(1))].order), None);
        lines.insert(LineId(v7(3)), line(3, &order, 10));
    })
    .await;
    pass(&ana, &luis, &mut seq).await;
    pass(&luis, &ana, &mut seq).await;
    let left = ana.read::<Proposal>(proposal.id).await.unwrap().unwrap();
    assert_eq!(Some(&left), luis.read::<Proposal>(proposal.id).await.unwrap().as_ref());
    let lines = &left.latest().content.lines;
    assert_eq!(lines.keys().copied().collect::<Vec<_>>(), [LineId(v7(1)), LineId(v7(3))]);
    assert_eq!(lines[&LineId(v7(1))].quantity, Decimal::TWO);
    let (here, there) =
        (ana.proposal_row(left.id).await.unwrap().unwrap(), luis.proposal_row(left.id).await.unwrap().unwrap());
    assert_eq!((here.total, here.content_hash), (there.total, there.content_hash));
    // A line that comes back under its id is there again.
    edit(&ana, proposal.id, |lines| {
        let order = OrderKey::between(None, None);
        lines.insert(LineId(v7(2)), line(2, &order, 50));
    })
    .await;
    assert_eq!(ana.read::<Proposal>(proposal.id).await.unwrap().unwrap().latest().content.lines.len(), 3);
}

#[tokio::test]
async fn a_signature_stays_when_its_signer_is_forgotten() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Ana Ruiz", "Ferretería").await;
    let customer = convert(&store, &lead, "Ferretería").await;
    let proposal = propose(&store, customer.id).await;
    let contact = customer.contacts.values().next().unwrap().id;
    let mut tx = store.begin(at(50)).await.unwrap();
    let mut held: Proposal = tx.repository().load(proposal.id).await.unwrap().unwrap();
    let act = tx.act();
    let sent =
        held.send_in_person("pdf", &zuc_domain::proposal::ApprovalLimits::default(), Decimal::ONE, &act).unwrap();
    held.apply(&sent);
    let signature = Signature {
        version: 1,
        content_hash: held.content_hash(),
        document_hash: "pdf".into(),
        signer: Signer { name: "Zacarías Canario".into(), role: "Dueño".into(), email: None },
        consent: true,
        image_hash: "png".into(),
        device: store.identity().unwrap().device,
    };
    let act = tx.act();
    let accepted = held.accept(signature, &act).unwrap();
    held.apply(&accepted);
    tx.follow_person(contact, proposal.id).await.unwrap();
    tx.repository().record_all(&held, &[&sent, &accepted]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.read::<Proposal>(proposal.id).await.unwrap().as_ref(), Some(&held));
    let row = store.proposal_row(proposal.id).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.accepted_on.as_deref()), ("accepted", Some("2026-09-21")));

    let issued = Box::pin(invoice(&store, &held)).await;
    store.erase_keys(&store.person_keys_of(contact).await.unwrap()).await.unwrap();
    let after = store.read::<Proposal>(proposal.id).await.unwrap().unwrap();
    let acceptance = after.acceptance.unwrap();
    assert_eq!(acceptance.signer.name, "Persona eliminada");
    assert_eq!(acceptance.content_hash, held.acceptance.unwrap().content_hash);
    // A fiscal document outlives the erasure of the person it names.
    assert_eq!(store.invoices(crate::InvoiceView::All, "berenice", 0, 9).await.unwrap().len(), 1);

    // and one that is taken away is owed no more
    let mut tx = store.begin(at(90)).await.unwrap();
    assert!(tx.repository::<Invoice>().delete(issued).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.receivables(date(2026, 12, 1)).await.unwrap()[2].amount(), Decimal::ZERO);
    assert_eq!(store.verify().await.unwrap(), []);
}

/// A lease that outlasts every test.
fn lease(fence: u64) -> crate::Lease {
    crate::Lease::granted(fence, at(0).at, 3_600_000)
}

/// Drafts, seals and stamps the invoice of an accepted proposal, and looks at every figure.
async fn invoice(store: &Store, proposal: &Proposal) -> InvoiceId {
    use zuc_domain::customer::Contract;
    use zuc_domain::financial::{Issuance, PaymentTerms, Receptor, Timbre};

    let mut tx = store.begin(at(60)).await.unwrap();
    let act = tx.act();
    let contract = Contract::id_for(SALES, proposal.id);
    let drafted = Invoice::draft_from(proposal, contract, None, "B-1", &act).unwrap();
    let mut invoice = Invoice::from_created(&drafted).unwrap();
    tx.repository().record(&invoice, &drafted).await.unwrap();
    tx.put_saga(v7(1), "proposal_to_cash", proposal.id, "running", &["customer", "contract"], &lease(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.counts().await.unwrap().invoices, 1);
    assert_eq!(store.accepted_without_end("proposal_to_cash", 9).await.unwrap(), [proposal.id]);

    let mut tx = store.begin(at(70)).await.unwrap();
    let receptor = Receptor {
        rfc: "XIQB891116QE4".into(),
        legal_name: "BERENICE XIMO QUEZADA".into(),
        regimen_fiscal: "612".into(),
        domicilio_cp: "26015".into(),
        uso_cfdi: "G03".into(),
    };
    invoice.complete(receptor, PaymentTerms::for_due(invoice.created_on, invoice.due_on), "nota interna").unwrap();
    tx.repository().save(&invoice).await.unwrap();
    let act = tx.act();
    let issuance =
        Issuance { serie: "C".into(), folio: 7, fecha: act.at, xml_hash: "aa".into(), stamp_key: "bb".into() };
    let issued = invoice.issue(issuance, &act).unwrap();
    invoice.apply(&issued);
    tx.repository().record(&invoice, &issued).await.unwrap();
    tx.put_saga(v7(1), "proposal_to_cash", proposal.id, "done", &["lead"], &lease(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.accepted_without_end("proposal_to_cash", 9).await.unwrap(), []);
    assert_eq!(store.waiting_for_stamp(9).await.unwrap()[0].label, "C-7");
    assert!(store.sales_summary("2026-01", "2026-12").await.unwrap().iter().all(|month| month.invoices == 0));

    let mut tx = store.begin(at(80)).await.unwrap();
    let act = tx.act();
    let stamped = invoice.stamped(&act).unwrap().unwrap();
    invoice.apply_transition(&stamped);
    invoice.timbre =
        Some(Timbre { uuid: "7A4F21C8-93BE".into(), fecha_timbrado: String::new(), xml_hash: "cc".into() });
    tx.repository().save(&invoice).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.read::<Invoice>(invoice.id).await.unwrap().as_ref(), Some(&invoice));
    let row = store.invoice_row(invoice.id).await.unwrap().unwrap();
    assert_eq!((row.fiscal_state.as_str(), row.uuid.as_str(), row.stamp_deadline), ("stamped", "7A4F21C8-93BE", None));
    let month = store.sales_summary("2026-09", "2026-09").await.unwrap().remove(0);
    assert_eq!((month.invoices, month.net.amount(), month.won), (1, Decimal::from(150), 1));
    assert_eq!(month.invoiced.amount(), Decimal::from(174));
    for text in ["berenice", "C-7", "7a4f21c8", "ferreteria", "xiqb8911"] {
        let found = store.invoices(crate::InvoiceView::Stamped, text, 0, 9).await.unwrap();
        assert_eq!(found.len(), 1, "{text}");
    }
    for (view, count) in store.invoice_counts().await.unwrap() {
        let shown = store.invoices(view, "", 0, 9).await.unwrap().len();
        assert_eq!((shown as u64, view.name()), (count, view.name()));
    }
    assert_eq!(store.unpaid_of(proposal.customer).await.unwrap().len(), 1);
    assert_eq!(store.receivables(date(2026, 12, 1)).await.unwrap()[2].amount(), Decimal::from(174));
    assert_eq!(store.customer_row(proposal.customer).await.unwrap().unwrap().outstanding.amount(), Decimal::from(174));
    let funnel = store.funnel().await.unwrap();
    assert!(funnel.iter().any(|row| row.object == "proposal" && row.stage == "accepted" && row.rows == 1));
    assert_eq!(store.verify().await.unwrap(), []);
    invoice.id
}
