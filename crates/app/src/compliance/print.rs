//! The document and its paper, as they are handed on.

use zuc_cfdi::xml;
use zuc_documents::{InvoicePdf, invoice::SatState, proposal::CompanyHead};
use zuc_domain::{
    financial::Invoice,
    shared::{Action, Object, Scope},
};

use super::{
    build::{Place, document},
    documents::{StampedDocument, xml_of},
};
use crate::{AppError, File, Office, financial};

impl Office {
    /// The stamped XML, byte for byte.
    ///
    /// # Errors
    /// `invoice.not_stamped` before it was; `invoice.blocked` where nobody has said why they read it; `invoice.ended`.
    pub async fn invoice_xml(&self, invoice: String) -> Result<File, AppError> {
        let stamped = self.stamped(&invoice).await?;
        let stamped =
            stamped.ok_or_else(|| AppError::new("invoice.not_stamped", "there is no stamped document yet"))?;
        let xml = xml_of(stamped.xml, self.has_ended(stamped.invoice).await?)?;
        Ok(File { name: format!("{}.xml", stamped.uuid.to_uppercase()), bytes: xml.into_bytes() })
    }

    /// The printed representation; before the stamp a draft that says so across the page.
    pub async fn invoice_pdf(&self, invoice: String) -> Result<File, AppError> {
        self.allow(Action::ReadCfdi, Object::in_scope(Scope::Fiscal))?;
        let profile = self.profile().await?;
        let (name, document) = if let Some(stamped) = self.stamped(&invoice).await? {
            let document = xml_of(stamped.xml, self.has_ended(stamped.invoice).await?)?;
            (stamped.uuid.to_uppercase(), xml::read(document.as_bytes())?)
        } else {
            let id = financial::id(&invoice)?;
            let draft = self.store.read::<Invoice>(id).await?.ok_or_else(|| AppError::not_found("invoice"))?;
            let fecha = self.now().to_zoned_datetime(self.zone.clone()).datetime();
            let folio = draft.issuance.as_ref().map_or(0, |issued| issued.folio);
            let place = Place { profile: &profile, serie: "", folio, fecha };
            (draft.label(), document(&draft, &place)?)
        };
        let now = self.now();
        let letterhead = CompanyHead { name: profile.legal_name, ..CompanyHead::default() };
        let bytes = tokio::task::spawn_blocking(move || {
            InvoicePdf::from_cfdi(&document, SatState::Valid, letterhead, &|_, _| None).render(now)
        })
        .await
        .map_err(|_| AppError::new("app.internal", "drawing was interrupted"))?
        .map_err(|error| AppError::new(error.code(), error.to_string()))?;
        Ok(File { name: format!("{name}.pdf"), bytes })
    }

    async fn stamped(&self, invoice: &str) -> Result<Option<StampedDocument>, AppError> {
        self.allow(Action::ReadCfdi, Object::in_scope(Scope::Fiscal))?;
        self.may_open_id(financial::id(invoice)?).await?;
        Ok(self.store.facts::<StampedDocument>(financial::id(invoice)?.uuid()).await?.pop())
    }
}
