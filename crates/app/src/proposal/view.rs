//! What the editor shows: every amount from the one decimal engine.

use rust_decimal::Decimal;
use zuc_documents::{WordStyle, amount_in_words};
use zuc_domain::{
    proposal::{ApprovalLimits, Approver, Figures, Proposal, ProposalLine, ProposalState},
    shared::{Action, Currency, PricedLine, TaxKind, money::round_half_up},
};
use zuc_ipc::{
    proposal::{AcceptanceView, LineEdit, LineView, ProposalEdit, ProposalView, TaxTotal, Totals, VersionRow},
    words,
};

use super::{id, list, object};
use crate::{AppError, Office, money};

impl Office {
    /// One proposal as the editor shows it.
    pub async fn proposal_get(&self, proposal: String) -> Result<ProposalView, AppError> {
        let proposal_id = id(&proposal)?;
        let proposal =
            self.store.read::<Proposal>(proposal_id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
        self.allow(Action::ReadProposals, object(&proposal))?;
        let row = self.store.proposal_row(proposal_id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
        let latest = proposal.latest();
        let figures = proposal.figures()?;
        let need = proposal.approval_need(&ApprovalLimits::default(), Decimal::ONE)?;
        let contact = self.store.contacts_of(proposal.customer).await?.into_iter().find(|contact| contact.is_primary);
        let company = match self.profile().await {
            Ok(profile) => profile.legal_name,
            Err(error) if error.code == "company.no_profile" => String::new(),
            Err(error) => return Err(error),
        };
        let lines = latest
            .content
            .ordered_lines()
            .into_iter()
            .zip(&figures.quote.lines)
            .map(|(line, priced)| line_view(line, priced, proposal.currency))
            .collect();
        Ok(ProposalView {
            customer_id: proposal.customer.to_string(),
            contact: contact.map(|contact| contact.name).unwrap_or_default(),
            city: String::new(),
            company,
            version: latest.number,
            content_hash: proposal.content_hash(),
            lines,
            totals: totals(&proposal, &figures),
            discount_pct: latest.content.document_discount.value().normalize().to_string(),
            terms_days: u32::from(latest.content.payment_days),
            notes: latest.content.notes.clone(),
            versions: versions(&proposal)?,
            approval: approver(need.approver).to_owned(),
            actions: self.proposal_actions(&proposal, need.approver),
            acceptance: proposal.acceptance.as_ref().map(|acceptance| AcceptanceView {
                signer: acceptance.signer.name.clone(),
                role: acceptance.signer.role.clone(),
                at: acceptance.signed_at.to_string(),
                content_hash: acceptance.content_hash.clone(),
            }),
            row: list::shown(row),
        })
    }

    fn proposal_actions(&self, proposal: &Proposal, approver: Approver) -> Vec<String> {
        let object = object(proposal);
        let state = proposal.state();
        let open = !matches!(
            state,
            ProposalState::Accepted | ProposalState::Declined | ProposalState::Expired | ProposalState::Withdrawn
        );
        let signable = open
            && !proposal.latest().content.lines.is_empty()
            && self.today() <= proposal.latest().content.valid_until
            && (approver == Approver::Nobody || state == ProposalState::Approved);
        let offers = [
            ("edit", open, Action::EditProposal),
            ("sign", signable, Action::AcceptProposal),
            ("pdf", true, Action::ReadProposals),
            ("withdraw", open, Action::CloseProposal),
        ];
        offers
            .into_iter()
            .filter(|(_, possible, action)| *possible && self.may(*action, object))
            .map(|(name, ..)| name.to_owned())
            .collect()
    }
}

/// What the editor shows of a proposal, as it sends it back.
pub(super) fn form(proposal: &Proposal) -> ProposalEdit {
    let content = &proposal.latest().content;
    ProposalEdit {
        id: proposal.id.to_string(),
        title: proposal.title.clone(),
        lines: content.ordered_lines().into_iter().map(|line| line_edit(line, proposal.currency)).collect(),
        discount_pct: content.document_discount.value().normalize().to_string(),
        valid_until: content.valid_until.to_string(),
        terms_days: content.payment_days.to_string(),
        notes: content.notes.clone(),
        base: None,
        insist: false,
    }
}

fn line_edit(line: &ProposalLine, currency: Currency) -> LineEdit {
    LineEdit {
        id: line.id.to_string(),
        product_id: line.product.map(|id| id.to_string()),
        sku: line.sku.clone(),
        description: line.description.clone(),
        quantity: line.quantity.normalize().to_string(),
        unit: line.unit.clone(),
        unit_price: money::price(line.unit_price, currency),
        discount_pct: line.discount.value().normalize().to_string(),
        tax: line.tax.name().to_owned(),
        recurrence: line.recurrence.name().to_owned(),
        clave_prod_serv: line.clave_prod_serv.clone(),
        clave_unidad: line.clave_unidad.clone(),
    }
}

fn line_view(line: &ProposalLine, priced: &PricedLine, currency: Currency) -> LineView {
    let text = |amount: Decimal| money::text(amount, currency);
    let own = round_half_up(priced.importe * line.discount.ratio(), currency.decimals());
    LineView {
        edit: line_edit(line, currency),
        importe: text(priced.importe),
        descuento: text(priced.descuento),
        base: text(priced.base),
        impuesto: text(priced.impuesto.unwrap_or_default()),
        net: text(priced.importe - own),
    }
}

fn totals(proposal: &Proposal, figures: &Figures) -> Totals {
    let (quote, currency) = (&figures.quote, proposal.currency);
    let shown = |amount: Decimal| money::amount(amount, currency);
    let lines = proposal.latest().content.ordered_lines();
    let own: Decimal = lines
        .iter()
        .zip(&quote.lines)
        .map(|(line, priced)| round_half_up(priced.importe * line.discount.ratio(), currency.decimals()))
        .sum();
    Totals {
        list: shown(quote.subtotal),
        line_discounts: shown(own),
        document_discount: shown(quote.descuento - own),
        subtotal: shown(quote.subtotal - quote.descuento),
        taxes: quote
            .taxes
            .iter()
            .filter_map(|tax| {
                Some(TaxTotal { label: tax_label(tax.tax).to_owned(), amount: money::text(tax.importe?, currency) })
            })
            .collect(),
        total: shown(quote.total),
        in_words: amount_in_words(quote.total, &currency.to_string(), WordStyle::Proposal),
        arr: shown(figures.mrr.amount() * Decimal::from(12)),
        average_discount_pct: round_half_up(figures.average_discount, 2).normalize().to_string(),
    }
}

fn versions(proposal: &Proposal) -> Result<Vec<VersionRow>, AppError> {
    let latest = proposal.latest().number;
    proposal
        .versions
        .values()
        .rev()
        .map(|version| {
            let figures = version.content.figures(proposal.currency)?;
            Ok(VersionRow {
                number: version.number,
                state: if version.number == latest {
                    state_label(proposal.state())
                } else {
                    words::say("proposal.state.replaced")
                }
                .to_owned(),
                total: money::amount(figures.quote.total, proposal.currency),
                on: version.content.valid_until.to_string(),
            })
        })
        .collect()
}

/// A state in Spanish.
pub(crate) fn state_label(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Draft => words::say("proposal.state.draft"),
        ProposalState::PendingApproval => words::say("proposal.state.pending"),
        ProposalState::Approved => words::say("proposal.state.approved"),
        ProposalState::Sent => words::say("proposal.state.sent"),
        ProposalState::Viewed => words::say("proposal.state.viewed"),
        ProposalState::Accepted => words::say("proposal.state.accepted"),
        ProposalState::Declined => words::say("proposal.state.declined"),
        ProposalState::Expired => words::say("proposal.state.expired"),
        ProposalState::Withdrawn => words::say("proposal.state.withdrawn"),
    }
}

/// A tax as totals name it.
pub(crate) fn tax_label(tax: TaxKind) -> &'static str {
    match tax {
        TaxKind::Exento => words::say("proposal.tax.exempt"),
        TaxKind::Iva0 => words::say("proposal.tax.iva0"),
        TaxKind::Iva8 => words::say("proposal.tax.iva8"),
        TaxKind::Iva16 => words::say("proposal.tax.iva16"),
    }
}

fn approver(approver: Approver) -> &'static str {
    match approver {
        Approver::Nobody => "",
        Approver::SalesManager => words::say("proposal.approver.manager"),
        Approver::SalesDirector => words::say("proposal.approver.director"),
        Approver::DirectorAndFinance => words::say("proposal.approver.finance"),
    }
}
