//! The paper the client reads.

use zuc_documents::{
    ProposalPdf,
    proposal::{
        Acceptance, CompanyHead, DocumentDiscount, ProposalLine, ProposalTotals, Recurrence, Signature, TaxTotal,
    },
};
use zuc_domain::{
    proposal::{Proposal, Recurrence as Recurs},
    shared::{Action, ProposalId, money::round_half_up},
};

use super::{id, object, sign::SignatureFact, view::tax_label};
use crate::{AppError, File, Office};

impl Office {
    /// The proposal's PDF, with the signature once it was accepted.
    pub async fn proposal_pdf(&self, proposal: String) -> Result<File, AppError> {
        let proposal_id = id(&proposal)?;
        let row = self.store.proposal_row(proposal_id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
        let bytes = self.paper(proposal_id).await?;
        Ok(File { name: format!("{}.pdf", row.number), bytes })
    }

    /// Draws the latest version as it stands, dated by its last change. What is hashed at the signature is the paper that
    /// was shown, which has none yet.
    pub(super) async fn paper(&self, proposal_id: ProposalId) -> Result<Vec<u8>, AppError> {
        let proposal =
            self.store.read::<Proposal>(proposal_id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
        self.allow(Action::ReadProposals, object(&proposal))?;
        let row = self.store.proposal_row(proposal_id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
        let contact = self.store.contacts_of(proposal.customer).await?.into_iter().find(|contact| contact.is_primary);
        let profile = self.profile().await?;
        let figures = proposal.figures()?;
        let (quote, content) = (&figures.quote, &proposal.latest().content);
        let drawn = jiff::Timestamp::from_millisecond(row.updated_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let mut own = rust_decimal::Decimal::ZERO;
        let lines = content
            .ordered_lines()
            .into_iter()
            .zip(&quote.lines)
            .map(|(line, priced)| {
                let discount = round_half_up(priced.importe * line.discount.ratio(), proposal.currency.decimals());
                own += discount;
                ProposalLine {
                    description: line.description.clone(),
                    sku: line.sku.clone(),
                    quantity: line.quantity,
                    unit: line.unit.clone(),
                    price: line.unit_price,
                    discount_percent: line.discount.value(),
                    amount: priced.importe - discount,
                    recurrence: match line.recurrence {
                        Recurs::Once => Recurrence::Once,
                        Recurs::Monthly => Recurrence::Monthly,
                        Recurs::Yearly => Recurrence::Yearly,
                    },
                }
            })
            .collect();
        let document_discount = (!content.document_discount.is_zero())
            .then(|| DocumentDiscount { percent: content.document_discount.value(), amount: quote.descuento - own });
        let acceptance = match &proposal.acceptance {
            Some(acceptance) => {
                let drawn = self.store.facts::<SignatureFact>(proposal_id.uuid()).await?.pop();
                let drawn = drawn.and_then(|fact| fact.image).map(|image| crate::from_base64(&image)).transpose()?;
                Some(Acceptance {
                    signer: acceptance.signer.name.clone(),
                    role: acceptance.signer.role.clone(),
                    signed_at: acceptance.signed_at.to_zoned_datetime(self.zone.clone()).datetime(),
                    // of who was forgotten nothing is drawn
                    signature: drawn.map_or_else(
                        || Signature::Strokes { width: 1.0, height: 1.0, strokes: Vec::new() },
                        Signature::Png,
                    ),
                    content_hash: acceptance.content_hash.clone(),
                })
            }
            None => None,
        };
        let paper = ProposalPdf {
            company: CompanyHead { name: profile.legal_name, ..CompanyHead::default() },
            number: row.number,
            version: proposal.latest().number,
            date: drawn.to_zoned_datetime(self.zone.clone()).date(),
            title: proposal.title.clone(),
            customer: row.customer_name,
            contact: contact.map(|contact| contact.name).unwrap_or_default(),
            city: String::new(),
            valid_until: Some(content.valid_until),
            terms: zuc_ipc::words::count("proposal.payment", content.payment_days.into(), &[]),
            currency: proposal.currency.to_string(),
            lines,
            totals: ProposalTotals {
                document_discount,
                subtotal: quote.subtotal - quote.descuento,
                taxes: quote
                    .taxes
                    .iter()
                    .filter_map(|tax| Some(TaxTotal { label: tax_label(tax.tax).to_owned(), amount: tax.importe? }))
                    .collect(),
                total: quote.total,
            },
            notes: content.notes.clone(),
            draft: proposal.acceptance.is_none() && !proposal.state().awaits_answer(),
            acceptance,
        };
        tokio::task::spawn_blocking(move || paper.render(drawn))
            .await
            .map_err(|_| AppError::new("app.internal", "drawing was interrupted"))?
            .map_err(|error| AppError::new(error.code(), error.to_string()))
    }
}
