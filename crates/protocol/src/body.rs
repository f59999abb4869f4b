//! What a batch holds, as bytes.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::chunk;
use crate::codec::{self, MAX_BODY, MAX_ITEMS};
use crate::envelope::{BatchBody, BatchHeader, BatchKind, SeenTip};
use crate::error::ProtocolError;
use crate::identity::DevicePublic;
use crate::ids::{ActorId, ItemId, KeyId};
use crate::item::{Change, DocKind, Fact, Item, Part};

#[derive(Serialize, Deserialize)]
enum WireItems {
    Changes(Vec<WireChange>),
    Facts(Vec<Fact>),
}

#[derive(Serialize, Deserialize)]
struct WireBody {
    seen: SeenTip,
    items: WireItems,
}

/// A change as the body writes it, with the chunk squeezed (see [`chunk`]).
#[derive(Serialize, Deserialize)]
struct WireChange {
    doc: ItemId,
    kind: DocKind,
    chunk: Blob,
    extras: Option<WireExtras>,
}

/// What most changes do not have.
#[derive(Serialize, Deserialize)]
struct WireExtras {
    person_keys: Vec<KeyId>,
    events: Vec<String>,
    part: Option<Part>,
}

impl BatchBody {
    /// As it is before it is compressed and sealed.
    ///
    /// # Errors
    /// [`ProtocolError::Inconsistent`] when it has no item or one that is not of the header's kind,
    /// [`ProtocolError::ForeignActor`], [`ProtocolError::TooLarge`].
    pub fn to_bytes(&self, header: &BatchHeader, author: &DevicePublic) -> Result<Vec<u8>, ProtocolError> {
        if self.items.is_empty() {
            return Err(ProtocolError::Inconsistent);
        }
        if self.items.len() > MAX_ITEMS {
            return Err(ProtocolError::TooLarge { max: MAX_ITEMS });
        }
        let actor = author.actor(header.incarnation);
        let mut earlier = chunk::Earlier::default();
        let items = match header.kind {
            BatchKind::Change => WireItems::Changes(
                self.items
                    .iter()
                    .map(|item| match item {
                        Item::Change(change) => write_change(change, &actor, &mut earlier),
                        Item::Fact(_) => Err(ProtocolError::Inconsistent),
                    })
                    .collect::<Result<_, _>>()?,
            ),
            BatchKind::Fact => WireItems::Facts(
                self.items
                    .iter()
                    .map(|item| match item {
                        Item::Fact(fact) => Ok(fact.clone()),
                        Item::Change(_) => Err(ProtocolError::Inconsistent),
                    })
                    .collect::<Result<_, _>>()?,
            ),
        };
        codec::encode(&WireBody { seen: self.seen, items }, MAX_BODY)
    }

    /// Undoes [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::Inconsistent`], [`ProtocolError::TooLarge`].
    pub fn from_bytes(header: &BatchHeader, bytes: &[u8], author: &DevicePublic) -> Result<Self, ProtocolError> {
        let body: WireBody = codec::decode(bytes, MAX_BODY)?;
        let count = match &body.items {
            WireItems::Changes(changes) => changes.len(),
            WireItems::Facts(facts) => facts.len(),
        };
        if count == 0 || count > MAX_ITEMS {
            return Err(ProtocolError::Inconsistent);
        }
        let actor = author.actor(header.incarnation);
        let mut earlier = chunk::Earlier::default();
        let items: Vec<_> = match (header.kind, body.items) {
            (BatchKind::Change, WireItems::Changes(changes)) => {
                changes.into_iter().map(|change| read_change(change, &actor, &mut earlier)).collect::<Result<_, _>>()?
            }
            (BatchKind::Fact, WireItems::Facts(facts)) => facts.into_iter().map(Item::Fact).collect(),
            _ => return Err(ProtocolError::Inconsistent),
        };
        Ok(Self { seen: body.seen, items })
    }
}

fn write_change(change: &Change, actor: &ActorId, earlier: &mut chunk::Earlier) -> Result<WireChange, ProtocolError> {
    let plain = change.person_keys.is_empty() && change.events.is_empty() && change.part.is_none();
    Ok(WireChange {
        doc: change.doc,
        kind: change.kind,
        chunk: Blob(chunk::squeeze(&change.chunk, actor, earlier)?),
        extras: (!plain).then(|| WireExtras {
            person_keys: change.person_keys.clone(),
            events: change.events.clone(),
            part: change.part,
        }),
    })
}

fn read_change(change: WireChange, actor: &ActorId, earlier: &mut chunk::Earlier) -> Result<Item, ProtocolError> {
    let (person_keys, events, part) =
        change.extras.map_or_else(Default::default, |extras| (extras.person_keys, extras.events, extras.part));
    Ok(Item::Change(Change {
        doc: change.doc,
        kind: change.kind,
        chunk: chunk::restore(&change.chunk.0, actor, earlier)?,
        person_keys,
        events,
        part,
    }))
}
