//! A copy of all that is held on a person, for them: one file for programs, one to read.

use serde_json::to_vec_pretty;
use sha2::{Digest as _, Sha256};
use zuc_domain::shared::{Action, Object, Scope};
use zuc_store::StoreError;

use super::{
    copy::{Company, Coverage, Erasure, FORMAT, PersonCopy, Status, VERSION},
    person::Person,
};
use crate::{AppError, File, Office};

impl Office {
    /// Everything that this device holds on the person of a record, a mail or a telephone.
    ///
    /// # Errors
    /// `privacy.nobody_found`, `privacy.several_found`; `store.person_key_missing` while the key of one of their records is
    /// on the way.
    #[tracing::instrument(skip_all)]
    pub async fn person_copy(&self, who: &str) -> Result<PersonCopy, AppError> {
        self.allow(Action::ExportPerson, Object::in_scope(Scope::Admin))?;
        let record = self.person_named(who).await?;
        let person = self.person_behind(record).await?;
        let held = self.still_held(&person).await?;
        let profile = self.profile().await?;
        let mut copy = PersonCopy {
            format: FORMAT.to_owned(),
            version: VERSION,
            made_at: self.now(),
            company: Company {
                id: self.company_id(),
                legal_name: profile.legal_name,
                rfc: profile.rfc.as_str().to_owned(),
            },
            made_by: self.member_at(Some(self.actor.device)),
            record,
            status: if held { Status::Held } else { Status::Erased },
            erased: self.erasure_of(&person)?,
            coverage: self.coverage(),
            records: Self::records_of(&person, held),
            consents: Vec::new(),
            scores: Vec::new(),
            activities: Vec::new(),
            files: Vec::new(),
            deals: Vec::new(),
            proposals: Vec::new(),
            contracts: Vec::new(),
            invoices: Vec::new(),
            held_rows: Vec::new(),
            events: Vec::new(),
            history: Vec::new(),
            readers: self.readers_of(&person),
            kept_by_law: self.kept_by_law(&person).await?,
        };
        if held {
            self.gather(&person, &mut copy).await?;
        }
        Ok(copy)
    }

    /// The same as two files, `.json` and `.pdf`, and those that hang on the person's records; that they were made is noted in
    /// the audit record.
    ///
    /// # Errors
    /// As [`Office::person_copy`]; `lock.ask`; the codes of papers; `attachment.altered`.
    pub async fn person_export(&self, who: String) -> Result<Vec<File>, AppError> {
        self.allow(Action::ExportPerson, Object::in_scope(Scope::Admin))?;
        self.ask_again()?;
        let copy = self.person_copy(&who).await?;
        let json = to_vec_pretty(&copy)?;
        let pdf = self.paper_of_copy(&copy).await?;
        let mut tx = self.begin().await?;
        tx.note("person_exported", copy.record, &Sha256::digest(&json)).await?;
        tx.commit().await?;
        let name = format!("persona-{}", &copy.record.simple().to_string()[24..]);
        let mut files =
            vec![File { name: format!("{name}.json"), bytes: json }, File { name: format!("{name}.pdf"), bytes: pdf }];
        for held in copy.files.iter().filter(|held| !held.file.is_empty()) {
            let bytes = self.bytes_of(held.id).await?;
            files.push(File { name: held.file.clone(), bytes });
        }
        Ok(files)
    }

    /// Whether any key of the person is here.
    ///
    /// # Errors
    /// `store.person_key_missing` where one is neither here nor erased: the copy would lack something.
    pub(super) async fn still_held(&self, person: &Person) -> Result<bool, AppError> {
        let control = self.exchange.control();
        let mut held = false;
        for key in &person.keys {
            if self.store.holds_key(*key).await? {
                held = true;
            } else if !control.is_erased(*key) {
                return Err(StoreError::PersonKeyMissing.into());
            }
        }
        Ok(held)
    }

    /// The last erasure that destroyed a key of theirs.
    fn erasure_of(&self, person: &Person) -> Result<Option<Erasure>, AppError> {
        let control = self.exchange.control();
        let last = person.keys.iter().filter_map(|key| control.erased_at(*key)).max();
        let Some(act) = last else { return Ok(None) };
        let Some(record) = control.records_from(act).first() else { return Ok(None) };
        let at = jiff::Timestamp::from_millisecond(record.decode()?.time_ms).unwrap_or_default();
        Ok(Some(Erasure { at, act }))
    }

    /// Groups of data that are open here, and those that are not.
    pub(super) fn coverage(&self) -> Coverage {
        let control = self.exchange.control();
        let me = self.exchange.device_keys().id();
        let scopes = control.scopes().collect::<Vec<_>>();
        let (read, shut): (Vec<_>, Vec<_>) = scopes.into_iter().partition(|scope| control.may_read(me, *scope));
        let names = |scopes: Vec<zuc_protocol::Scope>| {
            scopes.into_iter().map(|scope| zuc_store::domain_scope(scope).to_string()).collect()
        };
        Coverage { read: names(read), not_read: names(shut) }
    }
}
