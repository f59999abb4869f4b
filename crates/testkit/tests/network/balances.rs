//! What finance tells sales: what a customer was invoiced and owes, and no other word of finance.

use jiff::civil::date;
use zuc_domain::financial::{
    Invoice, InvoiceEvent, InvoiceLine, Issuance, PaymentTerms, PublicInvoice, Receptor, Timbre,
};
use zuc_domain::shared::{Currency, CustomerId, InvoiceId, LineId, Percentage, RoundingStrategy, Scope, TaxKind};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::{Rights, Role};
use zuc_store::{Balances, InvoiceView, wire_scope};
use zuc_testkit::network::Network;

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const CARLA: usize = 2;
const DORA: usize = 3;

/// Words of finance, none of which a seller may read.
const WORDS: [&str; 8] = [
    "ZQSERIE",
    "XIQB891116QE4",
    "BERENICE XIMO QUEZADA",
    "nota interna",
    "asesoría reservada",
    "7A4F21C8-93BE",
    "clave-de-timbrado",
    "receptor",
];

/// Luis manages, Ana sells, Carla and Dora invoice; a customer of Ana's.
async fn company() -> (Network, CustomerId) {
    let finance = || Rights::new([Role::Finanzas], []);
    let others = [("Ana", Rights::new([Role::Ventas], [1])), ("Carla", finance()), ("Dora", finance())];
    let mut network = Network::found(1, &others).await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    work::qualify(&mut network.laptops[ANA], lead).await.unwrap();
    assert!(work::convert(&mut network.laptops[ANA], lead).await.unwrap());
    network.settle().await;
    (network, CustomerId::derive(SALES, lead, "customer"))
}

/// A stamped invoice of so many pesos before taxes, at a laptop.
async fn stamp(
    network: &mut Network,
    at: usize,
    customer: CustomerId,
    price: &str,
    due: jiff::civil::Date,
) -> InvoiceId {
    let laptop = &mut network.laptops[at];
    let mut tx = laptop.begin().await.unwrap();
    let (id, line) = (InvoiceId(tx.fresh_id()), LineId(tx.fresh_id()));
    let lines = [(
        line,
        InvoiceLine {
            id: line,
            position: 0,
            sku: String::new(),
            description: "asesoría reservada".into(),
            clave_prod_serv: "80101500".into(),
            clave_unidad: "E48".into(),
            unit: "Servicio".into(),
            quantity: "1".parse().unwrap(),
            unit_price: price.parse().unwrap(),
            discount: Percentage::default(),
            tax: TaxKind::Iva16,
        },
    )];
    let mut invoice = Invoice {
        id,
        scope: Scope::Finance,
        customer,
        proposal: None,
        contract: None,
        lead: None,
        draft_label: "B-1".into(),
        currency: Currency::Mxn,
        lines: lines.into(),
        document_discount: Percentage::default(),
        rounding: RoundingStrategy::default(),
        receptor: Some(Receptor {
            rfc: "XIQB891116QE4".into(),
            legal_name: "BERENICE XIMO QUEZADA".into(),
            regimen_fiscal: "612".into(),
            domicilio_cp: "26015".into(),
            uso_cfdi: "G03".into(),
        }),
        terms: PaymentTerms::for_due(date(2026, 9, 21), due),
        created_on: date(2026, 9, 21),
        due_on: due,
        note: "nota interna".into(),
        issuance: None,
        timbre: None,
        refusal: None,
        transitions: std::collections::BTreeMap::new(),
    };
    let created = InvoiceEvent::Created { invoice: Box::new(invoice.clone()) };
    Box::pin(tx.repository().record(&invoice, &created)).await.unwrap();
    let act = tx.act();
    let issuance = Issuance {
        serie: "ZQSERIE".into(),
        folio: 7,
        fecha: act.at,
        xml_hash: "aa".into(),
        stamp_key: "clave-de-timbrado".into(),
    };
    let issued = invoice.issue(issuance, &act).unwrap();
    invoice.apply(&issued);
    Box::pin(tx.repository().record(&invoice, &issued)).await.unwrap();
    let stamped = invoice.stamped(&tx.act()).unwrap().unwrap();
    invoice.apply_transition(&stamped);
    invoice.timbre =
        Some(Timbre { uuid: "7A4F21C8-93BE".into(), fecha_timbrado: String::new(), xml_hash: "cc".into() });
    tx.repository().save(&invoice).await.unwrap();
    Box::pin(laptop.commit(tx)).await.unwrap();
    id
}

/// A finance laptop tells the teams what they were not told yet, as the product does; of how many invoices.
async fn tell(network: &mut Network, at: usize) -> usize {
    let laptop = &mut network.laptops[at];
    let untold = laptop.store.untold_invoices(99).await.unwrap();
    let mut tx = laptop.begin().await.unwrap();
    for (id, scope) in &untold {
        let invoice = tx.repository::<Invoice>().load(*id).await.unwrap().unwrap();
        tx.record_fact(&PublicInvoice::of(&invoice, *scope).unwrap(), &[]).await.unwrap();
    }
    laptop.commit(tx).await.unwrap();
    untold.len()
}

async fn balances(network: &Network, at: usize, customer: CustomerId) -> Option<Balances> {
    network.laptops[at].store.balances_of(customer, date(2026, 12, 1)).await.unwrap()
}

fn pesos(balances: &Balances) -> [String; 3] {
    [balances.invoiced, balances.open, balances.overdue].map(|money| money.amount().normalize().to_string())
}

#[tokio::test]
async fn a_seller_sees_what_her_customer_was_invoiced_and_owes() {
    let (mut network, customer) = Box::pin(company()).await;
    assert_eq!(balances(&network, ANA, customer).await, None, "nothing was invoiced");
    stamp(&mut network, CARLA, customer, "100", date(2026, 10, 21)).await;
    stamp(&mut network, CARLA, customer, "1000", date(2026, 12, 21)).await;
    assert_eq!(tell(&mut network, CARLA).await, 2);
    network.settle().await;
    for at in [LUIS, ANA, CARLA, DORA] {
        let told = balances(&network, at, customer).await.unwrap();
        assert_eq!(pesos(&told), ["1276", "1276", "116"], "{}", network.laptops[at].name);
        assert_eq!(told.overdue_since.as_deref(), Some("2026-10-21"));
        assert_eq!(network.laptops[at].store.rebuild(false).await.unwrap(), []);
    }
    assert_eq!(tell(&mut network, DORA).await, 0, "nothing is told twice");
}

#[tokio::test]
async fn two_who_tell_the_same_without_a_network_say_it_once() {
    let (mut network, customer) = Box::pin(company()).await;
    stamp(&mut network, CARLA, customer, "100", date(2026, 10, 21)).await;
    network.settle().await;
    for at in [CARLA, DORA] {
        network.laptops[at].disconnect().await;
        network.laptops[at].away = true;
        assert_eq!(tell(&mut network, at).await, 1);
    }
    for at in [CARLA, DORA] {
        network.laptops[at].away = false;
        network.settle().await;
    }
    let told = balances(&network, ANA, customer).await.unwrap();
    assert_eq!(pesos(&told), ["116"; 3]);
    for laptop in &network.laptops {
        assert_eq!(laptop.store.lost_facts().await.unwrap(), [], "{}: in the same bytes", laptop.name);
    }
}

#[tokio::test]
async fn no_other_word_of_finance_reaches_a_seller_or_lies_in_her_teams_log() {
    let (mut network, customer) = Box::pin(company()).await;
    let invoice = stamp(&mut network, CARLA, customer, "100", date(2026, 10, 21)).await;
    tell(&mut network, CARLA).await;
    network.settle().await;
    let ana = &network.laptops[ANA];
    assert!(balances(&network, ANA, customer).await.is_some());
    for scope in [Scope::Finance, Scope::Fiscal] {
        assert!(!ana.store.holds_any_of(scope).await.unwrap(), "{scope}");
    }
    assert_eq!(ana.store.invoices(InvoiceView::All, "", 0, 9).await.unwrap(), []);
    assert_eq!(ana.store.events_of(invoice, 9).await.unwrap().len(), 0);
    // all that the relay carries for the team, opened with the team's keys
    let (log, ring) = (ana.engine.log(), ana.engine.ring());
    let page = network.host.read(network.company, wire_scope(SALES), 0).await.unwrap();
    let mut read = String::new();
    for entry in page.entries {
        let batch = SealedBatch::parse(&entry.bytes.0).unwrap();
        let (key, author) =
            (ring.epoch(batch.header().epoch).unwrap(), &log.device(batch.header().author).unwrap().public);
        for item in batch.open(network.company, key, author).unwrap().items {
            // chunks of documents are bytes: what is text in them reads as such
            match item {
                zuc_protocol::item::Item::Change(change) => {
                    read.push_str(&String::from_utf8_lossy(&change.chunk));
                    read.extend(change.events);
                }
                zuc_protocol::item::Item::Fact(fact) => {
                    read.push_str(&fact.body);
                    read.extend(fact.events);
                }
            }
        }
    }
    assert!(read.contains("\"dueDate\":\"2026-10-21\"") && read.contains("le interesa"), "it was looked where it lies");
    for word in WORDS {
        assert!(!read.contains(word), "{word}");
    }
}
