//! The store's promises, told with leads.

use uuid::Uuid;
use zuc_domain::lead::{Activity, ActivityKind, ActivitySubject, Direction, Lead, LeadField};
use zuc_domain::shared::{ActivityId, PersonId};

use crate::testing::{SALES, WIRE, at, deliver, device, device_at, lead, pass, v7};
use crate::{LeadFilter, LeadOrder, Store};

async fn capture(store: &Store, id: u128, name: &str, company: &str) -> Lead {
    let mut tx = store.begin(at(0)).await.unwrap();
    let act = tx.act();
    let (lead, event) = lead(id, name, company, &act);
    tx.repository().record(&lead, &event).await.unwrap();
    tx.commit().await.unwrap();
    lead
}

async fn list(store: &Store) -> Vec<crate::LeadRow> {
    store.lead_page(&LeadFilter::default(), LeadOrder::Company, false, 0, 50).await.unwrap().rows
}

#[tokio::test]
async fn a_captured_lead_is_read_back_listed_found_and_told_of() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Íñigo García", "Ferretería Peñón").await;
    assert_eq!(store.read::<Lead>(lead.id).await.unwrap().as_ref(), Some(&lead));
    let rows = list(&store).await;
    assert_eq!((rows.len(), rows[0].full_name.as_str(), rows[0].unsent), (1, "Íñigo García", true));
    for text in ["inigo", "ÍÑI", "penon ferreteria", "4425534598", "garcia@ferreteria.mx"] {
        assert_eq!(store.search_leads(text, 10).await.unwrap().len(), 1, "{text}");
    }
    assert!(store.search_leads("ninguno", 10).await.unwrap().is_empty());
    let events = store.waiting_events(10).await.unwrap();
    assert_eq!(events[0].event.event_type, "Lead.Created");
    assert!(events[0].event.data["email"]["sealed"].is_string(), "identifiers in events are sealed");
    assert_eq!(store.unsent().await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_of_a_dropped_transaction_stays() {
    let store = device(1).await;
    let mut tx = store.begin(at(0)).await.unwrap();
    let act = tx.act();
    let (lead, event) = lead(1, "Ana", "Una", &act);
    tx.repository().record(&lead, &event).await.unwrap();
    drop(tx);
    assert!(list(&store).await.is_empty());
    assert_eq!(store.unsent().await.unwrap(), 0);
    assert!(store.read::<Lead>(lead.id).await.unwrap().is_none());
}

#[tokio::test]
async fn two_devices_that_edit_apart_come_to_the_same() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Íñigo García", "Ferretería Peñón").await;
    let mut seq = 0;
    let carried = pass(&ana, &luis, &mut seq).await;
    assert_eq!(carried.refused, None);
    assert_eq!(list(&luis).await[0].email, list(&ana).await[0].email);
    assert!(!list(&luis).await[0].email.is_empty());

    for (store, field) in
        [(&ana, LeadField::City(Some("León".into()))), (&luis, LeadField::Industry(Some("Herrajes".into())))]
    {
        let mut tx = store.begin(at(9)).await.unwrap();
        let mut held: Lead = tx.repository().load(lead.id).await.unwrap().unwrap();
        let edit = held.edit(field).unwrap();
        held.apply_edit(&edit);
        tx.repository().save(&held).await.unwrap();
        tx.commit().await.unwrap();
    }
    let from_ana = ana.outbox_ready(WIRE, 100).await.unwrap();
    let edit = from_ana.last().unwrap().clone();
    let zuc_protocol::item::Item::Change(change) = &edit.item else { panic!("a change") };
    assert!(change.chunk.len() <= 130, "one field costs {} bytes", change.chunk.len());
    let from_luis = luis.outbox_ready(WIRE, 100).await.unwrap().remove(0);
    deliver(&ana, &luis, WIRE, 50, edit).await;
    deliver(&luis, &ana, WIRE, 51, from_luis).await;
    let (left, right) =
        (ana.read::<Lead>(lead.id).await.unwrap().unwrap(), luis.read::<Lead>(lead.id).await.unwrap().unwrap());
    assert_eq!(left, right);
    assert_eq!((left.city.as_deref(), left.industry.as_deref()), (Some("León"), Some("Herrajes")));
}

#[tokio::test]
async fn an_entry_applied_twice_changes_nothing() {
    let (ana, luis) = (device(1).await, device(2).await);
    capture(&ana, 1, "Ana", "Una").await;
    let item = ana.outbox_ready(WIRE, 1).await.unwrap().remove(0);
    assert_eq!(deliver(&ana, &luis, WIRE, 1, item.clone()).await.touched.len(), 1);
    assert_eq!(deliver(&ana, &luis, WIRE, 1, item).await.touched.len(), 0);
    assert_eq!(luis.waiting_events(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_person_erased_leaves_no_byte_in_any_file_of_the_home() {
    let folder = tempfile::tempdir().unwrap();
    let plain = tempfile::tempdir().unwrap();
    let store = device_at(folder.path(), 1).await;
    let canary = "Zacarías Canario";
    let lead = capture(&store, 1, canary, "Una").await;
    capture(&store, 2, "Otra Persona", "Dos").await;
    assert_eq!(store.search_leads("canario", 5).await.unwrap().len(), 1);
    let keys = store.person_keys_of(lead.id).await.unwrap();
    assert_eq!(keys.len(), 1);
    store.erase_keys(&keys).await.unwrap();

    assert!(store.search_leads("canario", 5).await.unwrap().is_empty());
    let row = store.lead_row(lead.id).await.unwrap().unwrap();
    assert_eq!((row.full_name.as_str(), row.email.as_str(), row.company.as_str()), ("", "", "Una"));
    let erased = store.read::<Lead>(lead.id).await.unwrap().unwrap();
    assert_eq!(erased.full_name, None);
    assert_eq!(store.search_leads("otra", 5).await.unwrap().len(), 1, "the other person is still there");

    // Decrypted, page by page: neither rows nor free pages nor the search index hold the name.
    let copy = plain.path().join("plain.db");
    store.export_plain(&copy).await.unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    for needle in ["Zacarías", "zacarias", "canario", "Canario"] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
    }
    // A row that comes again from an older relay does not bring the key back.
    assert!(store.person_keys_of(lead.id).await.unwrap().iter().all(|key| keys.contains(key)));
    store.close().await;
}

#[tokio::test]
async fn no_canary_lies_in_clear_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = device_at(folder.path(), 1).await;
    capture(&store, 1, "Zacarías Canario", "Sociedad Cenzontle").await;
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            seen += bytes.len();
            for needle in ["Canario", "canario", "Cenzontle", "cenzontle", "SQLite format 3"] {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle} in {path:?}");
            }
        }
    }
    assert!(seen > 100_000, "the database and its WAL were looked at");
    store.close().await;
}

fn call(id: u128, lead: &Lead, text: &str) -> Activity {
    Activity {
        id: ActivityId(v7(id)),
        scope: SALES,
        subject: ActivitySubject::Lead(lead.id),
        kind: ActivityKind::Call,
        direction: Direction::Outbound,
        at: at(5).at,
        text: text.into(),
        by: PersonId(Uuid::from_u128(77)),
    }
}

#[tokio::test]
async fn of_two_facts_with_one_id_the_same_one_stands_everywhere_and_the_other_is_kept() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Ana", "Una").await;
    let mut seq = 0;
    pass(&ana, &luis, &mut seq).await;
    for (store, text) in [(&ana, "dijo que sí"), (&luis, "dijo que no")] {
        let mut tx = store.begin(at(5)).await.unwrap();
        tx.record_fact(&call(9, &lead, text), &[]).await.unwrap();
        tx.record_fact(&call(9, &lead, text), &[]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let from_ana = ana.outbox_ready(WIRE, 100).await.unwrap().pop().unwrap();
    let from_luis = luis.outbox_ready(WIRE, 100).await.unwrap();
    assert_eq!(from_luis.len(), 1, "the same fact again is no fact");
    deliver(&ana, &luis, WIRE, 60, from_ana).await;
    deliver(&luis, &ana, WIRE, 61, from_luis[0].clone()).await;
    let (left, right) = (ana.activities(lead.id, 9).await.unwrap(), luis.activities(lead.id, 9).await.unwrap());
    assert_eq!((left.len(), &left), (1, &right));
    assert_eq!(ana.lost_facts().await.unwrap().len(), 1);
    assert_eq!(luis.lost_facts().await.unwrap().len(), 1);
    assert_eq!(ana.facts::<Activity>(lead.id).await.unwrap()[0].text, left[0].text);
}

#[tokio::test]
async fn filters_orders_and_totals_agree() {
    let store = device(1).await;
    for n in 0..30u128 {
        capture(&store, n + 1, &format!("Persona {n:02}"), &format!("Empresa C{:02}", 30 - n)).await;
    }
    let page = |order, descending, offset, limit| {
        let store = store.clone();
        async move { store.lead_page(&LeadFilter::default(), order, descending, offset, limit).await.unwrap() }
    };
    let by_company = page(LeadOrder::Company, false, 0, 10).await;
    assert_eq!((by_company.total, by_company.rows[0].company.as_str()), (30, "Empresa C01"));
    assert_eq!(page(LeadOrder::Name, true, 29, 10).await.rows[0].full_name, "Persona 00");
    let filter = LeadFilter { text: "persona 1".into(), ..LeadFilter::default() };
    assert_eq!(store.lead_page(&filter, LeadOrder::Name, false, 0, 50).await.unwrap().total, 10);
    let nobody = LeadFilter { owners: vec![None], ..LeadFilter::default() };
    assert_eq!(store.lead_page(&nobody, LeadOrder::Score, true, 0, 50).await.unwrap().total, 30);
    let others = LeadFilter { owners: vec![Some(PersonId(Uuid::from_u128(3)))], ..LeadFilter::default() };
    assert_eq!(store.lead_page(&others, LeadOrder::Score, true, 0, 50).await.unwrap().total, 0);
}

#[tokio::test]
async fn verification_finds_what_was_tampered_with_and_homes_are_compared() {
    let (ana, luis) = (device(1).await, device(2).await);
    let lead = capture(&ana, 1, "Ana", "Una").await;
    capture(&ana, 2, "Luis", "Dos").await;
    let mut tx = ana.begin(at(5)).await.unwrap();
    tx.record_fact(&call(9, &lead, "habló"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ana.verify().await.unwrap(), []);
    pass(&ana, &luis, &mut 0).await;
    assert_eq!(ana.digests().await.unwrap(), luis.digests().await.unwrap());
    assert_eq!(ana.digests().await.unwrap()[0].count, 3);

    let tamper = |sql: &'static str| {
        let pool = ana.inner.pools.writer.clone();
        async move { sqlx::query(sql).execute(&pool).await.unwrap().rows_affected() }
    };
    assert_eq!(tamper("UPDATE lead_row SET city = 'otra' WHERE company = 'Una'").await, 1);
    assert_eq!(tamper("UPDATE audit SET action = 'otra' WHERE seq = 2").await, 1);
    assert_eq!(tamper("UPDATE doc SET heads = x'00' WHERE rowid = 1").await, 1);
    let codes: Vec<&str> = ana.verify().await.unwrap().iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["verify.audit_chain", "verify.document", "verify.projection"]);
    assert_ne!(ana.digests().await.unwrap(), luis.digests().await.unwrap());
    assert_eq!(ana.rebuild(true).await.unwrap().len(), 1);
    assert_eq!(ana.rebuild(false).await.unwrap(), []);
    assert_eq!(ana.search_leads("una", 5).await.unwrap().len(), 1);
}

#[tokio::test]
async fn folding_keeps_what_a_document_says() {
    let store = device(1).await;
    let lead = capture(&store, 1, "Ana", "Una").await;
    for turn in 0..40 {
        let mut tx = store.begin(at(turn)).await.unwrap();
        let mut held: Lead = tx.repository().load(lead.id).await.unwrap().unwrap();
        held.notes = format!("{turn} {}", "larga ".repeat(20));
        held.city = Some(format!("Ciudad {turn}"));
        tx.repository().save(&held).await.unwrap();
        tx.commit().await.unwrap();
    }
    let before = store.read::<Lead>(lead.id).await.unwrap();
    assert_eq!(store.fold_tails(10).await.unwrap(), 0, "what waits in the outbox lies in the tail");
    sqlx::query("DELETE FROM outbox").execute(&store.inner.pools.writer).await.unwrap();
    assert_eq!(store.fold_tails(10).await.unwrap(), 1);
    assert_eq!(store.fold_tails(10).await.unwrap(), 0);
    assert_eq!(store.read::<Lead>(lead.id).await.unwrap(), before);
    assert_eq!(store.verify().await.unwrap(), []);
}

mod sales {
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
        tx.put_saga(v7(1), "proposal_to_cash", proposal.id, "running", &["customer", "contract"]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.counts().await.unwrap().invoices, 1);
        assert_eq!(store.open_sagas::<Vec<String>>("proposal_to_cash").await.unwrap()[0].body.len(), 2);

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
        tx.put_saga(v7(1), "proposal_to_cash", proposal.id, "done", &["lead"]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.waiting_for_stamp().await.unwrap()[0].label, "C-7");
        assert!(store.open_sagas::<Vec<String>>("proposal_to_cash").await.unwrap().is_empty());
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
        assert_eq!(
            (row.fiscal_state.as_str(), row.uuid.as_str(), row.stamp_deadline),
            ("stamped", "7A4F21C8-93BE", None)
        );
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
        assert_eq!(
            store.customer_row(proposal.customer).await.unwrap().unwrap().outstanding.amount(),
            Decimal::from(174)
        );
        let funnel = store.funnel().await.unwrap();
        assert!(funnel.iter().any(|row| row.object == "proposal" && row.stage == "accepted" && row.rows == 1));
        assert_eq!(store.verify().await.unwrap(), []);
        invoice.id
    }
}
