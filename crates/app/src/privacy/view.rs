//! What the window shows of a person: what is held, who reads it, what stays, what became of an erasure.

use std::path::Path;

use zuc_domain::shared::{Action, Object, Scope, text::fold};
use zuc_ipc::{
    privacy::{PersonErase, PersonErased, PersonErasure, PersonHeld, PersonLine, ReceiptView},
    shared::Query,
    words,
};

use super::{
    copy::{PersonCopy, Status},
    paper::{together, why_it_stays},
    person::Person,
    receipt::Owed,
};
use crate::{AppError, Office};

/// Largest receipt that is read, in bytes: one of a thousand records has a tenth of it.
const MAX_RECEIPT: u64 = 4 << 20;

impl Office {
    /// What is held on the person of a record, or what became of their erasure.
    ///
    /// # Errors
    /// As [`Office::person_copy`].
    pub async fn person_held(&self, id: String) -> Result<PersonHeld, AppError> {
        let copy = Box::pin(self.person_copy(&id)).await?;
        let person = self.person_behind(copy.record).await?;
        let held = copy.status == Status::Held;
        let stays = self.what_stays(&person).await?;
        let erased = match &copy.erased {
            Some(_) => Some(self.erasure_shown(&copy, &person).await?),
            None => None,
        };
        Ok(PersonHeld {
            record: copy.record.to_string(),
            name: if held { person.called() } else { String::new() },
            held,
            lines: if held { counted(&copy) } else { Vec::new() },
            readers: Self::readers_shown(&copy),
            stays: lines(together(stays.iter().map(why_it_stays))),
            not_read: copy.coverage.not_read.iter().map(|scope| team(scope).to_owned()).collect(),
            may: self.may(Action::ErasePerson, Object::in_scope(Scope::Admin)),
            opposed_at: person.opposed().map(|since| since.to_string()).unwrap_or_default(),
            erased,
        })
    }

    /// Forgets the person of a record, whose name was typed; what is left of them.
    ///
    /// # Errors
    /// `privacy.name_mismatch` where another name was typed; as [`Office::person_erase`].
    #[tracing::instrument(skip_all)]
    pub async fn person_erase_named(&self, erase: PersonErase) -> Result<PersonErased, AppError> {
        self.allow(Action::ErasePerson, Object::in_scope(Scope::Admin))?;
        let record = self.person_named(&erase.id).await?;
        let called = self.person_behind(record).await?.called();
        if called.is_empty() || fold(erase.typed.trim()) != fold(called.trim()) {
            return Err(AppError::new("privacy.name_mismatch", "another name was typed").at("typed"));
        }
        let erased = Box::pin(self.person_erase(record.to_string())).await?;
        Ok(PersonErased { view: self.person_held(record.to_string()).await?, changes: erased.changes })
    }

    /// Reads a receipt's file and checks it.
    ///
    /// # Errors
    /// `privacy.receipt_unreadable`, also for a file that cannot be read; as [`Office::receipt_check`].
    pub async fn receipt_look(&self, file: Query) -> Result<ReceiptView, AppError> {
        let unreadable = |why: String| AppError::new("privacy.receipt_unreadable", why);
        let path = Path::new(&file.text);
        let about = tokio::fs::metadata(path).await.map_err(|error| unreadable(error.kind().to_string()))?;
        if about.len() > MAX_RECEIPT {
            return Err(unreadable("too large".to_owned()));
        }
        let bytes = tokio::fs::read(path).await.map_err(|error| unreadable(error.kind().to_string()))?;
        let checked = self.receipt_check(&bytes)?;
        let receipt = checked.receipt;
        Ok(ReceiptView {
            by: checked.by,
            company: receipt.company_name,
            at: receipt.act.at.to_string(),
            issued_at: receipt.issued_at.to_string(),
            keys: count(receipt.destroyed.keys.len()),
            confirmed: count(receipt.devices.confirmed.len()),
            waiting: count(receipt.devices.waiting.len()),
        })
    }

    async fn erasure_shown(&self, copy: &PersonCopy, person: &Person) -> Result<PersonErasure, AppError> {
        let receipt = self.receipt_of(copy.record, person).await?;
        Ok(PersonErasure {
            at: receipt.act.at.to_string(),
            keys: count(receipt.destroyed.keys.len()),
            here: receipt.devices.here,
            confirmed: self.members_of(&receipt.devices.confirmed),
            waiting: self.members_of(&receipt.devices.waiting),
            removed: self.members_of(&receipt.devices.removed),
            cleared: receipt.cleared.iter().map(|scope| team(scope).to_owned()).collect(),
            owed: lines(receipt.owed.iter().map(|owed| self.who_owes(owed))),
        })
    }

    /// A group of data, and who has still to do their part of an erasure in it.
    pub(super) fn who_owes(&self, owed: &Owed) -> (String, String) {
        let roles: Vec<&str> = owed.roles.iter().map(|role| role_label(role)).collect();
        let roles = roles.join(", ");
        let mut names = self.members_of(&owed.devices);
        names.dedup();
        let text = if names.is_empty() {
            words::fill("privacy.owed_by_nobody", &[("roles", &roles)])
        } else {
            words::fill("privacy.owed_by", &[("roles", &roles), ("names", &names.join(", "))])
        };
        (team(&owed.scope).to_owned(), text)
    }

    fn readers_shown(copy: &PersonCopy) -> Vec<PersonLine> {
        let line = |readers: &super::copy::Readers| {
            let somebody = || words::say("privacy.somebody").to_owned();
            let mut names: Vec<String> = readers
                .devices
                .iter()
                .map(|reader| if reader.by.name.is_empty() { somebody() } else { reader.by.name.clone() })
                .collect();
            names.sort();
            names.dedup();
            PersonLine { what: team(&readers.scope).to_owned(), text: names.join(", ") }
        };
        copy.readers.iter().map(line).collect()
    }
}

/// What there is of each kind; nothing of a kind of which there is none.
fn counted(copy: &PersonCopy) -> Vec<PersonLine> {
    let kinds = [
        (words::say("privacy.held.records"), copy.records.len()),
        (words::say("privacy.part.activities"), copy.activities.len()),
        (words::say("privacy.part.scores"), copy.scores.len()),
        (words::say("privacy.part.deals"), copy.deals.len()),
        (words::say("privacy.part.proposals"), copy.proposals.len()),
        (words::say("privacy.part.contracts"), copy.contracts.len()),
        (words::say("privacy.part.invoices"), copy.invoices.len()),
        (words::say("privacy.part.held"), copy.held_rows.len()),
        (words::say("privacy.held.events"), copy.events.len()),
        (words::say("privacy.held.history"), copy.history.len()),
    ];
    lines(kinds.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| (what.to_owned(), count.to_string())))
}

fn lines(rows: impl IntoIterator<Item = (String, String)>) -> Vec<PersonLine> {
    rows.into_iter().map(|(what, text)| PersonLine { what, text }).collect()
}

/// A role by what people call it.
fn role_label(role: &str) -> &str {
    match role {
        "ventas" => words::say("privacy.role.ventas"),
        "gerencia" => words::say("privacy.role.gerencia"),
        "finanzas" => words::say("privacy.role.finanzas"),
        "administracion" => words::say("privacy.role.administracion"),
        _ => role,
    }
}

/// A group of data by what people call it.
pub(super) fn team(scope: &str) -> &str {
    match scope.split('.').next().unwrap_or_default() {
        "sales" => words::say("privacy.team.sales"),
        "catalog" => words::say("privacy.team.catalog"),
        "finance" => words::say("privacy.team.finance"),
        "fiscal" => words::say("privacy.team.fiscal"),
        "analytics" => words::say("privacy.team.analytics"),
        "admin" => words::say("privacy.team.admin"),
        _ => scope,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
