//! Invoices to issue, and what must be true of them after any kill.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;
use zuc_app::Office;
use zuc_ipc::invoice::InvoiceQuery;

use crate::{
    tally::Tally,
    world::{
        World,
        company::{Deal, customer, settle, sign, until},
    },
};

/// Drafts made at once.
const BATCH: usize = 8;
/// Who issues.
pub(crate) const WHO: &str = "carla";

/// Invoices of one company, those that are begun in order.
#[derive(Default)]
pub(crate) struct Invoices {
    buyer: Option<Deal>,
    drafts: VecDeque<String>,
    begun: Vec<String>,
    labels: BTreeMap<String, String>,
    stamped: BTreeMap<String, String>,
}

/// What was found of an invoice.
pub(crate) struct Found {
    /// Its fiscal state on the laptop.
    pub(crate) state: String,
    /// Whether the PAC's ledger has its timbre.
    pub(crate) at_the_pac: bool,
}

impl Invoices {
    /// A draft nobody has begun; more are made when there is none.
    pub(crate) async fn next(&mut self, world: &World) -> String {
        if self.drafts.is_empty() {
            Box::pin(self.make(world)).await;
        }
        let id = self.drafts.pop_front().expect("drafts were made");
        self.begun.push(id.clone());
        id
    }

    async fn make(&mut self, world: &World) {
        let desk = world.desk(WHO).await;
        let office = desk.office().await.expect("an office");
        let buyer = match &self.buyer {
            Some(buyer) => buyer.clone(),
            None => customer(&office, 1).await,
        };
        for _ in 0..BATCH {
            Box::pin(sign(&office, &buyer)).await;
        }
        self.buyer = Some(buyer);
        let drafts = || InvoiceQuery { view: "to_issue".to_owned(), limit: 500, ..InvoiceQuery::default() };
        let fresh = async |office: &Office| -> BTreeSet<String> {
            let rows = office.invoice_list(drafts()).await.expect("invoices").rows;
            rows.into_iter().filter(|row| row.fiscal_state == "pre_invoice").map(|row| row.id).collect()
        };
        until("the drafts", async || {
            Box::pin(office.work_off()).await.expect("sagas run");
            fresh(&office).await.len() >= BATCH
        })
        .await;
        self.drafts = fresh(&office).await.into_iter().filter(|id| !self.begun.contains(id)).collect();
        settle(&office).await;
        world.leave(WHO, desk, office).await;
    }

    /// Looks at an invoice after a kill. `said` is what a process had answered of it.
    pub(crate) async fn look(&mut self, world: &World, office: &Office, id: &str, said: Option<&Value>) -> Found {
        let row = office.invoice_get(id.to_owned()).await.expect("the invoice").row;
        let ledger = world.servers.ledger().await;
        let folios: BTreeSet<(&str, &str)> =
            ledger.iter().map(|timbre| (timbre.serie.as_str(), timbre.folio.as_str())).collect();
        assert_eq!(folios.len(), ledger.len(), "an invoice has two timbres: {ledger:?}");
        if row.label.starts_with("A-") {
            let known = self.labels.entry(id.to_owned()).or_insert_with(|| row.label.clone());
            assert_eq!(*known, row.label, "an invoice kept its folio");
        }
        if let Some(said) = said
            && said["row"]["fiscal_state"] == "stamped"
        {
            let uuid = said["row"]["uuid"].as_str().expect("a stamped invoice has a UUID");
            self.stamped.insert(id.to_owned(), uuid.to_owned());
        }
        if let Some(uuid) = self.stamped.get(id) {
            assert_eq!((row.fiscal_state.as_str(), &row.uuid), ("stamped", uuid), "an acknowledged timbre is gone");
        }
        let at_the_pac = ledger.iter().any(|timbre| format!("{}-{}", timbre.serie, timbre.folio) == row.label);
        assert!(
            at_the_pac || row.fiscal_state != "stamped",
            "{} is stamped, and the PAC knows nothing of it",
            row.label
        );
        Found { state: row.fiscal_state, at_the_pac }
    }

    /// Issues every invoice that was begun until it is stamped, and compares all with the PAC's ledger.
    pub(crate) async fn finish(&mut self, world: &World, tally: &mut Tally) {
        let mut answers = Vec::new();
        for id in self.begun.clone() {
            let mut answer = Value::Null;
            for _ in 0..10 {
                answer = world.ask(WHO, &["invoice", "issue", &id]).await;
                if answer["row"]["fiscal_state"] == "stamped" {
                    break;
                }
            }
            assert_eq!(answer["row"]["fiscal_state"], "stamped", "{answer}");
            answers.push((id, answer));
        }
        let desk = world.desk(WHO).await;
        let office = desk.office().await.expect("an office");
        for (id, answer) in &answers {
            self.look(world, &office, id, Some(answer)).await;
        }
        world.leave(WHO, desk, office).await;
        let ledger = world.servers.ledger().await;
        let mut folios: Vec<u64> = ledger.iter().map(|timbre| timbre.folio.parse().expect("a folio")).collect();
        folios.sort_unstable();
        let dense: Vec<u64> = (1..=folios.len() as u64).collect();
        assert_eq!(folios, dense, "folios are dense at rest");
        assert_eq!(ledger.len(), self.begun.len(), "one timbre an invoice");
        let uuids: BTreeSet<String> = ledger.iter().map(|timbre| timbre.uuid.to_uppercase()).collect();
        let found = self.stamped.values().filter(|uuid| uuids.contains(&uuid.to_uppercase())).count();
        assert_eq!(found, self.stamped.len(), "every acknowledged timbre is the PAC's");
        tally.stamped = Some((self.begun.len(), ledger.len()));
        tally.acknowledged = (self.stamped.len() as u64, found as u64, "timbres");
    }
}
