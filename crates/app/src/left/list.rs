//! What others left behind, in words.

use jiff::Timestamp;
use serde_json::Value;
use zuc_domain::shared::PersonId;
use zuc_ipc::{
    left::{Left, LeftChange},
    words,
};
use zuc_protocol::{
    Scope,
    control::ControlLog,
    item::DocKind,
    left::{KeptLeft, LeftBehind},
    messages::{ClientFrame, ServerFrame},
};
use zuc_store::{FieldEdit, domain_scope};

use super::judge::{Judged, Piece};
use crate::{
    AppError, Office,
    history::{edit_line, kind_name},
    ports::RelayError,
};

/// One that was fetched and checked, with what is in it or why that cannot be read.
pub(super) struct Fetched {
    pub(super) kept: KeptLeft,
    pub(super) left: Result<LeftBehind, &'static str>,
}

impl Office {
    /// What those who left could not send, in every scope where the person may take it over.
    ///
    /// # Errors
    /// `auth.forbidden` for who neither manages nor administers; `relay.none` and those of a relay that does not answer.
    #[tracing::instrument(skip_all)]
    pub async fn left_list(&self) -> Result<Vec<Left>, AppError> {
        let control = self.exchange.control();
        let me = self.exchange.device_keys().id();
        let rights = control.rights(me).cloned().unwrap_or_default();
        let scopes: Vec<Scope> = control.scopes().filter(|scope| rights.may_take_over(*scope)).collect();
        if scopes.is_empty() {
            return Err(forbidden());
        }
        let mut all = Vec::new();
        for scope in scopes {
            for fetched in self.fetch_left(&control, scope).await? {
                all.push(self.left_row(fetched).await?);
            }
        }
        Ok(all)
    }

    /// What lies at the relay of a scope. What it gives is checked as what a peer says: it is of somebody who left, and signed.
    pub(super) async fn fetch_left(&self, control: &ControlLog, scope: Scope) -> Result<Vec<Fetched>, AppError> {
        let relay = self.exchange.relay()?;
        let (ring, mut after, mut all) = (self.exchange.ring(), None, Vec::new());
        loop {
            let question = ClientFrame::LeftBehind { scope, after };
            let kept = match relay.ask(&self.exchange.credentials(), question).await? {
                ServerFrame::LeftBehind { left: None, .. } => return Ok(all),
                ServerFrame::LeftBehind { scope: of, left: Some(kept) } if of == scope => kept,
                _ => return Err(RelayError::Nonsense.into()),
            };
            // each device once, in order: so it ends
            let author = kept.left.author;
            if kept.left.scope != scope
                || after.is_some_and(|after| author <= after)
                || control.device(author).is_none()
            {
                return Err(RelayError::Nonsense.into());
            }
            after = Some(author);
            let left = match (kept.left.check(control), ring.epoch(kept.left.epoch)) {
                (Err(_), _) => Err("left.forged"),
                (Ok(()), None) => Err("left.no_key"),
                (Ok(()), Some(key)) => kept.left.open(control.company(), key).map_err(|_| "left.forged"),
            };
            all.push(Fetched { kept, left });
        }
    }

    async fn left_row(&self, Fetched { kept, left }: Fetched) -> Result<Left, AppError> {
        let (author, scope) = (kept.left.author, kept.left.scope);
        let row = Left {
            device: author.to_string(),
            scope: scope.to_string(),
            who: self.left_by(author),
            came: Timestamp::from_millisecond(kept.at_ms).map(|at| at.to_string()).unwrap_or_default(),
            ..Left::default()
        };
        let left = match left {
            Ok(left) => left,
            Err(code) => {
                let why = zuc_ipc::sentence(code).unwrap_or_default().to_owned();
                return Ok(Left { code: code.to_owned(), why, ..row });
            }
        };
        let said = self.store.read_left(&left).await?;
        let mut changes = Vec::new();
        for judged in self.judge_left(domain_scope(scope), said).await? {
            changes.push(self.left_change(judged).await?);
        }
        Ok(Left { beyond: u64::from(left.beyond), changes, ..row })
    }

    /// Whose a device was, by name.
    pub(super) fn left_by(&self, device: zuc_protocol::ids::DeviceId) -> String {
        let person = self.exchange.control().device(device).map(|device| PersonId(device.person.to_uuid()));
        let name = person.map(|person| self.exchange.name_of(person)).unwrap_or_default();
        if name.is_empty() { words::say("left.somebody").to_owned() } else { name }
    }

    async fn left_change(&self, Judged { n, at, piece, stand }: Judged) -> Result<LeftChange, AppError> {
        let row = LeftChange {
            n: u32::try_from(n).unwrap_or(u32::MAX),
            at: at.map(|at| at.to_string()).unwrap_or_default(),
            state: stand.name().to_owned(),
            ..LeftChange::default()
        };
        Ok(match piece {
            Piece::Change { record, kind, edits, .. } => LeftChange {
                kind: kind_name(kind).to_owned(),
                record: record.to_string(),
                title: self.title_of(kind, record).await?,
                said: self.left_lines(kind, &edits),
                ..row
            },
            Piece::NewLead { record, edits } => LeftChange {
                kind: kind_name(DocKind::LEAD).to_owned(),
                record: record.to_string(),
                title: called(&edits),
                new: true,
                said: self.left_lines(DocKind::LEAD, &edits),
                ..row
            },
            Piece::Touch(activity) => {
                let record = zuc_store::FactRecord::subject(activity.as_ref());
                LeftChange {
                    kind: activity.kind.name().to_owned(),
                    record: record.to_string(),
                    title: self.title_of(DocKind::LEAD, record).await?,
                    said: vec![activity.text.clone()],
                    ..row
                }
            }
            Piece::Fact { kind, subject } => LeftChange { kind, record: subject.to_string(), ..row },
        })
    }

    /// What a change says, a line a field.
    pub(super) fn left_lines(&self, kind: DocKind, edits: &[FieldEdit]) -> Vec<String> {
        let shown = edits.iter().filter_map(|edit| self.edit_shown(kind, edit, &Value::Null));
        shown.map(|shown| edit_line(&shown)).collect()
    }
}

/// That somebody neither manages nor administers.
pub(super) fn forbidden() -> AppError {
    AppError::new("auth.forbidden", "what was left behind is for whoever manages or administers")
}

/// What a lead that nobody has is called.
fn called(edits: &[FieldEdit]) -> String {
    let of = |field: &str| {
        let edit = edits.iter().find(|edit| edit.field == field);
        edit.and_then(|edit| edit.to.as_ref()).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let company = of("company");
    if company.is_empty() { of("full_name") } else { company }
}
