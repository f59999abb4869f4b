//! Forgetting a person.

use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;
use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{Changes, words};
use zuc_protocol::ids::{ControlHash, KeyId};
use zuc_store::keys::random;

use super::receipt::SignedReceipt;
use crate::{AppError, File, Office};

/// How often, and how long apart, it is looked whether the keys are gone here.
const LOOKS: usize = 100;
const LOOK: Duration = Duration::from_millis(50);

/// A person was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// What to reload, and what was done.
    #[serde(flatten)]
    pub changes: Changes,
    /// The receipt.
    pub receipt: SignedReceipt,
    /// The receipt as files, to keep and to hand out.
    #[serde(skip)]
    pub files: Vec<File>,
}

impl Office {
    /// Forgets the person behind a record, a mail or a telephone: their keys are destroyed everywhere, in every record that is
    /// them, and what was clear here is purged.
    ///
    /// # Errors
    /// `relay.unreachable`: the others have to hear of it; `keys.erased`; `store.person_key_missing` while a key is on its way; `privacy.nobody_found`, `privacy.several_found`.
    #[tracing::instrument(skip_all)]
    pub async fn person_erase(&self, who: String) -> Result<Erased, AppError> {
        self.allow(Action::ErasePerson, Object::in_scope(Scope::Admin))?;
        let record = self.person_named(&who).await?;
        let person = self.person_behind(record).await?;
        // of whom not all is read here not all would be forgotten
        self.still_held(&person).await?;
        let control = self.exchange.control();
        let keys: Vec<KeyId> = person.keys.iter().copied().filter(|key| !control.is_erased(*key)).collect();
        if keys.is_empty() {
            return Err(AppError::new("keys.erased", "no key of this person is left"));
        }
        let act = self.destroy(&keys).await?;
        let mut tx = self.begin().await?;
        tx.note("person_erased", record, &act.0).await?;
        tx.commit().await?;
        // what cannot be said to the relay now is said at the next contact, and the receipt says so
        if let Err(error) = self.forget_files().await {
            tracing::warn!(code = error.code, "files of somebody who was forgotten wait to be dropped");
        }
        // the same records, as they stand now
        let left = self.person_behind(record).await?;
        let (receipt, files) = self.receipt_for(record, &left).await?;
        let changes = self.tell(Changes { done: words::say("customer.person_forgotten").to_owned(), ..Changes::all() });
        Ok(Erased { changes, receipt, files })
    }

    /// Signs the act that destroys keys, and waits until it stands and they are gone here; its hash.
    pub(super) async fn destroy(&self, keys: &[KeyId]) -> Result<ControlHash, AppError> {
        let control = self.exchange.control();
        let ring = self.ring_with_bags(&control);
        let bags = self.bags(&control).await?;
        let entropy = self.ports.entropy.clone();
        let step = zuc_sync::membership::erase(&control, &ring, &bags, keys, self.now().as_millisecond(), &mut || {
            random(entropy.as_ref())
        })?;
        let act = step.record.hash();
        self.exchange.author(vec![step]).await?;
        self.exchange.moved_from(control.head()).await;
        self.wait_until_gone(keys).await?;
        Ok(act)
    }

    /// Waits until this device has destroyed keys, for a few seconds at most; a receipt says where it has not.
    async fn wait_until_gone(&self, keys: &[KeyId]) -> Result<(), AppError> {
        for _ in 0..LOOKS {
            let mut held = false;
            for key in keys {
                held |= self.store.holds_key(*key).await?;
            }
            if !held {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}
