//! Read rows of documents that came from elsewhere or are read again: written anew from what each document says.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::lead::Lead;
use zuc_domain::shared::Scope;
use zuc_protocol::item::{Change, DocKind, Fact};

use crate::doc::{Content, Document};
use crate::persons::Ring;
use crate::projections::analytics::Dirty;
use crate::shape::Shape;
use crate::store::scope_number;
use crate::{StoreError, aggregate, conflicts, financial, lead, registry};

/// Leads written at a time: a first exchange brings a hundred thousand of them.
const CHUNK: usize = 500;

/// Bad content of a peer must not stop the log: the row keeps what it last showed.
pub(crate) fn is_bad_content(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::Json(_))
}

/// Documents on their way into the read tables of one transaction. [`Self::finish`] writes what still waits.
pub(crate) struct Reread<'c> {
    pub(crate) conn: &'c mut SqliteConnection,
    pub(crate) ring: &'c mut Ring,
    pub(crate) dirty: &'c mut Dirty,
    leads: Vec<Lead>,
    subjects: Vec<(Uuid, [u8; 16])>,
    contested: conflicts::Known,
}

impl<'c> Reread<'c> {
    pub(crate) fn new(conn: &'c mut SqliteConnection, ring: &'c mut Ring, dirty: &'c mut Dirty) -> Self {
        Self { conn, ring, dirty, leads: Vec::new(), subjects: Vec::new(), contested: conflicts::Known::default() }
    }

    /// Takes a document as it is now.
    pub(crate) async fn document(
        &mut self,
        shape: &Shape,
        scope: Scope,
        id: Uuid,
        document: &mut Document,
    ) -> Result<(), StoreError> {
        let content = document.content();
        self.read(shape, scope, id, content, document).await
    }

    /// As [`Self::document`], which says `content` as it was read.
    pub(crate) async fn read(
        &mut self,
        shape: &Shape,
        scope: Scope,
        id: Uuid,
        content: Result<Content, StoreError>,
        document: &mut Document,
    ) -> Result<(), StoreError> {
        let content = match content {
            Ok(content) => content,
            Err(error) if is_bad_content(&error) => return Ok(()),
            Err(other) => return Err(other),
        };
        let subjects = Shape::person_subjects(id, &content);
        self.subjects.extend(subjects.into_iter().filter(|(subject, key)| !self.ring.knows(*subject, *key)));
        let keys = Shape::person_keys(&content);
        self.ring.load(self.conn, &keys).await?;
        for key in keys {
            if !self.ring.holds(&key) {
                self.wait_for_key(scope, id, key).await?;
            }
        }
        let deleted = document.is_deleted()?;
        let place = conflicts::Place { shape, scope, id };
        let standing = (!deleted).then_some(&content);
        for key in self.contested.note(self.conn, self.ring, place, standing, document).await? {
            self.wait_for_key(scope, id, key).await?;
        }
        if shape.number == DocKind::LEAD && !deleted {
            match aggregate::read::<Lead>(scope, id, &content, self.ring) {
                Ok(lead) if lead.merged_into.is_none() => return self.lead(lead).await,
                // an alias is taken out of the list below
                Ok(_) => {}
                Err(error) if is_bad_content(&error) => return Ok(()),
                Err(other) => return Err(other),
            }
        }
        self.write_leads().await?;
        registry::project(shape, scope, id, &content, deleted, self.ring, self.conn, self.dirty).await
    }

    /// Takes a fact that stands, after the documents before it.
    pub(crate) async fn fact(&mut self, scope: Scope, fact: &Fact) -> Result<(), StoreError> {
        self.write_leads().await?;
        registry::project_fact(scope, fact, self.ring, self.conn, self.dirty).await
    }

    /// Writes what waits.
    pub(crate) async fn finish(&mut self) -> Result<(), StoreError> {
        self.write_leads().await?;
        let subjects = std::mem::take(&mut self.subjects);
        if subjects.is_empty() {
            return Ok(());
        }
        self.ring.learn(self.conn, &subjects).await?;
        // a customer who was forgotten may come after what was issued to them
        financial::block_erased(self.conn).await
    }

    async fn lead(&mut self, lead: Lead) -> Result<(), StoreError> {
        match self.leads.iter_mut().find(|waiting| waiting.id == lead.id) {
            Some(waiting) => *waiting = lead,
            None => self.leads.push(lead),
        }
        if self.leads.len() >= CHUNK { self.write_leads().await } else { Ok(()) }
    }

    async fn write_leads(&mut self) -> Result<(), StoreError> {
        if self.leads.is_empty() {
            return Ok(());
        }
        self.dirty.leads();
        let leads = std::mem::take(&mut self.leads);
        lead::write(self.conn, &leads.iter().collect::<Vec<_>>(), false).await
    }

    async fn wait_for_key(&mut self, scope: Scope, id: Uuid, key: [u8; 16]) -> Result<(), StoreError> {
        let (number, bytes, key) = (scope_number(scope), id.as_bytes().as_slice(), key.as_slice());
        sqlx::query!(
            "INSERT INTO unopened (scope, id, key_id) SELECT ?, ?, ?
             WHERE NOT EXISTS (SELECT 1 FROM person_erased WHERE key_id = ?) ON CONFLICT DO NOTHING",
            number,
            bytes,
            key,
            key,
        )
        .execute(&mut *self.conn)
        .await?;
        Ok(())
    }
}

/// The keys that `documents` name, for one look at the disk.
pub(crate) fn keys_of<'i>(documents: impl Iterator<Item = &'i Change>) -> BTreeSet<[u8; 16]> {
    documents.flat_map(|change| change.person_keys.iter().map(|key| key.0)).collect()
}
