//! What is held on a person, and what became of it, on paper.

use serde_json::Value;
use zuc_documents::{SheetPart, SheetPdf, numbers};
use zuc_domain::shared::{ConsentBasis, SignedMoney};
use zuc_ipc::words;
use zuc_protocol::item::DocKind;

use super::{
    copy::{Kept, PersonCopy, Record, Status},
    receipt::{Receipt, Stays},
    view::team,
};
use crate::{
    AppError, Office,
    customer::stage_label,
    history::{label, state},
    lead::reason,
};

/// Lines of a part, as they gather.
type Rows = Vec<(String, String)>;

impl Office {
    /// The copy as somebody reads it: who they are here, what was said, who reads it. What only programs read, the file beside
    /// it has.
    pub(super) async fn paper_of_copy(&self, copy: &PersonCopy) -> Result<Vec<u8>, AppError> {
        let mut parts = Vec::new();
        for record in &copy.records {
            let head = match record.kind.as_str() {
                "lead" => words::say("privacy.part.lead").to_owned(),
                "contact" => {
                    let at = record.at.as_ref().map(|at| at.name.as_str()).unwrap_or_default();
                    words::fill("privacy.part.contact", &[("customer", &at)])
                }
                _ => words::say("privacy.part.customer").to_owned(),
            };
            parts.push(SheetPart { head, rows: self.fields(record) });
        }
        parts.extend(self.parts_of_what_was_done(copy));
        parts.push(SheetPart { head: words::say("privacy.part.kept").to_owned(), rows: kept(&copy.kept_by_law) });
        parts.push(SheetPart { head: words::say("privacy.part.readers").to_owned(), rows: Self::readers(copy) });
        if !copy.coverage.not_read.is_empty() {
            let rows = vec![(String::new(), copy.coverage.not_read.join(", "))];
            parts.push(SheetPart { head: words::say("privacy.part.not_read").to_owned(), rows });
        }
        parts.retain(|part| !part.rows.is_empty());
        let opening = match copy.status {
            Status::Held => words::fill("privacy.opening_held", &[("company", &copy.company.legal_name)]),
            Status::Erased => {
                let on = copy.erased.as_ref().map(|erased| self.day(erased.at)).unwrap_or_default();
                words::fill("privacy.opening_erased", &[("company", &copy.company.legal_name), ("day", &on)])
            }
        };
        self.drawn(words::say("privacy.title_copy"), &copy.company.legal_name, opening, parts, copy.made_at).await
    }

    /// The receipt of an erasure as somebody reads it.
    pub(super) async fn paper_of_receipt(&self, receipt: &Receipt) -> Result<Vec<u8>, AppError> {
        let gone = &receipt.destroyed;
        let mut destroyed: Rows = vec![(words::say("privacy.keys").to_owned(), gone.keys.len().to_string())];
        for record in &gone.records {
            let kind = named(&record.kind).to_owned();
            let fields: Vec<&str> = record.fields.iter().map(|field| field_label(field).unwrap_or(field)).collect();
            destroyed.push((kind, fields.join(", ")));
        }
        destroyed.push((words::say("privacy.signatures").to_owned(), gone.facts.to_string()));
        destroyed.push((words::say("privacy.events").to_owned(), gone.events.to_string()));
        if let Some(files) = receipt.files {
            destroyed.push((words::say("privacy.files_dropped").to_owned(), files.dropped.to_string()));
            destroyed.push((words::say("privacy.files_waiting").to_owned(), files.waiting.to_string()));
        }
        let stays = together(receipt.stays.iter().map(why_it_stays));
        let devices = &receipt.devices;
        let confirmed = devices.confirmed.len() + usize::from(devices.here);
        let mut told: Rows = vec![
            (words::say("privacy.confirmed").to_owned(), confirmed.to_string()),
            (words::say("privacy.waiting").to_owned(), self.members_of(&devices.waiting).join(", ")),
        ];
        if !devices.removed.is_empty() {
            told.push((words::say("privacy.removed").to_owned(), self.members_of(&devices.removed).join(", ")));
        }
        let cleared: Vec<&str> = receipt.cleared.iter().map(|scope| team(scope)).collect();
        let mut places: Rows = vec![(words::say("privacy.cleared").to_owned(), cleared.join(", "))];
        places.extend(receipt.owed.iter().map(|owed| self.who_owes(owed)));
        let signed: Rows = vec![
            (words::say("privacy.record").to_owned(), receipt.record.to_string()),
            (words::say("privacy.act").to_owned(), format!("{} · {}", receipt.act.seq, receipt.act.hash)),
        ];
        let mut parts = vec![
            SheetPart { head: words::say("privacy.part.destroyed").to_owned(), rows: destroyed },
            SheetPart { head: words::say("privacy.part.stays").to_owned(), rows: stays },
            SheetPart { head: words::say("privacy.part.devices").to_owned(), rows: told },
            SheetPart { head: words::say("privacy.part.places").to_owned(), rows: places },
            SheetPart { head: words::say("privacy.part.proof").to_owned(), rows: signed },
        ];
        if !receipt.not_read.is_empty() {
            let rows = vec![(String::new(), receipt.not_read.join(", "))];
            parts.push(SheetPart { head: words::say("privacy.part.not_read").to_owned(), rows });
        }
        parts.retain(|part| !part.rows.is_empty());
        let opening = words::fill(
            "privacy.opening_receipt",
            &[("company", &receipt.company_name), ("day", &self.day(receipt.act.at))],
        );
        self.drawn(words::say("privacy.title_receipt"), &receipt.company_name, opening, parts, receipt.issued_at).await
    }

    async fn drawn(
        &self,
        title: &str,
        company: &str,
        opening: String,
        parts: Vec<SheetPart>,
        at: jiff::Timestamp,
    ) -> Result<Vec<u8>, AppError> {
        let date = at.to_zoned_datetime(self.zone.clone()).date();
        let sheet = SheetPdf { company: company.to_owned(), title: title.to_owned(), date, opening, parts };
        tokio::task::spawn_blocking(move || sheet.render(at))
            .await
            .map_err(|_| AppError::new("app.internal", "drawing was interrupted"))?
            .map_err(|error| AppError::new(error.code(), error.to_string()))
    }

    /// The fields of a record that say something to people.
    fn fields(&self, record: &Record) -> Rows {
        let (kind, contact) = match record.kind.as_str() {
            "lead" => (DocKind::LEAD, false),
            other => (DocKind::CUSTOMER, other == "contact"),
        };
        let mut rows = Rows::new();
        for (field, value) in record.data.as_object().into_iter().flatten() {
            let label = if contact { field_label(field) } else { label(kind, field).or_else(|| field_label(field)) };
            // changes of state are told among what was done
            let text = if field == "transitions" || field == "consent" {
                String::new()
            } else {
                self.shown(kind, field, Some(value))
            };
            if let Some(label) = label.filter(|_| !text.is_empty()) {
                rows.push((label.to_owned(), text));
            }
        }
        rows
    }

    fn parts_of_what_was_done(&self, copy: &PersonCopy) -> Vec<SheetPart> {
        let consents = copy.consents.iter().map(|ground| {
            let text = |field: &str| ground.consent.get(field).and_then(Value::as_str).unwrap_or_default();
            let since = text("at").parse().map(|at| self.day(at)).unwrap_or_default();
            let basis = match text("basis").parse() {
                Ok(ConsentBasis::Consent) => words::say("privacy.basis.consent"),
                Ok(ConsentBasis::Request) => words::say("privacy.basis.request"),
                Ok(ConsentBasis::Business) => words::say("privacy.basis.business"),
                Err(_) => text("basis"),
            };
            (since, basis.to_owned())
        });
        let scores = copy.scores.iter().map(|score| {
            let reasons =
                score.score.factors.iter().map(|factor| format!("{:+} {}", factor.points, reason(&factor.code)));
            let reasons: Vec<String> = reasons.collect();
            (format!("{} {}", score.score.score, score.band), reasons.join("; "))
        });
        let activities = copy.activities.iter().map(|activity| {
            let text = |field: &str| activity.data.get(field).and_then(Value::as_str).unwrap_or_default();
            let at = text("at").parse().map(|at| self.day(at)).unwrap_or_default();
            (at, format!("{} ({}, {})", text("text"), channel(text("kind")), activity.by))
        });
        let files = copy.files.iter().map(|file| {
            let name = if file.file.is_empty() { file.name.clone() } else { file.file.clone() };
            (self.day(file.at), format!("{name} ({})", file.by))
        });
        let deals = copy.deals.iter().map(|deal| {
            let stage = match deal.stage.parse() {
                Ok(stage) => stage_label(stage),
                Err(_) => deal.stage.as_str(),
            };
            (deal.name.clone(), format!("{stage}, {}, {}", money(deal.amount), deal.owner))
        });
        let proposals = copy.proposals.iter().map(|proposal| {
            let mut text =
                format!("{}, {}, {}", proposal.title, state(DocKind::PROPOSAL, &proposal.state), money(proposal.total));
            let part =
                |pointer: &str| proposal.signature.as_ref()?.pointer(pointer)?.as_str().filter(|text| !text.is_empty());
            if let Some(name) = part("/signer/name") {
                let on = part("/signed_at").and_then(|at| at.parse().ok()).map(|at| self.day(at)).unwrap_or_default();
                let more: Vec<&str> = [part("/signer/role"), part("/signer/email")].into_iter().flatten().collect();
                text.push_str("; ");
                text.push_str(&words::fill(
                    "privacy.signed",
                    &[("name", &name), ("day", &on), ("more", &more.join(", "))],
                ));
            }
            (proposal.number.clone(), text)
        });
        let contracts = copy.contracts.iter().map(|contract| {
            let text = format!("{}, {}", state(DocKind::CONTRACT, &contract.state), money(contract.value));
            (format!("{} – {}", day(&contract.starts_on), day(&contract.ends_on)), text)
        });
        let invoices = copy.invoices.iter().map(|invoice| {
            let named = |field: &str| invoice.receptor.get(field).and_then(Value::as_str).unwrap_or_default();
            let text =
                format!("{}, {}, {} {}", day(&invoice.on), money(invoice.total), named("legal_name"), named("rfc"));
            (invoice.label.clone(), format!("{text} {}", invoice.uuid))
        });
        let waiting = copy.held_rows.iter().map(|row| {
            let named = |field: &str| row.data.pointer(field).and_then(Value::as_str).unwrap_or_default();
            (row.row.to_string(), format!("{} {}", named("/draft/name"), named("/draft/company")))
        });
        let counted =
            [(words::say("privacy.changes"), copy.history.len()), (words::say("privacy.events"), copy.events.len())];
        let counted = counted.into_iter().filter(|(_, count)| *count > 0);
        [
            (words::say("privacy.part.consents"), consents.collect()),
            (words::say("privacy.part.scores"), scores.collect()),
            (words::say("privacy.part.activities"), activities.collect()),
            (words::say("privacy.part.files"), files.collect()),
            (words::say("privacy.part.deals"), deals.collect()),
            (words::say("privacy.part.proposals"), proposals.collect()),
            (words::say("privacy.part.contracts"), contracts.collect()),
            (words::say("privacy.part.invoices"), invoices.collect()),
            (words::say("privacy.part.held"), waiting.collect()),
            (
                words::say("privacy.part.counted"),
                counted.map(|(label, count)| (label.to_owned(), count.to_string())).collect::<Rows>(),
            ),
        ]
        .into_iter()
        .map(|(head, rows): (&str, Rows)| SheetPart { head: head.to_owned(), rows })
        .collect()
    }

    fn readers(copy: &PersonCopy) -> Rows {
        let readers = copy.readers.iter().map(|readers| {
            let named = |reader: &super::copy::Reader| format!("{} ({})", reader.by.name, reader.roles.join(", "));
            (readers.scope.clone(), readers.devices.iter().map(named).collect::<Vec<_>>().join("; "))
        });
        readers.collect()
    }

    /// Who sits at each of these devices; a device that nobody saw by its id.
    pub(super) fn members_of(&self, devices: &[uuid::Uuid]) -> Vec<String> {
        let named = |device: &uuid::Uuid| {
            let by = self.member_at(Some(zuc_domain::shared::DeviceId(*device)));
            if by.name.is_empty() { by.device } else { by.name }
        };
        devices.iter().map(named).collect()
    }

    /// The company's calendar day of an instant, as people write it.
    fn day(&self, at: jiff::Timestamp) -> String {
        numbers::date(at.to_zoned_datetime(self.zone.clone()).date())
    }
}

fn kept(kept: &[Kept]) -> Rows {
    let until =
        |kept: &Kept| words::fill("privacy.kept_until", &[("day", &numbers::date(kept.until)), ("law", &kept.basis)]);
    kept.iter().map(|kept| (kept.label.clone(), until(kept))).collect()
}

/// The same rows together, with how many there are.
pub(super) fn together(rows: impl Iterator<Item = (String, String)>) -> Rows {
    let mut found: Vec<((String, String), usize)> = Vec::new();
    for row in rows {
        match found.iter_mut().find(|(known, _)| *known == row) {
            Some((_, count)) => *count += 1,
            None => found.push((row, 1)),
        }
    }
    let shown = |((label, text), count)| if count == 1 { (label, text) } else { (format!("{label} ({count})"), text) };
    found.into_iter().map(shown).collect()
}

/// What stays of somebody who was forgotten, and why.
pub(super) fn why_it_stays(stays: &Stays) -> (String, String) {
    let why = match (stays.why.as_str(), stays.until) {
        ("law", Some(until)) => {
            words::fill("privacy.blocked_until", &[("day", &numbers::date(until)), ("law", &stays.basis)])
        }
        ("held", Some(until)) => {
            words::fill("privacy.held_until", &[("day", &numbers::date(until)), ("law", &stays.basis)])
        }
        ("ended", _) => words::say("privacy.why.ended").to_owned(),
        ("company", _) => words::say("privacy.why.company").to_owned(),
        ("free_text", _) => words::say("privacy.why.free_text").to_owned(),
        ("not_issued", _) => words::say("privacy.why.not_issued").to_owned(),
        _ => words::say("privacy.why.nameless").to_owned(),
    };
    (format!("{} {}", named(&stays.kind), stays.label).trim_end().to_owned(), why)
}

/// A kind of record in Spanish.
fn named(kind: &str) -> &'static str {
    match kind {
        "lead" => words::say("privacy.kind.lead"),
        "customer" => words::say("privacy.kind.customer"),
        "proposal" => words::say("privacy.kind.proposal"),
        "invoice" => words::say("privacy.kind.invoice"),
        "activity" => words::say("privacy.kind.activity"),
        _ => words::say("privacy.kind.other"),
    }
}

/// A field that identifies a person, whatever it stands in.
fn field_label(field: &str) -> Option<&'static str> {
    let name = field.rsplit('/').next().unwrap_or(field);
    Some(match name {
        "name" => words::say("field.full_name"),
        "role" => words::say("privacy.role"),
        "other_emails" => words::say("privacy.other_emails"),
        "other_phones" => words::say("privacy.other_phones"),
        "signer" => words::say("field.signature"),
        other => label(DocKind::LEAD, other).or_else(|| label(DocKind::CUSTOMER, other))?,
    })
}

fn channel(kind: &str) -> &str {
    match kind {
        "call" => words::say("privacy.channel.call"),
        "mail" => words::say("privacy.channel.mail"),
        "meeting" => words::say("privacy.channel.meeting"),
        "note" => words::say("privacy.channel.note"),
        other => other,
    }
}

fn money(amount: SignedMoney) -> String {
    let shown = crate::money::signed(amount);
    format!("{} {}", numbers::figure(amount.amount(), amount.currency().decimals()), shown.currency)
}

fn day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), numbers::date)
}
