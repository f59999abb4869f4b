//! What a member with a changed program can try, and what becomes of it.

use automerge::ChangeHash;
use automerge::legacy::{ObjectId, OpId};
use jiff::Timestamp;
use uuid::Uuid;
use zuc_domain::lead::{Activity, ActivityKind, ActivitySubject, Direction, LeadState};
use zuc_domain::shared::{ActivityId, DeviceId, Hlc, LeadId, PersonId, Transition, TransitionId};
use zuc_protocol::Scope;
use zuc_protocol::envelope::BatchKind;
use zuc_protocol::ids::{EpochId, ItemId, KeyId};
use zuc_protocol::item::{Change, DocKind, Fact, Item};

use crate::crafted::{Craft, Seen, make, over, put, take_back};
use crate::draw::Draw;
use crate::mallory::Mallory;
use crate::people::SALES;

/// One way to do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attack {
    /// An operation counter that would leave no room for others.
    Counter,
    /// A number of hers left out.
    Number,
    /// Built upon what nobody has.
    Dependency,
    /// The map of transitions made anew.
    Container,
    /// A register in the place of a container.
    Register,
    /// A step that stands written over.
    Rewrite,
    /// A step in the name of another.
    OthersStep,
    /// A step that nobody can read.
    UnreadableStep,
    /// More than one change may hold.
    Huge,
    /// Maps in maps in maps.
    Nested,
    /// A text that is JSON within JSON.
    NestedJson,
    /// The document of a lead told to be a customer's.
    WrongDocument,
    /// What finance writes.
    OthersKind,
    /// What lies elsewhere.
    Misplaced,
    /// What some newer version may know.
    UnknownKind,
    /// A call that another is to have made.
    OthersCall,
    /// What the relay alone may say.
    RelaysFact,
    /// An event that another is to have caused.
    OthersEvent,
    /// Somebody named who was forgotten.
    ErasedPerson,
    /// Sealed as if an earlier membership stood.
    OldMembership,
    /// A batch of another scope.
    OtherScope,
    /// A key that no record began.
    UnknownKey,
    /// What another once sent, again.
    Replay,
    /// The same with other bytes.
    Altered,
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// Set aside, whole or in part, with this code.
    Aside(&'static str),
    /// Merged, and does not count, with this code.
    Ignored(&'static str),
    /// Taken, and shown by nobody.
    Unseen,
}

pub(crate) const ALL: [Attack; 24] = [
    Attack::Counter,
    Attack::Number,
    Attack::Dependency,
    Attack::Container,
    Attack::Register,
    Attack::Rewrite,
    Attack::OthersStep,
    Attack::UnreadableStep,
    Attack::Huge,
    Attack::Nested,
    Attack::NestedJson,
    Attack::WrongDocument,
    Attack::OthersKind,
    Attack::Misplaced,
    Attack::UnknownKind,
    Attack::OthersCall,
    Attack::RelaysFact,
    Attack::OthersEvent,
    Attack::ErasedPerson,
    Attack::OldMembership,
    Attack::OtherScope,
    Attack::UnknownKey,
    Attack::Replay,
    Attack::Altered,
];

/// Items of one entry, where what becomes of one asks nothing of the others.
const MANY: usize = 64;

/// What stands in the company that she attacks.
pub(crate) struct Scene {
    /// Leads that Ana works on.
    pub(crate) leads: Vec<(LeadId, Seen)>,
    /// What Ana sent.
    pub(crate) sent: Vec<Vec<u8>>,
    /// The key of a person who was forgotten.
    pub(crate) erased: KeyId,
    /// Whose name she uses.
    pub(crate) luis: PersonId,
    /// An event that Luis caused.
    pub(crate) event: String,
    /// How far her changes of each lead have come that were merged: the number, the change, its highest counter.
    pub(crate) merged: Vec<(u64, ChangeHash, u64)>,
}

impl Attack {
    pub(crate) fn fate(self) -> Fate {
        match self {
            Self::Counter
            | Self::Number
            | Self::Dependency
            | Self::Container
            | Self::Register
            | Self::Rewrite
            | Self::Huge
            | Self::WrongDocument => Fate::Aside("store.change_refused"),
            Self::OthersStep => Fate::Ignored("author.forged"),
            Self::UnreadableStep => Fate::Ignored("author.unreadable"),
            Self::OthersKind | Self::RelaysFact => Fate::Aside("sync.others_kind"),
            Self::Misplaced => Fate::Aside("store.misplaced"),
            Self::OthersCall => Fate::Aside("author.forged"),
            Self::ErasedPerson => Fate::Aside("sync.erased_key"),
            Self::OldMembership => Fate::Aside("sync.old_control_head"),
            Self::OtherScope => Fate::Aside("sync.other_scope"),
            Self::UnknownKey => Fate::Aside("sync.unknown_epoch"),
            Self::Replay => Fate::Aside("sync.replayed"),
            Self::Altered => Fate::Aside("sync.bad_signature"),
            Self::Nested | Self::NestedJson | Self::UnknownKind | Self::OthersEvent => Fate::Unseen,
        }
    }

    /// Puts it into her log; how many items it took.
    pub(crate) fn carry_out(self, mallory: &mut Mallory, scene: &mut Scene, draw: &mut Draw) -> usize {
        let which = draw.below(scene.leads.len());
        let (lead, seen) = scene.leads[which].clone();
        let id = ItemId::from_uuid(lead.0);
        let mut header = mallory.header(BatchKind::Change);
        let items = match self {
            Self::Replay => {
                mallory.put(scene.sent[draw.below(scene.sent.len())].clone());
                return 1;
            }
            Self::Altered => {
                let mut bytes = scene.sent[draw.below(scene.sent.len())].clone();
                // behind the header, which names who signed it
                let end = bytes.len() - 1;
                bytes[end - draw.below(20)] ^= 1 << draw.below(8);
                mallory.put(bytes);
                return 1;
            }
            Self::OthersKind => {
                many(|| change(fresh(draw), DocKind::CONTRACT, self.craft(mallory, scene, &seen, draw)))
            }
            Self::Misplaced => many(|| change(fresh(draw), DocKind::INVOICE, self.craft(mallory, scene, &seen, draw))),
            Self::UnknownKind => many(|| change(fresh(draw), DocKind(999), self.craft(mallory, scene, &seen, draw))),
            Self::WrongDocument => vec![change(id, DocKind::CUSTOMER, self.craft(mallory, scene, &seen, draw))],
            Self::ErasedPerson => {
                let Item::Change(mut named) =
                    change(fresh(draw), DocKind::LEAD, self.craft(mallory, scene, &seen, draw))
                else {
                    unreachable!("a change was made")
                };
                named.person_keys = vec![scene.erased];
                vec![Item::Change(named)]
            }
            Self::OthersCall | Self::RelaysFact | Self::OthersEvent | Self::NestedJson => {
                header.kind = BatchKind::Fact;
                many(|| self.fact(id, scene, draw))
            }
            Self::OthersStep | Self::UnreadableStep | Self::Nested => {
                let (number, head, top) = scene.merged[which];
                let craft = self.upon(mallory, scene, &seen, (number, head, top), draw).change();
                scene.merged[which] = (number + 1, craft.hash(), craft.max_op());
                vec![change(id, DocKind::LEAD, craft.raw_bytes().to_vec())]
            }
            _ => vec![change(id, DocKind::LEAD, self.craft(mallory, scene, &seen, draw))],
        };
        match self {
            Self::OldMembership => header.control_head = mallory.heads[1],
            Self::OtherScope => header.scope = Scope::Catalog,
            Self::UnknownKey => header.epoch = EpochId(draw.bytes()),
            _ => {}
        }
        let count = items.len();
        mallory.send(&header, items);
        count
    }

    /// A change of hers that is refused: it never counts as one of her numbers.
    fn craft(self, mallory: &Mallory, scene: &Scene, seen: &Seen, draw: &mut Draw) -> Vec<u8> {
        self.upon(mallory, scene, seen, (0, seen.head, seen.top), draw).change().raw_bytes().to_vec()
    }

    fn upon(
        self,
        mallory: &Mallory,
        scene: &Scene,
        seen: &Seen,
        last: (u64, ChangeHash, u64),
        draw: &mut Draw,
    ) -> Craft {
        let (number, head, top) = last;
        let mut craft = Craft {
            actor: mallory.actor().0.to_vec(),
            seq: number + 1,
            start: top.max(seen.top) + 1,
            deps: if head == seen.head { vec![head] } else { vec![seen.head, head] },
            ops: vec![put(ObjectId::Root, "city", "Tula")],
        };
        let steps = || ObjectId::Id(seen.transitions.clone());
        match self {
            Self::Counter => craft.start += 1 + u64::try_from(draw.below(1 << 30)).unwrap(),
            Self::Number => craft.seq += 1 + u64::try_from(draw.below(9)).unwrap(),
            Self::Dependency => craft.deps.push(ChangeHash(draw.bytes())),
            Self::Container => craft.ops.push(make(ObjectId::Root, "transitions")),
            Self::Register => craft.ops.push(put(ObjectId::Root, "notes", "ya no")),
            Self::Rewrite => craft.ops = vec![over(put(steps(), &seen.step.0, "{}"), seen.step.1.clone())],
            Self::OthersStep | Self::UnreadableStep => craft.ops = vec![self.step(steps(), scene, draw)],
            Self::Huge => craft.ops = vec![take_back(ObjectId::Root, "city"); 20_001],
            Self::Nested => {
                craft.ops = vec![make(ObjectId::Root, "hondo")];
                for nth in 0..200 {
                    let above = OpId::new(craft.start + nth, &automerge::ActorId::from(craft.actor.as_slice()));
                    craft.ops.push(make(ObjectId::Id(above), "hondo"));
                }
            }
            _ => {}
        }
        craft
    }

    fn step(self, steps: ObjectId, scene: &Scene, draw: &mut Draw) -> automerge::legacy::Op {
        let id = TransitionId(Uuid::from_bytes(draw.bytes()));
        let hlc = Hlc { millis: 1, counter: 0, device: DeviceId(Uuid::from_u128(2)) };
        let record = Transition {
            id,
            from: LeadState::Working,
            to: LeadState::Qualified,
            hlc,
            by: scene.luis,
            reason: None,
            causes: None,
            authority: false,
        };
        let text = serde_json::to_string(&record).unwrap();
        let record = if self == Self::OthersStep { text } else { "[".repeat(5_000) };
        put(steps, &id.to_string(), &record)
    }

    fn fact(self, lead: ItemId, scene: &Scene, draw: &mut Draw) -> Item {
        let id = fresh(draw);
        let (kind, body, events) = match self {
            Self::OthersCall => {
                return call_of(zuc_protocol::ids::PersonId::from_uuid(scene.luis.0), LeadId(lead.to_uuid()), draw);
            }
            Self::RelaysFact => ("stamp.done", "{}".to_owned(), vec![]),
            Self::OthersEvent => ("a.newer.versions", "{}".to_owned(), vec![scene.event.clone()]),
            _ => (Fact::ACTIVITY, "[".repeat(1_000), vec![]),
        };
        let kind = kind.to_owned();
        Item::Fact(Fact { id, kind, subject: lead, fence: 0, body, person_keys: vec![], events, part: None })
    }
}

/// A call that somebody is said to have made.
pub(crate) fn call_of(by: zuc_protocol::ids::PersonId, lead: LeadId, draw: &mut Draw) -> Item {
    let id = fresh(draw);
    let call = Activity {
        id: ActivityId(id.to_uuid()),
        scope: SALES,
        subject: ActivitySubject::Lead(lead),
        kind: ActivityKind::Call,
        direction: Direction::Outbound,
        at: Timestamp::UNIX_EPOCH,
        text: "me lo dejó a mí".to_owned(),
        by: PersonId(by.to_uuid()),
    };
    let (kind, body) = (Fact::ACTIVITY.to_owned(), serde_json::to_string(&call).unwrap());
    let subject = ItemId::from_uuid(lead.0);
    Item::Fact(Fact { id, kind, subject, fence: 0, body, person_keys: vec![], events: vec![], part: None })
}

fn many(mut one: impl FnMut() -> Item) -> Vec<Item> {
    (0..MANY).map(|_| one()).collect()
}

fn fresh(draw: &mut Draw) -> ItemId {
    ItemId::from_uuid(uuid::Builder::from_unix_timestamp_millis(1_790_000_000_000, &draw.bytes()).into_uuid())
}

fn change(doc: ItemId, kind: DocKind, chunk: Vec<u8>) -> Item {
    Item::Change(Change { doc, kind, chunk, person_keys: vec![], events: vec![], part: None })
}
