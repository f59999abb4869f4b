//! Opening a proposal, and saving what the editor shows.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};
use rust_decimal::Decimal;
use zuc_domain::{
    proposal::{NewProposal, OrderKey, Product, Proposal, ProposalLine, ProposalState, Recurrence, VersionContent},
    shared::{
        Action, Currency, CustomerId, DecimalStyle, DomainEvent, LineId, Money, Object, OpportunityId, Percentage,
        ProductId, ProposalId, RoundingStrategy, TaxKind,
    },
};
use zuc_ipc::{
    Changes,
    proposal::{LineEdit, ProposalEdit, ProposalNew, ProposalSaved},
    words,
};
use zuc_store::Tx;

use super::{id, load, merge::merge, object, view::form};
use crate::{
    AppError, Office,
    undo::{Before, Inverse, Made, RecordWas},
};

/// Days a proposal stays valid unless said otherwise.
const VALID_DAYS: i64 = 15;
/// Days to pay unless said otherwise.
const PAYMENT_DAYS: u16 = 30;

impl Office {
    /// Opens an empty proposal for a customer.
    #[tracing::instrument(skip_all, fields(customer.id = %new.customer_id))]
    pub async fn proposal_create(&self, new: ProposalNew) -> Result<ProposalSaved, AppError> {
        let customer_id: CustomerId = new.customer_id.parse().map_err(|_| AppError::invalid("customer_id"))?;
        let opportunity = new
            .opportunity_id
            .as_deref()
            .map(|text| text.parse::<OpportunityId>().map_err(|_| AppError::invalid("opportunity_id")))
            .transpose()?;
        let mut tx = self.begin().await?;
        let customer = crate::customer::load(&mut tx, customer_id).await?;
        self.allow(Action::EditProposal, Object { scope: customer.scope, owner: Some(customer.owner) })?;
        let title = match new.title.trim() {
            "" => customer.display_name().to_owned(),
            title => title.to_owned(),
        };
        let event = Proposal::create(NewProposal {
            id: ProposalId(tx.fresh_id()),
            scope: customer.scope,
            title,
            lead: customer.lead,
            opportunity,
            customer: customer_id,
            owner: self.actor.person,
            currency: Currency::Mxn,
            content: VersionContent {
                lines: BTreeMap::new(),
                document_discount: Percentage::ZERO,
                valid_until: self.today().saturating_add(VALID_DAYS.days()),
                payment_days: PAYMENT_DAYS,
                terms: String::new(),
                notes: String::new(),
                custom_fx_rate: None,
                rounding: RoundingStrategy::TwoDecimals,
            },
        })?;
        let proposal = Proposal::from_created(&event)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes a proposal"))?;
        tx.repository().record(&proposal, &event).await?;
        let undo = Made::of::<Proposal>(&mut tx, proposal.id).await?;
        tx.commit().await?;
        self.saved(proposal.id, words::say("proposal.opened"), Some(undo)).await
    }

    /// Saves what a person changed in a draft; after it was sent, saving begins a new version. What came since the form
    /// was read stays where the person left it alone.
    ///
    /// # Errors
    /// The codes of amounts and percentages, which name the line; `proposal.too_many_lines`; `app.stale` where somebody
    /// changed the same meanwhile.
    #[tracing::instrument(skip_all, fields(proposal.id = %edit.id))]
    pub async fn proposal_save(&self, mut edit: ProposalEdit) -> Result<ProposalSaved, AppError> {
        let proposal_id = id(&edit.id)?;
        let mut tx = self.begin().await?;
        let mut proposal = load(&mut tx, proposal_id).await?;
        self.allow(Action::EditProposal, object(&proposal))?;
        for line in edit.lines.iter_mut().filter(|line| line.id.trim().is_empty()) {
            line.id = tx.fresh_id().to_string();
        }
        let lines: Vec<String> = edit.lines.iter().map(|line| line.id.clone()).collect();
        let mut merged = false;
        if let Some(base) = edit.base.take() {
            let now = form(&proposal);
            merged = now != *base;
            edit = merge(&base, &edit, &now)?;
        }
        let content = self.content(&mut tx, &proposal, &edit).await?;
        let before = Before::of::<Proposal>(&mut tx, proposal_id).await?;
        let saved = async |was: Option<RecordWas>| {
            let undo = was.map(|was| Inverse::Records { records: vec![was] });
            Ok(ProposalSaved { lines, merged, ..self.saved(proposal_id, "", undo).await? })
        };
        let title = edit.title.trim();
        let renamed = !title.is_empty() && title != proposal.title;
        if renamed {
            title.clone_into(&mut proposal.title);
        }
        if content == proposal.latest().content {
            let mut was = None;
            if renamed {
                tx.repository().save(&proposal).await?;
                was = before.was::<Proposal>(&mut tx).await?;
                tx.commit().await?;
            }
            return saved(was).await;
        }
        let act = tx.act();
        // a version that was begun stays: what it followed is in the customer's hands
        let begins = proposal.state() != ProposalState::Draft;
        let events = proposal.revise(content, Decimal::ONE, "", &act)?;
        for event in &events {
            proposal.apply(event);
        }
        let events: Vec<&dyn DomainEvent> = events.iter().map(|event| event as &dyn DomainEvent).collect();
        tx.repository().record_all(&proposal, &events).await?;
        let was = before.was::<Proposal>(&mut tx).await?.filter(|_| !begins);
        tx.commit().await?;
        saved(was).await
    }

    pub(super) async fn saved(
        &self,
        id: ProposalId,
        done: &str,
        undo: Option<Inverse>,
    ) -> Result<ProposalSaved, AppError> {
        let view = self.proposal_get(id.to_string()).await?;
        let undo = undo.map(|undo| undo.token());
        let changes = self.tell(Changes { proposals: true, undo, done: done.to_owned(), ..Changes::default() });
        Ok(ProposalSaved { view, lines: Vec::new(), merged: false, changes })
    }

    async fn content(&self, tx: &mut Tx, proposal: &Proposal, edit: &ProposalEdit) -> Result<VersionContent, AppError> {
        let before = &proposal.latest().content;
        let valid_until: Date = match edit.valid_until.trim() {
            "" => before.valid_until,
            text => text.parse().map_err(|_| AppError::invalid("valid_until"))?,
        };
        let mut lines = BTreeMap::new();
        let mut last: Option<OrderKey> = None;
        for (index, line) in edit.lines.iter().enumerate() {
            let line = self.line(tx, before, line, last.as_ref()).await.map_err(|error| {
                let field = format!("lines.{index}.{}", error.field.as_deref().unwrap_or_default());
                error.at(field)
            })?;
            last = Some(line.order.clone());
            lines.insert(line.id, line);
        }
        Ok(VersionContent {
            lines,
            document_discount: percentage(&edit.discount_pct).map_err(|error| error.at("discount_pct"))?,
            valid_until,
            payment_days: edit.terms_days.trim().parse().map_err(|_| AppError::invalid("terms_days"))?,
            terms: before.terms.clone(),
            notes: edit.notes.trim().to_owned(),
            custom_fx_rate: before.custom_fx_rate,
            rounding: before.rounding,
        })
    }

    /// One line of the editor; its place among the others stays where it still fits, and what the list asked for it when
    /// it was offered stays as long as product and quantity do: this laptop's catalogue may be an older one.
    async fn line(
        &self,
        tx: &mut Tx,
        before: &VersionContent,
        edit: &LineEdit,
        last: Option<&OrderKey>,
    ) -> Result<ProposalLine, AppError> {
        let known: Option<LineId> = match edit.id.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| AppError::invalid("id"))?),
        };
        let old = known.and_then(|id| before.lines.get(&id));
        let product_id: Option<ProductId> = match edit.product_id.as_deref().filter(|id| !id.is_empty()) {
            Some(text) => Some(text.parse().map_err(|_| AppError::invalid("product_id"))?),
            None => None,
        };
        let quantity = decimal(&edit.quantity).map_err(|error| error.at("quantity"))?;
        let offered = old.filter(|old| product_id.is_some() && old.product == product_id);
        let product = match product_id {
            Some(id) => tx.repository::<Product>().load(id).await?,
            None => None,
        };
        if product_id.is_some() && product.is_none() && offered.is_none() {
            return Err(AppError::not_found("product"));
        }
        let asked = offered.filter(|old| old.quantity == quantity || product.is_none());
        let (list, cost) = match (asked, &product) {
            (Some(old), _) => (Some(old.list_price), old.cost),
            (None, Some(product)) => (Some(product.price_for(quantity).amount()), product.cost.map(Money::amount)),
            (None, None) => (None, None),
        };
        let unit_price = match edit.unit_price.trim() {
            "" => list.ok_or_else(|| AppError::invalid("unit_price"))?,
            text => decimal(text).map_err(|error| error.at("unit_price"))?,
        };
        let order = match old {
            Some(old) if last.is_none_or(|last| old.order > *last) => old.order.clone(),
            _ => OrderKey::between(last, None),
        };
        let from = |text: &str, old: fn(&ProposalLine) -> &String, of: fn(&Product) -> &String| match text.trim() {
            // it was offered without
            "" if offered.is_some_and(|offered| old(offered).is_empty()) => String::new(),
            "" => product.as_ref().map(of).cloned().unwrap_or_default(),
            text => text.to_owned(),
        };
        Ok(ProposalLine {
            id: known.unwrap_or_else(|| LineId(tx.fresh_id())),
            order,
            product: product_id,
            sku: from(&edit.sku, |line| &line.sku, |product| &product.sku),
            description: from(&edit.description, |line| &line.description, |product| &product.description),
            clave_prod_serv: from(
                &edit.clave_prod_serv,
                |line| &line.clave_prod_serv,
                |product| &product.clave_prod_serv,
            ),
            clave_unidad: from(&edit.clave_unidad, |line| &line.clave_unidad, |product| &product.clave_unidad),
            unit: from(&edit.unit, |line| &line.unit, |product| &product.unit),
            quantity,
            unit_price,
            list_price: list.unwrap_or(unit_price),
            cost,
            discount: percentage(&edit.discount_pct).map_err(|error| error.at("discount_pct"))?,
            tax: match edit.tax.as_str() {
                "" => product.as_ref().map_or(TaxKind::Iva16, |product| product.tax),
                name => {
                    TaxKind::ALL.into_iter().find(|tax| tax.name() == name).ok_or_else(|| AppError::invalid("tax"))?
                }
            },
            recurrence: match edit.recurrence.as_str() {
                "" => product.as_ref().map_or(Recurrence::Once, |product| product.recurrence),
                name => name.parse().map_err(|_| AppError::invalid("recurrence"))?,
            },
        })
    }
}

/// An amount as typed.
fn decimal(text: &str) -> Result<Decimal, AppError> {
    let text = text.trim().trim_start_matches('$').trim();
    if text.is_empty() {
        return Err(AppError::new("amount.empty", "an amount is expected"));
    }
    DecimalStyle::detect([text]).parse(text).map_err(|error| AppError::new(error.code(), error.to_string()))
}

/// A percentage as typed; empty is none.
fn percentage(text: &str) -> Result<Percentage, AppError> {
    let text = text.trim().trim_end_matches('%').trim();
    if text.is_empty() {
        return Ok(Percentage::ZERO);
    }
    Percentage::try_new(decimal(text)?).map_err(|error| AppError::new(error.code(), error.to_string()))
}
