//! What the laptop can be told.

use std::{fs, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use zuc_app::{Desk, Office};
use zuc_gateways::desk_with;
use zuc_ipc::{
    company::{CompanyNew, InviteNew, Join},
    import::ImportSource,
    lead::{LeadNew, LeadQuery},
};
use zuc_sample::{AmountStyle, DateStyle, Dialect, HeaderStyle, LeadList, ListSpec, SampleLead, TextEncoding};

use crate::{boards, changes, invoices};

/// Seals the keys of the benchmark's homes.
pub(crate) const PASSPHRASE: &str = "solo para medir";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at whether something has arrived.
const LOOK: Duration = Duration::from_millis(50);
/// A list as a program writes it, and as Python's `csv` reads it without being told anything.
const PLAIN: Dialect = Dialect {
    encoding: TextEncoding::Utf8,
    delimiter: ',',
    headers: HeaderStyle::English,
    amounts: AmountStyle::Plain,
    dates: DateStyle::Iso,
};

/// The open home.
#[derive(Default)]
pub(crate) struct Laptop {
    desk: Option<Arc<Desk>>,
}

impl Laptop {
    /// Does one thing.
    pub(crate) async fn obey(&mut self, request: &Value) -> anyhow::Result<Value> {
        let text = |name: &str| request[name].as_str().map(ToOwned::to_owned).with_context(|| format!("no {name}"));
        let number = |name: &str| request[name].as_u64().with_context(|| format!("no {name}"));
        match request["do"].as_str().unwrap_or_default() {
            "write_list" => write_list(Path::new(&text("file")?), number("rows")?, request["mess"] == true),
            "found" => {
                let relay = request["relay"].as_str().unwrap_or_default();
                self.found(&text("home")?, relay, request["sample"] == true).await
            }
            "open" => self.open(&text("home")?).await,
            "close" => {
                self.close().await;
                Ok(json!({}))
            }
            "import" => {
                let source = ImportSource { path: text("file")?, ..ImportSource::default() };
                let done = self.office().await?.import_commit(source).await?;
                Ok(serde_json::to_value(done.totals)?)
            }
            "add_invoices" => invoices::add(Path::new(&text("home")?), number("n")?).await,
            "boards" => {
                let words = request["words"].as_array().context("no words")?;
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                boards::measure(&*self.office().await?, &words, number("times")?).await
            }
            "invite" => {
                let office = self.office().await?;
                let roles = request["roles"].as_array().into_iter().flatten();
                let roles = roles.filter_map(|role| role.as_str().map(ToOwned::to_owned)).collect();
                let new = InviteNew { person_name: "Luis Banco".to_owned(), roles };
                Ok(json!({ "code": office.device_invite(new).await?.code }))
            }
            "join" => self.join(&text("home")?, text("code")?).await,
            "approve" => self.approve().await,
            "enter" => self.enter().await,
            "type" => self.type_in(&rows(number("rows")?, false)).await,
            "change" => {
                let (office, value) = (self.office().await?, text("value")?);
                Box::pin(changes::change(&office, number("records")?, number("times")?, &value)).await
            }
            "seen" => {
                let (office, value, records) = (self.office().await?, text("value")?, number("records")?);
                let seen = changes::seen(&office, records, &value);
                tokio::time::timeout(PATIENCE, seen).await.context("the changes did not arrive")?
            }
            "wait" => self.wait(number("leads")?).await,
            "snapshot" => Ok(serde_json::to_value(self.office().await?.snapshot().await?)?),
            "settle" => {
                let status = self.office().await?.sync_until_settled(PATIENCE).await?;
                if status.state != "up_to_date" || status.pending > 0 {
                    bail!("{} with {} unsent {:?}", status.state, status.pending, status.error);
                }
                Ok(json!({}))
            }
            other => bail!("{other:?} is nothing this laptop does"),
        }
    }

    /// Closes what is open.
    pub(crate) async fn close(&mut self) {
        if let Some(desk) = self.desk.take() {
            desk.close().await;
        }
    }

    fn desk(&self) -> anyhow::Result<&Arc<Desk>> {
        self.desk.as_ref().context("no home is open")
    }

    async fn office(&self) -> anyhow::Result<Arc<Office>> {
        Ok(self.desk()?.office().await?)
    }

    async fn open(&mut self, home: &str) -> anyhow::Result<Value> {
        self.close().await;
        self.desk = Some(desk_with(Path::new(home), Some(PASSPHRASE.to_owned())).await?);
        Ok(json!({}))
    }

    async fn found(&mut self, home: &str, relay: &str, sample: bool) -> anyhow::Result<Value> {
        self.open(home).await?;
        let new = CompanyNew {
            rfc: "EKU9003173C9".to_owned(),
            name: "Escuela Kemper Urgate".to_owned(),
            regimen_fiscal: "601".to_owned(),
            cp: "26015".to_owned(),
            person_name: "Ana Banco".to_owned(),
            relay_url: relay.to_owned(),
            sample,
        };
        let created = self.desk()?.company_create(new).await?;
        Ok(json!({ "version": created.boot.version }))
    }

    async fn join(&mut self, home: &str, code: String) -> anyhow::Result<Value> {
        self.open(home).await?;
        let join = Join { invite: code, person_name: "Luis Banco".to_owned() };
        let status = self.desk()?.company_join(join).await?;
        Ok(json!({ "short_code": status.short_code }))
    }

    async fn approve(&self) -> anyhow::Result<Value> {
        let office = self.office().await?;
        let pending = office.device_pending().await?;
        let device = pending.first().context("nobody waits")?;
        office.device_approve(device.id.clone()).await?;
        Ok(json!({}))
    }

    async fn enter(&self) -> anyhow::Result<Value> {
        let entered = async {
            while self.desk()?.join_status().await?.state != "approved" {
                tokio::time::sleep(LOOK).await;
            }
            anyhow::Ok(json!({}))
        };
        tokio::time::timeout(PATIENCE, entered).await.context("nobody approved")?
    }

    /// Captures the rows one command each, as a person would.
    async fn type_in(&self, rows: &[SampleLead]) -> anyhow::Result<Value> {
        let office = self.office().await?;
        for row in rows {
            let new = LeadNew {
                full_name: row.name.clone(),
                company: row.company.clone(),
                email: row.email.clone(),
                phone: row.phone.clone(),
                rfc: row.rfc.clone(),
                source: row.source.clone(),
                amount: row.amount.clone(),
                city: "León".to_owned(),
                ..LeadNew::default()
            };
            office.lead_create(new).await?;
        }
        Ok(json!({ "rows": rows.len() }))
    }

    /// Until the list shows so many leads.
    async fn wait(&self, leads: u64) -> anyhow::Result<Value> {
        let office = self.office().await?;
        let shown = async {
            loop {
                let page = office.lead_list(LeadQuery { limit: 1, ..LeadQuery::default() }).await?;
                if page.total >= leads {
                    return anyhow::Ok(json!({ "leads": page.total }));
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, shown).await.context("the leads did not arrive")?
    }
}

/// Rows of one seed: as messy as real lists, or all of them new and right.
fn rows(count: u64, mess: bool) -> Vec<SampleLead> {
    list(count, mess).rows
}

fn list(count: u64, mess: bool) -> LeadList {
    let mut spec =
        ListSpec { dialect: Some(PLAIN), ..ListSpec::new(42, u32::try_from(count).expect("a list fits in u32")) };
    if !mess {
        (spec.duplicates, spec.rejected, spec.warned) = (0, 0, 0);
    }
    LeadList::generate(&spec)
}

fn write_list(file: &Path, count: u64, mess: bool) -> anyhow::Result<Value> {
    let list = list(count, mess);
    fs::write(file, list.to_bytes())?;
    Ok(json!({ "rows": list.rows.len(), "duplicates": list.truth.duplicates_of_earlier_rows.len() }))
}
