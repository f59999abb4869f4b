//! What is here and does not count, for whoever looks after a home.

use jiff::Timestamp;
use uuid::Uuid;
use zuc_domain::shared::{DeviceId, PersonId, Scope};
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::item::DocKind;

use crate::store::{scope_of, uuid_of};
use crate::{Store, StoreError};

/// What became of something that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A document holds it, and its transitions do not count.
    Ignored,
    /// It was passed over: an item or an event of an entry.
    PassedOver,
    /// An entry was set aside whole, or in part, with its bytes.
    SetAside,
    /// It is this device's own, nobody takes it, and it is kept apart here.
    KeptApart,
    /// All that a device writes in a scope from there on: two of its batches stand under one number.
    Stopped,
    /// A document that another of its id hides, which lies in a scope before it.
    Hidden,
    /// A scope's log: nothing is sealed or stamped until it proves right, or another takes its place.
    Distrusted,
    /// One of two records of membership at one place: nothing is sealed or stamped until the root says which counts.
    Forked,
    /// A record of membership that never counted, as the root has said.
    Left,
    /// A snapshot that is not what the entries make, and that this device had signed.
    Disputed,
    /// What a scope was begun at, and cannot be compared with the entries before it: the relay has dropped them.
    Unproven,
}

impl Fate {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::PassedOver => "passed_over",
            Self::SetAside => "set_aside",
            Self::KeptApart => "kept_apart",
            Self::Stopped => "stopped",
            Self::Hidden => "hidden",
            Self::Distrusted => "distrusted",
            Self::Forked => "forked",
            Self::Left => "left",
            Self::Disputed => "disputed",
            Self::Unproven => "unproven",
        }
    }
}

/// Something that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What became of it.
    pub fate: Fate,
    /// The stable code of why.
    pub code: String,
    /// Where.
    pub scope: Scope,
    /// The record, where it is of one.
    pub record: Option<Uuid>,
    /// What the record is, as `lead` or `activity.logged`; empty where nobody knows.
    pub kind: String,
    /// The device that wrote it; `None` for the relay, and where it is not known.
    pub device: Option<DeviceId>,
    /// Whose device it was, where it was noted.
    pub person: Option<PersonId>,
    /// When it came, where it was noted.
    pub at: Option<Timestamp>,
}

impl Store {
    /// Everything that is here and does not count: what is not trusted first, then what was judged one by one.
    pub async fn findings(&self) -> Result<Vec<Finding>, StoreError> {
        let mut found = self.alarm_findings().await?;
        found.extend(self.dispute_findings().await?);
        found.extend(self.unproven_findings().await?);
        found.extend(self.ignored().await?);
        found.extend(self.set_aside().await?);
        found.extend(self.own_findings().await?);
        found.extend(self.stopped_authors().await?);
        found.extend(self.hidden().await?);
        Ok(found)
    }

    async fn ignored(&self) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT scope AS "scope!: i64", item AS "item!: Vec<u8>", kind AS "kind!", code AS "code!",
                   author AS "author!: Vec<u8>", person AS "person!: Vec<u8>", merged AS "merged!: bool", at AS "at!: i64"
               FROM ignored ORDER BY at, scope, item, hash"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Finding {
                    fate: if row.merged { Fate::Ignored } else { Fate::PassedOver },
                    code: row.code,
                    scope: scope_of(row.scope)?,
                    record: Some(uuid_of("ignored", &row.item)?),
                    kind: row.kind,
                    device: Uuid::from_slice(&row.author).ok().map(DeviceId),
                    person: Uuid::from_slice(&row.person).ok().map(PersonId),
                    at: moment(row.at),
                })
            })
            .collect()
    }

    async fn set_aside(&self) -> Result<Vec<Finding>, StoreError> {
        let rows =
            sqlx::query!("SELECT scope, reason, bytes, at FROM quarantine ORDER BY n").fetch_all(self.reader()).await?;
        rows.into_iter()
            .map(|row| {
                let author = SealedBatch::parse(&row.bytes).ok().map(|batch| DeviceId(batch.header().author.to_uuid()));
                let code = row.reason.split_once(": ").map_or(row.reason.as_str(), |(code, _)| code);
                Ok(Finding {
                    fate: Fate::SetAside,
                    code: code.to_owned(),
                    scope: scope_of(row.scope)?,
                    record: None,
                    kind: String::new(),
                    device: author,
                    person: None,
                    at: moment(row.at),
                })
            })
            .collect()
    }

    async fn own_findings(&self) -> Result<Vec<Finding>, StoreError> {
        let me = self.identity().map(|identity| identity.device);
        let rows = sqlx::query!("SELECT scope, item, doc_kind, code, at FROM refused ORDER BY n")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Finding {
                    fate: Fate::KeptApart,
                    code: row.code,
                    scope: scope_of(row.scope)?,
                    record: Some(uuid_of("refused", &row.item)?),
                    kind: DocKind(u16::try_from(row.doc_kind).unwrap_or(0)).name().unwrap_or_default().to_owned(),
                    device: me,
                    person: None,
                    at: moment(row.at),
                })
            })
            .collect()
    }

    async fn stopped_authors(&self) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!("SELECT scope, author FROM author_cursor WHERE blocked = 1 ORDER BY scope, author")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Finding {
                    fate: Fate::Stopped,
                    code: zuc_sync::legality::Illegal::Split.code().to_owned(),
                    scope: scope_of(row.scope)?,
                    record: None,
                    kind: String::new(),
                    device: Some(DeviceId(uuid_of("author_cursor", &row.author)?)),
                    person: None,
                    at: None,
                })
            })
            .collect()
    }

    async fn hidden(&self) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT scope AS "scope!: i64", id AS "id!: Vec<u8>", kind AS "kind!: i64" FROM doc WHERE hidden = 1
               ORDER BY scope, id"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let kind = DocKind(u16::try_from(row.kind).unwrap_or(0));
                Ok(Finding {
                    fate: Fate::Hidden,
                    code: "store.second_home".to_owned(),
                    scope: scope_of(row.scope)?,
                    record: Some(uuid_of("doc", &row.id)?),
                    kind: kind.name().unwrap_or_default().to_owned(),
                    device: None,
                    person: None,
                    at: None,
                })
            })
            .collect()
    }
}

/// 0 is what nobody noted.
pub(crate) fn moment(millis: i64) -> Option<Timestamp> {
    (millis != 0).then(|| Timestamp::from_millisecond(millis).ok()).flatten()
}
