//! What an aggregate was before: an undo asks, and takes back what came between two of its states.

use uuid::Uuid;

use crate::StoreError;
use crate::aggregate::{Aggregate, Repository, read};
use crate::shape::Shape;
use crate::store::scope_number;

impl<A: Aggregate> Repository<'_, A> {
    /// The aggregate as its document had it at `heads`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the document never was there.
    pub async fn load_at(&mut self, id: A::Id, heads: &[u8]) -> Result<Option<A>, StoreError> {
        let id: Uuid = id.into();
        let Some((scope, _)) = self.tx.hold(A::SHAPE, id).await? else { return Ok(None) };
        let Some(held) = self.tx.docs.get_mut(&(scope_number(scope), id)) else { return Ok(None) };
        let content = held.document.content_at(heads)?;
        self.tx.hold_keys(&Shape::person_keys(&content)).await?;
        read::<A>(scope, id, &content, &self.tx.ring).map(Some)
    }

    /// The heads of its document, as it is written by now; `None` when no document has this id.
    pub async fn heads(&mut self, id: A::Id) -> Result<Option<Vec<u8>>, StoreError> {
        let id: Uuid = id.into();
        let Some((scope, _)) = self.tx.hold(A::SHAPE, id).await? else { return Ok(None) };
        Ok(self.tx.docs.get_mut(&(scope_number(scope), id)).map(|held| held.document.heads()))
    }

    /// Lets the document out of hand once it is written: an act on a hundred thousand of them has no room for all.
    pub fn let_go(&mut self, id: A::Id) {
        let id: Uuid = id.into();
        if let Some(scope) = self.tx.places.remove(&id) {
            self.tx.docs.remove(&(scope, id));
        }
    }
}
