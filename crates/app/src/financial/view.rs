//! One invoice with its CFDI's story.

use zuc_cfdi::catalogs::{Catalog, description};
use zuc_domain::{
    compliance::CfdiState,
    financial::{Invoice, Issuance, Receptor},
    shared::{Action, Object, Scope, Transition},
};
use zuc_ipc::{
    customer::FiscalProfile,
    invoice::{ConceptRow, FiscalProblem, InvoiceRow, InvoiceView, StoryStep},
    words,
};

use super::{id, shown};
use crate::{AppError, Office, compliance, money, proposal};

impl Office {
    /// One invoice as its page shows it.
    ///
    /// # Errors
    /// `invoice.blocked` where it is kept for the law alone and nobody has said why they read it.
    pub async fn invoice_get(&self, invoice: String) -> Result<InvoiceView, AppError> {
        self.allow(Action::ReadInvoices, Object::in_scope(Scope::Finance))?;
        let invoice_id = id(&invoice)?;
        let invoice = self.store.read::<Invoice>(invoice_id).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        let row = self.store.invoice_row(invoice_id).await?.ok_or_else(|| AppError::not_found("invoice"))?;
        self.may_open(&row)?;
        let blocked_until = if row.blocked { self.last_day_of(&row).await?.until.to_string() } else { String::new() };
        let quote = invoice.quote()?;
        let text = |amount| money::text(amount, invoice.currency);
        let conceptos = invoice
            .ordered_lines()
            .into_iter()
            .zip(&quote.lines)
            .map(|(line, priced)| ConceptRow {
                clave_prod_serv: line.clave_prod_serv.clone(),
                descripcion: line.description.clone(),
                cantidad: line.quantity.normalize().to_string(),
                clave_unidad: line.clave_unidad.clone(),
                valor_unitario: text(line.unit_price),
                descuento: text(priced.descuento),
                importe: text(priced.importe),
            })
            .collect();
        let receptor = self.receptor_of(&invoice).await?;
        let named = |catalog, key: &str| description(catalog, key).unwrap_or_default().to_owned();
        let place = match self.profile().await {
            Ok(profile) => profile.lugar_expedicion.to_string(),
            Err(error) if error.code == "company.no_profile" => String::new(),
            Err(error) => return Err(error),
        };
        let proposal_number = match invoice.proposal {
            Some(id) => self.store.proposal_row(id).await?.map(|row| row.number).unwrap_or_default(),
            None => String::new(),
        };
        Ok(InvoiceView {
            customer_id: invoice.customer.to_string(),
            proposal_id: invoice.proposal.map(|id| id.to_string()),
            proposal_number,
            regimen_text: named(Catalog::RegimenFiscal, &receptor.regimen_fiscal),
            uso_text: named(Catalog::UsoCfdi, &receptor.uso_cfdi),
            receptor: FiscalProfile {
                rfc: receptor.rfc,
                legal_name: receptor.legal_name,
                regimen_fiscal: receptor.regimen_fiscal,
                domicilio_cp: receptor.domicilio_cp,
                uso_cfdi: receptor.uso_cfdi,
            },
            metodo_pago: invoice.terms.metodo.name().to_owned(),
            forma_pago: invoice.terms.forma.clone(),
            lugar_expedicion: place,
            conceptos,
            subtotal: money::amount(quote.subtotal, invoice.currency),
            descuento: money::amount(quote.descuento, invoice.currency),
            taxes: quote
                .taxes
                .iter()
                .filter_map(|tax| Some((proposal::tax_label(tax.tax).to_owned(), text(tax.importe?))))
                .collect(),
            story: story(&invoice),
            problems: problems(&invoice),
            actions: self.invoice_actions(&invoice, row.blocked),
            note: invoice.note.clone(),
            row: InvoiceRow { blocked_until, ..shown(row, self.now()) },
        })
    }

    /// The receiver of the draft, or what the customer's profile says so far.
    async fn receptor_of(&self, invoice: &Invoice) -> Result<Receptor, AppError> {
        if let Some(receptor) = &invoice.receptor {
            return Ok(receptor.clone());
        }
        let Some(row) = self.store.customer_row(invoice.customer).await? else { return Ok(Receptor::default()) };
        Ok(Receptor {
            rfc: row.rfc,
            legal_name: zuc_domain::compliance::legal_name_without_suffix(&row.legal_name),
            regimen_fiscal: row.regimen,
            domicilio_cp: row.fiscal_cp,
            uso_cfdi: row.uso_cfdi,
        })
    }

    fn invoice_actions(&self, invoice: &Invoice, blocked: bool) -> Vec<String> {
        let state = invoice.state();
        let (finance, fiscal) = (Object::in_scope(Scope::Finance), Object::in_scope(Scope::Fiscal));
        let stamped = state == CfdiState::Stamped;
        let offers = [
            ("edit_fiscal", state.is_editable(), Action::EditInvoice, finance),
            (
                "issue",
                // the form saves what is missing before it issues
                state.is_editable() || state.is_waiting(),
                Action::IssueInvoice,
                finance,
            ),
            ("xml", stamped, Action::ReadCfdi, fiscal),
            ("pdf", invoice.receptor.is_some(), Action::ReadCfdi, fiscal),
            ("hold", blocked, Action::HoldInvoice, finance),
        ];
        offers
            .into_iter()
            .filter(|(_, possible, action, object)| *possible && self.may(*action, *object))
            .map(|(name, ..)| name.to_owned())
            .collect()
    }
}

/// Pre-invoice, sealed, queued or sent, stamped: what happened, what is next.
fn story(invoice: &Invoice) -> Vec<StoryStep> {
    let state = invoice.state();
    let when = |wanted: CfdiState| {
        let found: Option<&Transition<CfdiState>> = invoice
            .transitions
            .values()
            .filter(|transition| transition.to == wanted)
            .max_by_key(|transition| transition.hlc);
        found
            .and_then(|transition| jiff::Timestamp::from_millisecond(transition.hlc.millis).ok())
            .map(|at| at.to_string())
            .unwrap_or_default()
    };
    let sealed = invoice.issuance.is_some();
    let step = |key: &str, status: &str, at: String, text: String| StoryStep {
        key: key.to_owned(),
        status: status.to_owned(),
        at,
        text,
    };
    let queued = match state {
        CfdiState::Queued => ("now", words::say("invoice.story.waiting").to_owned()),
        CfdiState::Submitted => ("now", words::say("invoice.story.submitted").to_owned()),
        CfdiState::Unknown => ("now", words::say("invoice.story.away").to_owned()),
        CfdiState::Rejected => {
            ("failed", invoice.refusal.as_ref().map(|refusal| refusal.code.clone()).unwrap_or_default())
        }
        CfdiState::WindowExpired => ("failed", words::say("invoice.story.late").to_owned()),
        CfdiState::Stamped => ("done", words::say("invoice.story.given").to_owned()),
        _ => ("next", String::new()),
    };
    let sealed_as =
        |issued: &Issuance| words::fill("invoice.story.sealed", &[("serie", &issued.serie), ("folio", &issued.folio)]);
    let seal = invoice.issuance.as_ref().map(sealed_as).unwrap_or_default();
    let stamp = invoice.timbre.as_ref().map(|timbre| timbre.uuid.clone()).unwrap_or_default();
    vec![
        step(
            "pre_invoice",
            if sealed { "done" } else { "now" },
            invoice.created_on.to_string(),
            if invoice.proposal.is_some() { words::say("invoice.story.signed").to_owned() } else { String::new() },
        ),
        step("sealed", if sealed { "done" } else { "next" }, when(CfdiState::Generated), seal),
        step("queued", queued.0, when(state), queued.1),
        step("stamped", if state == CfdiState::Stamped { "done" } else { "next" }, when(CfdiState::Stamped), stamp),
    ]
}

fn problems(invoice: &Invoice) -> Vec<FiscalProblem> {
    invoice
        .refusal
        .iter()
        .map(|refusal| FiscalProblem {
            code: refusal.code.clone(),
            sentence: compliance::refused_by(refusal).sentence(),
            detail: refusal.message.clone(),
            field: refusal.field.clone().map(|field| form_field(&field).to_owned()).unwrap_or_default(),
        })
        .collect()
}

/// The form's field for a place in the document.
fn form_field(place: &str) -> &str {
    match place {
        "Receptor.Rfc" => "rfc",
        "Receptor.Nombre" => "legal_name",
        "Receptor.DomicilioFiscalReceptor" => "domicilio_cp",
        "Receptor.RegimenFiscalReceptor" => "regimen_fiscal",
        "Receptor.UsoCFDI" => "uso_cfdi",
        "MetodoPago" => "metodo_pago",
        "FormaPago" => "forma_pago",
        other => other,
    }
}
