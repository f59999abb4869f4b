//! The sample company: the same use cases a person would use, over lists that were made from a seed.

use zuc_ipc::{
    company::CompanyNew,
    customer::{FiscalProfile, FiscalProfileSet},
    import::ImportSource,
    lead::{ActivityNew, LeadQuery, LeadRow, LeadSort, Qualification},
    proposal::{LineEdit, ProductRow, ProposalEdit, ProposalNew, ProposalSign},
    shared::Query,
};
use zuc_sample::{LeadList, ListSpec, ProductList, SampleCompany, signature};

use crate::{AppError, Office};

/// Seed of the sample.
const SEED: u64 = 2026;
/// Prospects and products.
const ROWS: (u32, u32) = (240, 60);
/// Leads that were spoken with, of those how many were converted, and of those how many signed.
const STORY: (usize, usize, usize) = (18, 9, 5);

/// The sample's company, where the person did not say another.
pub(crate) fn founding(typed: CompanyNew) -> CompanyNew {
    let issuer = SampleCompany::issuer();
    let or = |typed: String, sample: &str| if typed.trim().is_empty() { sample.to_owned() } else { typed };
    CompanyNew {
        rfc: or(typed.rfc, &issuer.rfc),
        name: or(typed.name, issuer.name),
        regimen_fiscal: or(typed.regimen_fiscal, issuer.regimen_fiscal),
        cp: or(typed.cp, issuer.cp),
        person_name: or(typed.person_name, "Ana Ejemplo"),
        ..typed
    }
}

impl Office {
    /// Fills a new company with prospects, products, deals and signed proposals.
    pub(crate) async fn fill_with_sample(&self) -> Result<(), AppError> {
        let spec = ListSpec { duplicates: 30, rejected: 0, ..ListSpec::new(SEED, ROWS.0) };
        self.with_file("csv", LeadList::generate(&spec).to_bytes(), async |source| {
            self.import_commit(source).await.map(|_| ())
        })
        .await?;
        self.with_file("csv", ProductList::generate(SEED, ROWS.1).to_csv(), async |source| {
            self.products_import(source).await.map(|_| ())
        })
        .await?;
        let products = self.product_search(Query { text: String::new(), limit: 200 }).await?;
        let products: Vec<ProductRow> = products.into_iter().filter(within_a_reps_limits).collect();
        let best = LeadQuery { sort: LeadSort::Score, descending: true, limit: 60, ..LeadQuery::default() };
        let best = self.lead_list(best).await?.rows.into_iter().filter(|row| !row.company.is_empty());
        for (nth, lead) in best.take(STORY.0).enumerate() {
            Box::pin(self.play(nth, lead, &products)).await?;
        }
        Ok(())
    }

    /// One lead's story, as far as its turn goes.
    async fn play(&self, nth: usize, lead: LeadRow, products: &[ProductRow]) -> Result<(), AppError> {
        self.lead_log(ActivityNew {
            subject_id: lead.id.clone(),
            channel: if nth.is_multiple_of(2) { "call" } else { "email" }.to_owned(),
            direction: "out".to_owned(),
            text: "Primer contacto: pidió una propuesta por escrito".to_owned(),
        })
        .await?;
        if nth >= STORY.1 {
            return Ok(());
        }
        self.lead_qualify(Qualification {
            id: lead.id.clone(),
            need: "Renovar el equipo de la planta este trimestre".to_owned(),
            budget: true,
            authority: true,
            timeline: "Este trimestre".to_owned(),
        })
        .await?;
        let converted = self.lead_convert(lead.id).await?;
        let buyer = SampleCompany::buyer(u64::try_from(nth).unwrap_or_default());
        let profile = FiscalProfile {
            rfc: buyer.rfc,
            legal_name: buyer.name.to_owned(),
            regimen_fiscal: buyer.regimen_fiscal.to_owned(),
            domicilio_cp: buyer.cp.to_owned(),
            uso_cfdi: "G03".to_owned(),
        };
        let customer_id = converted.customer_id.clone();
        let seen = self.customer_fiscal(&customer_id).await?;
        self.customer_set_fiscal(FiscalProfileSet { customer_id, seen, profile }).await?;
        let opened = self
            .proposal_create(ProposalNew {
                customer_id: converted.customer_id,
                opportunity_id: Some(converted.opportunity_id),
                title: "Suministro y soporte".to_owned(),
            })
            .await?;
        let id = opened.view.row.id.clone();
        let saved = self
            .proposal_save(ProposalEdit {
                id: id.clone(),
                title: "Suministro y soporte".to_owned(),
                lines: lines(nth, products),
                discount_pct: "3".to_owned(),
                valid_until: opened.view.row.valid_until,
                terms_days: "30".to_owned(),
                notes: "Incluye entrega en planta.".to_owned(),
                ..ProposalEdit::default()
            })
            .await?;
        if nth < STORY.2 {
            let picture = signature(u64::try_from(nth).unwrap_or_default())
                .map_err(|error| AppError::new("app.internal", error.to_string()))?;
            self.proposal_sign(ProposalSign {
                id,
                content_hash: saved.view.content_hash,
                signer_name: lead.full_name,
                signer_role: "Compras".to_owned(),
                signer_email: String::new(),
                consent: true,
                signature_png: crate::base64(&picture),
            })
            .await?;
        }
        Ok(())
    }

    /// Imports are from files: gives the work one, and takes it away again.
    async fn with_file(
        &self,
        ending: &str,
        bytes: Vec<u8>,
        work: impl AsyncFnOnce(ImportSource) -> Result<(), AppError>,
    ) -> Result<(), AppError> {
        let path = std::env::temp_dir().join(format!("ejemplo-{}.{ending}", self.fresh_id()));
        let refused = |error: std::io::Error| AppError::new("file.not_written", error.kind().to_string());
        tokio::fs::write(&path, bytes).await.map_err(refused)?;
        let source = ImportSource { path: path.display().to_string(), ..ImportSource::default() };
        let done = work(source).await;
        tokio::fs::remove_file(&path).await.map_err(refused)?;
        done
    }
}

/// What needs no approval: pesos, the general rate, and a price of four digits at most.
fn within_a_reps_limits(row: &ProductRow) -> bool {
    let whole = row.price.amount.split('.').next().unwrap_or_default();
    row.price.currency == "MXN" && row.tax == "iva16" && whole.len() <= 4
}

/// Three lines: two once, one with a discount, and one every year.
fn lines(nth: usize, products: &[ProductRow]) -> Vec<LineEdit> {
    let quantities = ["1", "2", "3"];
    quantities
        .iter()
        .enumerate()
        .filter_map(|(line, quantity)| {
            let product = products.get((nth * quantities.len() + line) % products.len().max(1))?;
            Some(LineEdit {
                id: String::new(),
                product_id: Some(product.id.clone()),
                sku: product.sku.clone(),
                description: product.description.clone(),
                quantity: (*quantity).to_owned(),
                unit: product.unit.clone(),
                unit_price: product.price.amount.clone(),
                discount_pct: if line == 1 { "5" } else { "0" }.to_owned(),
                tax: product.tax.clone(),
                recurrence: if line == 2 { "yearly" } else { "none" }.to_owned(),
                clave_prod_serv: product.clave_prod_serv.clone(),
                clave_unidad: product.clave_unidad.clone(),
            })
        })
        .collect()
}
