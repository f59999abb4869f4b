//! The story, stage by stage. Every promise is looked at; one that is not kept ends the demonstration.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use serde_json::{Value, json};
use zuc_ipc::{
    customer::{FiscalProfile, FiscalProfileSet},
    import::ImportSource,
    invoice::{CsdAdd, InvoiceFiscalSet, InvoiceQuery},
    lead::{ActivityNew, Converted, LeadEdit, LeadNew, LeadQuery, LeadSort, Qualification},
    proposal::{LineEdit, ProposalEdit, ProposalNew, ProposalSign},
    shared::Query,
};
use zuc_sample::{LeadList, ListSpec, ProductList, SampleCompany, signature};

use super::{
    broken,
    team::{Laptop, Team, wait},
};
use crate::{Ended, commands::write, output::Output};

/// Seed of the lists.
const SEED: u64 = 7;
/// Prospects and products.
const ROWS: (u32, u32) = (300, 80);
/// An internal note that only who reads finance may ever hold; its longest word stands nowhere else.
const CANARY: &str = "Canario 5b1f0e7c92d64a38 de finanzas";

/// What the stages hand on.
#[derive(Default)]
pub(crate) struct Story {
    shared_lead: String,
    customer: String,
    proposal: String,
    invoice: String,
    summary: BTreeMap<&'static str, Value>,
}

impl Story {
    /// A lead that Ana and Luis both have before the network goes.
    pub(crate) async fn share_a_lead(&mut self, team: &Team, output: Output) -> Result<(), Ended> {
        let new = LeadNew {
            full_name: "Rosa Iñiguez".to_owned(),
            company: "Talleres La Fragua SA de CV".to_owned(),
            email: "rosa@lafragua.example".to_owned(),
            phone: "55 1234 5678".to_owned(),
            amount: "120000".to_owned(),
            ..LeadNew::default()
        };
        team.ana.office.lead_create(new).await?;
        wait("the shared lead", async || Ok(find_lead(&team.luis).await?.is_some())).await?;
        self.shared_lead = find_lead(&team.luis).await?.unwrap_or_default();
        output.say("Luis ya ve el prospecto que capturó Ana");
        Ok(())
    }

    /// Import, qualification, conversion, proposal and signature, all without a network.
    pub(crate) async fn sell_offline(&mut self, team: &Team, out: &Path, output: Output) -> Result<(), Ended> {
        let ana = &team.ana.office;
        let list = out.join("prospectos.csv");
        write(&list, &LeadList::generate(&ListSpec::new(SEED, ROWS.0)).to_bytes())?;
        let source = ImportSource { path: list.display().to_string(), ..ImportSource::default() };
        let preview = ana.import_preview(source.clone()).await?;
        let done = Box::pin(ana.import_commit(source)).await?;
        if done.totals != preview.totals {
            return Err(broken("the import did something else than its dry run"));
        }
        output.say(&format!(
            "Ana importó {} prospectos ({} fusionados, {} por decidir, {} fuera)",
            done.totals.created, done.totals.merged, done.totals.probable_duplicate, done.totals.rejected
        ));
        self.summary.insert("import", json!(done.totals));
        let products = out.join("productos.csv");
        write(&products, &ProductList::generate(SEED, ROWS.1).to_csv())?;
        ana.products_import(ImportSource { path: products.display().to_string(), ..ImportSource::default() }).await?;
        let converted = convert(&team.ana, &self.shared_lead).await?;
        let theirs = convert(&team.luis, &self.shared_lead).await?;
        if converted.customer_id != theirs.customer_id || converted.opportunity_id != theirs.opportunity_id {
            return Err(broken("two conversions of one lead made two customers"));
        }
        output.say("Ana y Luis convirtieron el mismo prospecto, cada quien sin red: es el mismo cliente");
        self.customer.clone_from(&converted.customer_id);
        Box::pin(self.edit_a_cell(&team.ana)).await?;
        Box::pin(self.propose(&team.ana, converted, out, output)).await
    }

    async fn edit_a_cell(&self, ana: &Laptop) -> Result<(), Ended> {
        let best = LeadQuery { sort: LeadSort::Score, descending: true, limit: 5, ..LeadQuery::default() };
        let page = ana.office.lead_list(best).await?;
        let row = page.rows.into_iter().find(|row| row.id != self.shared_lead).ok_or_else(|| broken("no leads"))?;
        let edit = LeadEdit { id: row.id, field: "city".to_owned(), old: row.city, new: "Mérida".to_owned() };
        ana.office.lead_edit(edit).await?;
        Ok(())
    }

    async fn propose(
        &mut self,
        laptop: &Laptop,
        converted: Converted,
        out: &Path,
        output: Output,
    ) -> Result<(), Ended> {
        let office = &laptop.office;
        let opened = office
            .proposal_create(ProposalNew {
                customer_id: converted.customer_id,
                opportunity_id: Some(converted.opportunity_id),
                title: "Equipo y soporte para el taller".to_owned(),
            })
            .await?;
        self.proposal.clone_from(&opened.view.row.id);
        let saved = office
            .proposal_save(ProposalEdit {
                id: self.proposal.clone(),
                title: opened.view.row.title,
                lines: lines(laptop).await?,
                discount_pct: "3".to_owned(),
                valid_until: opened.view.row.valid_until,
                terms_days: "30".to_owned(),
                notes: "Incluye instalación y capacitación en planta.".to_owned(),
                ..ProposalEdit::default()
            })
            .await?;
        let picture = signature(SEED).context("the signature")?;
        let signed = office
            .proposal_sign(ProposalSign {
                id: self.proposal.clone(),
                content_hash: saved.view.content_hash.clone(),
                signer_name: "Rosa Iñiguez".to_owned(),
                signer_role: "Dirección".to_owned(),
                signer_email: "rosa@lafragua.example".to_owned(),
                consent: true,
                signature_png: zuc_app::base64(&picture),
            })
            .await?;
        let paper = office.proposal_pdf(self.proposal.clone()).await?;
        write(&out.join("propuesta.pdf"), &paper.bytes)?;
        output.say(&format!("Rosa firmó en la pantalla de Ana: {}", signed.view.totals.total.amount));
        self.summary.insert(
            "proposal",
            json!({ "number": signed.view.row.number, "total": signed.view.totals.total, "hash": saved.view.content_hash }),
        );
        Ok(())
    }

    /// The network is back: Ana's changes reach the others, who notice it by themselves. The time is counted from the
    /// moment in which the relay listens again.
    pub(crate) async fn catch_up(&mut self, team: &mut Team, output: Output) -> Result<(), Ended> {
        let count = async |laptop: &Laptop| -> Result<u64, Ended> {
            Ok(laptop.office.lead_list(LeadQuery { limit: 1, ..LeadQuery::default() }).await?.total)
        };
        let leads = count(&team.ana).await?;
        let unsent = team.ana.office.sync_status().await?.pending;
        team.servers.start_relay().await?;
        let start = zuc_gateways::now();
        for (name, laptop) in team.laptops() {
            wait(&format!("Ana's leads at {name}'s"), async || Ok(count(laptop).await? == leads)).await?;
        }
        let ms = milliseconds_since(start);
        team.settle().await?;
        let caught = team.luis.office.customer_360(self.customer.clone()).await?;
        output.say(&format!("Luis ya ve a {} y sus {leads} prospectos", caught.row.name));
        self.summary.insert("catch_up", json!({ "leads": leads, "unsent": unsent, "ms": ms }));
        Ok(())
    }

    /// The saga drafts; Carla completes and issues.
    pub(crate) async fn invoice(&mut self, team: &Team, out: &Path, output: Output) -> Result<(), Ended> {
        let carla = &team.carla.office;
        let all = || InvoiceQuery { limit: 10, ..InvoiceQuery::default() };
        wait("the saga's invoice", async || Ok(carla.invoice_list(all()).await?.total > 0)).await?;
        let draft = carla.invoice_list(all()).await?.rows.into_iter().next().ok_or_else(|| broken("no invoice"))?;
        self.invoice = draft.id;
        output.say(&format!("Carla encontró la prefactura {}", draft.label));
        load_csd(team).await?;
        let buyer = SampleCompany::buyer(SEED);
        let receptor = FiscalProfile {
            rfc: buyer.rfc,
            legal_name: buyer.name.to_owned(),
            regimen_fiscal: buyer.regimen_fiscal.to_owned(),
            domicilio_cp: buyer.cp.to_owned(),
            uso_cfdi: "G03".to_owned(),
        };
        let seen = carla.customer_fiscal(&self.customer).await?;
        let profile = FiscalProfileSet { customer_id: self.customer.clone(), seen, profile: receptor.clone() };
        carla.customer_set_fiscal(profile).await?;
        carla
            .invoice_set_fiscal(InvoiceFiscalSet {
                id: self.invoice.clone(),
                receptor,
                metodo_pago: "PPD".to_owned(),
                forma_pago: "99".to_owned(),
                note: CANARY.to_owned(),
            })
            .await?;
        let start = zuc_gateways::now();
        let issued = carla.invoice_issue(self.invoice.clone()).await?.view;
        let ms = milliseconds_since(start);
        if issued.row.fiscal_state != "stamped" {
            return Err(broken(format!("the invoice is {}", issued.row.fiscal_state)));
        }
        write(&out.join("factura.xml"), &carla.invoice_xml(self.invoice.clone()).await?.bytes)?;
        write(&out.join("factura.pdf"), &carla.invoice_pdf(self.invoice.clone()).await?.bytes)?;
        output.say(&format!("{} timbrada: {}", issued.row.label, issued.row.uuid));
        self.summary.insert(
            "invoice",
            json!({ "label": issued.row.label, "uuid": issued.row.uuid, "total": issued.row.total, "issue_ms": ms }),
        );
        Ok(())
    }

    /// Luis looks; the homes are compared.
    pub(crate) async fn look(mut self, team: &Team, out: &Path, output: Output) -> Result<Value, Ended> {
        team.settle().await?;
        wait("the invoice on Luis's dashboard", async || {
            let home = team.luis.office.home().await?;
            Ok(home.manager.is_some_and(|manager| manager.new_invoices.iter().any(|row| row.id == self.invoice)))
        })
        .await?;
        team.settle().await?;
        // who sells holds no key to finance: this is what finance tells her team
        let owed =
            async || -> Result<_, Ended> { Ok(team.ana.office.customer_360(self.customer.clone()).await?.balances) };
        wait("what the customer owes, at Ana's", async || Ok(owed().await?.is_some())).await?;
        let owed = owed().await?.ok_or_else(|| broken("Ana was told of no invoice"))?;
        output.say(&format!("Ana ve por cobrar {} {}", owed.open.amount, owed.open.currency));
        let home = team.luis.office.home().await?;
        let manager = home.manager.ok_or_else(|| broken("Luis has no dashboard"))?;
        let customer = team.luis.office.customer_360(self.customer.clone()).await?;
        if !customer.contracts.iter().any(|contract| contract.state == "active") {
            return Err(broken("the customer has no active contract"));
        }
        output.say(&format!("Luis ve ingresos por {} y ARR de {}", manager.revenue_month.amount, customer.arr.amount));
        let timbres = team.servers.timbres().await?.len();
        if timbres != 1 {
            return Err(broken(format!("the PAC stamped {timbres} documents, not one")));
        }
        self.summary.insert(
            "dashboard",
            json!({ "revenue_month": manager.revenue_month, "funnel": manager.funnel, "customer_arr": customer.arr }),
        );
        self.summary.insert("timbres", json!(timbres));
        self.compare(team, out).await?;
        self.summary.insert("passphrase", json!(team.passphrase));
        self.summary.insert("relay", json!(team.servers.relay_url()));
        Ok(json!(self.summary))
    }

    /// Events of all, and every scope that two homes share equal in both.
    async fn compare(&mut self, team: &Team, out: &Path) -> Result<(), Ended> {
        let mut lines = String::new();
        let mut scopes: BTreeMap<String, String> = BTreeMap::new();
        let mut homes = serde_json::Map::new();
        for (name, laptop) in team.laptops() {
            for event in laptop.office.events().await? {
                lines.push_str(&event);
                lines.push('\n');
            }
            let checked = laptop.office.verify().await?;
            if let Some(problem) = checked.problems.first() {
                return Err(broken(format!("{name}: {problem}")));
            }
            let held: Vec<&String> = checked.scopes.keys().collect();
            homes.insert(name.to_owned(), json!({ "home": laptop.root, "scopes": held }));
            for (scope, digest) in &checked.scopes {
                let known = scopes.entry(scope.clone()).or_insert_with(|| digest.clone());
                if known != digest {
                    return Err(broken(format!("{name} differs in {scope}: {digest}, not {known}")));
                }
            }
            if name == "ana" && checked.scopes.keys().any(|scope| scope.starts_with("fin") || scope == "fiscal") {
                return Err(broken("Ana holds a scope of finance"));
            }
        }
        fs::write(out.join("eventos.jsonl"), lines).context("eventos.jsonl")?;
        self.summary.insert("homes", Value::Object(homes));
        Ok(())
    }
}

fn milliseconds_since(start: jiff::Timestamp) -> i64 {
    zuc_gateways::now().as_millisecond() - start.as_millisecond()
}

async fn find_lead(laptop: &Laptop) -> Result<Option<String>, Ended> {
    let query = LeadQuery { text: "Fragua".to_owned(), limit: 1, ..LeadQuery::default() };
    Ok(laptop.office.lead_list(query).await?.rows.into_iter().next().map(|row| row.id))
}

/// A call, the gate, and the conversion.
async fn convert(laptop: &Laptop, lead: &str) -> Result<Converted, Ended> {
    let office = &laptop.office;
    office
        .lead_log(ActivityNew {
            subject_id: lead.to_owned(),
            channel: "call".to_owned(),
            direction: "out".to_owned(),
            text: "Quiere renovar el equipo este mes".to_owned(),
        })
        .await?;
    office
        .lead_qualify(Qualification {
            id: lead.to_owned(),
            need: "Renovar el equipo".to_owned(),
            budget: true,
            authority: true,
            timeline: "Este mes".to_owned(),
        })
        .await?;
    Ok(office.lead_convert(lead.to_owned()).await?)
}

/// Three lines inside what needs no approval: one with a discount, one every year.
async fn lines(laptop: &Laptop) -> Result<Vec<LineEdit>, Ended> {
    let found = laptop.office.product_search(Query { text: String::new(), limit: 200 }).await?;
    let cheap = found
        .into_iter()
        .filter(|row| row.price.currency == "MXN" && row.tax == "iva16" && row.price.amount.len() <= 7)
        .take(3);
    let lines: Vec<LineEdit> = cheap
        .zip([("2", "0", "none"), ("3", "5", "none"), ("1", "0", "yearly")])
        .map(|(product, (quantity, discount, recurrence))| LineEdit {
            id: String::new(),
            product_id: Some(product.id),
            sku: product.sku,
            description: product.description,
            quantity: quantity.to_owned(),
            unit: product.unit,
            unit_price: product.price.amount,
            discount_pct: discount.to_owned(),
            tax: product.tax,
            recurrence: recurrence.to_owned(),
            clave_prod_serv: product.clave_prod_serv,
            clave_unidad: product.clave_unidad,
        })
        .collect();
    if lines.len() == 3 { Ok(lines) } else { Err(broken("the price list has no three products for the proposal")) }
}

/// Loads a sandbox certificate on Carla's laptop.
async fn load_csd(team: &Team) -> Result<(), Ended> {
    let csd = team.servers.csd(&team.company.rfc, team.company.name).await?;
    let folder = tempfile::tempdir().context("a folder for the certificate")?;
    let (cer, key) = (folder.path().join("csd.cer"), folder.path().join("csd.key"));
    write(&cer, &hex::decode(csd.cer).context("the certificate")?)?;
    write(&key, &hex::decode(csd.key).context("the key")?)?;
    team.carla
        .office
        .csd_add(CsdAdd {
            cer_path: cer.display().to_string(),
            key_path: key.display().to_string(),
            password: csd.password,
        })
        .await?;
    Ok(())
}
