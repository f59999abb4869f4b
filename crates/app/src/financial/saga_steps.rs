//! The steps of proposal to cash, and how each is taken back. Every result has a derived id: a step that finds it there
//! made nothing.

use jiff::ToSpan as _;
use rust_decimal::Decimal;
use zuc_domain::{
    customer::{Contract, Customer},
    financial::{Invoice, Receptor, proposal_to_cash::Step},
    lead::{ConversionPlan, Lead, Target},
    proposal::Proposal,
    shared::Money,
};
use zuc_store::Tx;

use crate::{AppError, Office, customer, lead};

/// Days before its end until which notice may be given.
const NOTICE_DAYS: u16 = 30;

impl Office {
    /// Does a step; `true` when it made its result, `false` when it found it there.
    pub(super) async fn do_step(&self, tx: &mut Tx, proposal: &Proposal, step: Step) -> Result<bool, AppError> {
        match step {
            Step::Customer => {
                let mut buyer = customer::load(tx, proposal.customer).await?;
                let act = tx.act();
                let Some(transition) = buyer.activate(&act)? else { return Ok(false) };
                buyer.apply_transition(&transition);
                tx.repository().save(&buyer).await?;
                Ok(true)
            }
            Step::Contract => self.activate_contract(tx, proposal).await,
            Step::Invoice => self.draft_invoice(tx, proposal).await,
            Step::Lead => {
                let Some(id) = proposal.lead else { return Ok(false) };
                let mut origin = lead::load(tx, id).await?;
                let act = tx.act();
                let plan = ConversionPlan {
                    customer: Target::Existing(proposal.customer),
                    opportunity: proposal.opportunity.map(Target::Existing),
                    ..ConversionPlan::default()
                };
                let conversion = zuc_domain::lead::Conversion::derive(origin.scope, id, &plan);
                let Some(event) = origin.mark_converted(conversion, &act)? else { return Ok(false) };
                origin.apply(&event);
                tx.repository().record(&origin, &event).await?;
                Ok(true)
            }
        }
    }

    async fn activate_contract(&self, tx: &mut Tx, proposal: &Proposal) -> Result<bool, AppError> {
        let id = Contract::id_for(proposal.scope, proposal.id);
        if tx.repository::<Contract>().load(id).await?.is_some() {
            return Ok(false);
        }
        let acceptance = proposal
            .acceptance
            .as_ref()
            .ok_or_else(|| AppError::new("contract.nothing_signed", "nothing was signed"))?;
        let figures = proposal.figures()?;
        let net = figures.quote.subtotal - figures.quote.descuento;
        let start = self.today();
        let mut contract = Contract::try_new(Contract {
            id,
            scope: proposal.scope,
            customer: proposal.customer,
            proposal: Some(proposal.id),
            value: Money::try_new(net, proposal.currency)
                .map_err(|error| AppError::new(error.code(), error.to_string()))?,
            mrr: figures.mrr,
            start,
            end: start.saturating_add(1.year()).saturating_sub(1.day()),
            auto_renew: figures.mrr.amount() > Decimal::ZERO,
            notice_days: NOTICE_DAYS,
            document_hash: acceptance.content_hash.clone(),
            transitions: std::collections::BTreeMap::new(),
        })?;
        let act = tx.act();
        let event = contract.activate(&act)?;
        contract.apply(&event);
        tx.repository().record(&contract, &event).await?;
        Ok(true)
    }

    async fn draft_invoice(&self, tx: &mut Tx, proposal: &Proposal) -> Result<bool, AppError> {
        let id = Invoice::id_for(proposal.id);
        if tx.repository::<Invoice>().load(id).await?.is_some() {
            return Ok(false);
        }
        let buyer = customer::load(tx, proposal.customer).await?;
        let code = proposal.id.to_string().chars().rev().take(4).collect::<String>().to_uppercase();
        let label = zuc_ipc::words::fill("invoice.draft_label", &[("code", &code)]);
        let act = tx.act();
        let contract = Contract::id_for(proposal.scope, proposal.id);
        let event = Invoice::draft_from(proposal, contract, receptor_of(&buyer), &label, &act)?;
        let invoice = Invoice::from_created(&event)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes an invoice"))?;
        tx.repository().record(&invoice, &event).await?;
        Ok(true)
    }

    /// Takes a step back that this run made.
    pub(super) async fn undo_step(
        &self,
        tx: &mut Tx,
        proposal: &Proposal,
        step: Step,
        reason: &str,
    ) -> Result<(), AppError> {
        match step {
            Step::Customer => {
                let mut buyer = customer::load(tx, proposal.customer).await?;
                let act = tx.act();
                let transition = buyer.archive(reason, &act)?;
                buyer.apply_transition(&transition);
                tx.repository().save(&buyer).await?;
            }
            Step::Contract => {
                let id = Contract::id_for(proposal.scope, proposal.id);
                if let Some(mut contract) = tx.repository::<Contract>().load(id).await? {
                    let act = tx.act();
                    let transition = contract.terminate(reason, &act)?;
                    contract.apply_transition(&transition);
                    tx.repository().save(&contract).await?;
                }
            }
            Step::Invoice => {
                let id = Invoice::id_for(proposal.id);
                if let Some(invoice) = tx.repository::<Invoice>().load(id).await? {
                    super::void(tx, invoice, reason).await?;
                }
            }
            Step::Lead => {
                let Some(id) = proposal.lead else { return Ok(()) };
                let mut origin: Lead = lead::load(tx, id).await?;
                let act = tx.act();
                let transition = origin.revert_conversion(reason, &act)?;
                origin.apply_reversion(&transition);
                tx.repository().save(&origin).await?;
            }
        }
        Ok(())
    }
}

fn receptor_of(buyer: &Customer) -> Option<Receptor> {
    buyer.fiscal_profile.as_ref().map(|profile| Receptor {
        rfc: profile.rfc.as_str().to_owned(),
        legal_name: profile.legal_name.clone(),
        regimen_fiscal: profile.regimen_fiscal.clone(),
        domicilio_cp: profile.domicilio_cp.as_str().to_owned(),
        uso_cfdi: profile.uso_cfdi_default.clone(),
    })
}
