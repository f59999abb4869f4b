//! What must hold of every document.

use automerge::ObjType;
use automerge::transaction::Transactable;

use super::*;

static LEAD: Kind = Kind {
    name: "lead",
    maps: &[MapSpec { name: "tags", keep: Keep::Set }, MapSpec { name: "lines", keep: Keep::Grow }],
    texts: &["notes"],
};
const ANA: [u8; 16] = [1; 16];
const LUIS: [u8; 16] = [2; 16];
const ID: [u8; 16] = [9; 16];

fn content(pairs: &[(&str, &str)]) -> Content {
    let mut content = Content::default();
    for (key, value) in pairs {
        content.root.insert((*key).into(), Scalar::Text((*value).into()));
    }
    content
}

fn refs(written: &Written) -> Vec<&[u8]> {
    written.changes.iter().map(Vec::as_slice).collect()
}

#[test]
fn two_genesis_changes_have_one_hash_and_two_offline_creations_merge() {
    let mut ana = Document::create_derived(&LEAD, "sales.1", &ID, &ANA).unwrap();
    let mut luis = Document::create_derived(&LEAD, "sales.1", &ID, &LUIS).unwrap();
    assert_eq!(ana.heads(), luis.heads());
    assert_ne!(ana.heads(), Document::create_derived(&LEAD, "sales.2", &ID, &ANA).unwrap().heads());

    let mut by_ana = content(&[("name", "Ferretería")]);
    by_ana.map(TRANSITIONS).insert("a".into(), Scalar::Text("from ana".into()));
    by_ana.map("lines").insert("x/qty".into(), Scalar::Int(1));
    let mut by_luis = content(&[("city", "León")]);
    by_luis.map(TRANSITIONS).insert("l".into(), Scalar::Text("from luis".into()));
    by_luis.map("lines").insert("x/note".into(), Scalar::Text("n".into()));
    let from_ana = ana.write(&by_ana, 5).unwrap().unwrap();
    let from_luis = luis.write(&by_luis, 5).unwrap().unwrap();
    assert!(from_ana.genesis.is_some(), "the genesis change is kept on disk");
    assert_eq!(from_ana.changes.len(), 1, "and not sent");

    ana.apply(&refs(&from_luis)).unwrap();
    luis.apply(&refs(&from_ana)).unwrap();
    assert_eq!(ana.heads(), luis.heads());
    let merged = ana.content().unwrap();
    assert_eq!(merged.maps[TRANSITIONS].len(), 2, "no transition vanished");
    assert_eq!(merged.maps["lines"].len(), 2, "an item made twice merges by field");
    assert_eq!(merged, luis.content().unwrap());
}

#[test]
fn one_field_costs_about_a_hundred_bytes_after_a_load() {
    let mut doc = Document::create(&LEAD, &ANA);
    let fields: Vec<(String, String)> =
        (0..20).map(|n| (format!("field{n}"), format!("a longer value, number {n}"))).collect();
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let created = doc.write(&content(&pairs), 5).unwrap().unwrap();
    let mut loaded = Document::load(&LEAD, &[], &created.tail(), &ANA).unwrap();
    let edit = loaded.write(&content(&[("field3", "another")]), 6).unwrap().unwrap();
    assert_eq!(edit.changes.len(), 1);
    let size = edit.changes[0].len();
    assert!(size <= 125, "a one-field change is {size} bytes");
    assert!(created.tail().len() > 3 * size, "the trap would have sent the history again");
}

#[test]
fn writing_what_is_already_there_makes_no_change() {
    let mut doc = Document::create(&LEAD, &ANA);
    doc.write(&content(&[("name", "A")]), 5).unwrap().unwrap();
    assert_eq!(doc.write(&content(&[("name", "A")]), 6).unwrap(), None);
    let mut absent = content(&[]);
    absent.root.insert("never".into(), Scalar::Null);
    assert_eq!(doc.write(&absent, 7).unwrap(), None);
}

#[test]
fn sets_take_out_and_other_maps_only_grow() {
    let mut doc = Document::create(&LEAD, &ANA);
    let mut target = Content::default();
    target.map("tags").insert("vip".into(), Scalar::Bool(true));
    target.map("lines").insert("a/qty".into(), Scalar::Int(2));
    doc.write(&target, 1).unwrap();
    target.map("tags").clear();
    target.map("lines").clear();
    doc.write(&target, 2).unwrap().unwrap();
    let read = doc.content().unwrap();
    assert!(read.maps["tags"].is_empty());
    assert!(read.maps["lines"].contains_key("a/qty"), "no key dies");
}

#[test]
fn a_deletion_holds_until_somebody_writes_after_or_beside_it() {
    let mut ana = Document::create(&LEAD, &ANA);
    let first = ana.write(&content(&[("name", "A")]), 1).unwrap().unwrap();
    let mut luis = Document::create(&LEAD, &LUIS);
    luis.apply(&refs(&first)).unwrap();
    let gone = ana.delete(2).unwrap().unwrap();
    assert!(ana.is_deleted().unwrap());
    let edit = luis.write(&content(&[("name", "B")]), 2).unwrap().unwrap();
    luis.apply(&refs(&gone)).unwrap();
    ana.apply(&refs(&edit)).unwrap();
    assert!(!ana.is_deleted().unwrap() && !luis.is_deleted().unwrap());
    ana.delete(3).unwrap();
    assert!(ana.is_deleted().unwrap(), "said again, knowing the edit");
}

#[test]
fn a_folded_document_reads_the_same() {
    let mut doc = Document::create(&LEAD, &ANA);
    let mut tail = doc.write(&content(&[("name", "A")]), 1).unwrap().unwrap().tail();
    tail.extend(doc.write(&content(&[("name", "B")]), 2).unwrap().unwrap().tail());
    let unfolded = Document::load(&LEAD, &[], &tail, &ANA).unwrap();
    let mut folded = Document::load(&LEAD, &doc.snapshot(), &[], &ANA).unwrap();
    assert_eq!(unfolded.content().unwrap(), folded.content().unwrap());
    assert_eq!(doc.heads(), folded.heads());
}

#[test]
fn a_change_that_does_not_know_its_authors_last_one_is_refused() {
    let mut ana = Document::create(&LEAD, &ANA);
    let first = ana.write(&content(&[("name", "A")]), 1).unwrap().unwrap();
    let mut luis = Document::create(&LEAD, &LUIS);
    luis.apply(&refs(&first)).unwrap();
    let his = luis.write(&content(&[("name", "B")]), 2).unwrap().unwrap();
    ana.apply(&refs(&his)).unwrap();
    // his second, made beside his first: its operations bear the names of the others
    let mut twin = Change::try_from(his.changes[0].as_slice()).unwrap().decode();
    (twin.seq, twin.hash, twin.time) = (2, None, 9);
    let twin = Change::from(twin);
    let refused = ana.apply(&[twin.raw_bytes()]).unwrap_err();
    assert!(matches!(refused, StoreError::ChangeRefused(Refusal::WrongStart)), "{refused}");
}

#[test]
fn a_crafted_change_is_refused_alike_everywhere() {
    let mut ana = Document::create(&LEAD, &ANA);
    let first = ana.write(&content(&[("name", "A")]), 1).unwrap().unwrap();
    let second = ana.write(&content(&[("name", "B")]), 2).unwrap().unwrap();
    let mut luis = Document::create(&LEAD, &LUIS);

    let refusal = |result: Result<_, StoreError>| match result {
        Err(StoreError::ChangeRefused(refusal)) => refusal,
        other => panic!("expected a refusal, got {:?}", other.map(|_: Option<Written>| ())),
    };
    assert_eq!(refusal(luis.apply(&refs(&second))), Refusal::MissingDependency);
    let other = Document::create(&LEAD, &LUIS).write(&content(&[("name", "L")]), 1).unwrap().unwrap();
    assert_eq!(refusal(luis.apply(&[&first.changes[0], &other.changes[0]])), Refusal::ForeignActor);
    let mut luis = Document::create(&LEAD, &LUIS);
    assert_eq!(refusal(luis.apply(&[vec![0; MAX_CHANGE + 1].as_slice()])), Refusal::TooLarge);
    let mut torn = first.changes[0].clone();
    torn.push(0);
    assert_eq!(refusal(luis.apply(&[&torn])), Refusal::Malformed);
    luis.apply(&refs(&first)).unwrap().unwrap();
    assert_eq!(luis.apply(&refs(&first)).unwrap(), None, "a known change is passed over");

    // The operation counter of a change that claims to come later than its dependencies allow.
    let mut far = AutoCommit::new().with_actor(automerge::ActorId::from(ANA.as_slice()));
    far.load_incremental(&first.tail()).unwrap();
    let mut expanded = {
        far.put(ROOT, "name", "C").unwrap();
        far.commit();
        far.get_last_local_change().unwrap().decode()
    };
    expanded.start_op = std::num::NonZeroU64::new(1 << 20).unwrap();
    let crafted: Change = expanded.into();
    assert_eq!(refusal(luis.apply(&[crafted.raw_bytes()])), Refusal::WrongStart);

    let mut evil = Document::load(&LEAD, &[], &first.tail(), &ANA).unwrap();
    evil.doc.put_object(ROOT, TRANSITIONS, ObjType::Map).unwrap();
    evil.doc.commit();
    let replacing = evil.written().unwrap();
    assert_eq!(refusal(luis.apply(&refs(&replacing))), Refusal::ReplacesContainer);

    // A second beginning would replace them too; and a document that begins without them says nothing to anybody.
    let mut again = Document::create(&LEAD, &[7; 16]);
    let beginning = again.write(&content(&[("name", "D")]), 0).unwrap().unwrap();
    assert_eq!(refusal(luis.apply(&refs(&beginning))), Refusal::ReplacesContainer);
    let mut bare = AutoCommit::new().with_actor(automerge::ActorId::from([8; 16].as_slice()));
    bare.put(ROOT, "name", "E").unwrap();
    bare.commit();
    let bare = bare.get_last_local_change().unwrap().raw_bytes().to_vec();
    assert_eq!(refusal(Document::create(&LEAD, &LUIS).apply(&[&bare])), Refusal::LacksContainer);
}

#[test]
fn what_is_too_much_for_one_change_is_written_as_several_that_others_take() {
    let mut wanted = content(&[("name", "Ferretería")]);
    for line in 0..300 {
        wanted.map("lines").insert(format!("{line:03}/description"), Scalar::Text("una partida larga ".repeat(12)));
        wanted.map("lines").insert(format!("{line:03}/quantity"), Scalar::Int(line));
    }
    wanted.texts.insert("notes", "ñandú ".repeat(5_000));
    let mut ana = Document::create(&LEAD, &ANA);
    let written = ana.write(&wanted, 0).unwrap().unwrap();
    assert!(written.changes.len() > 2, "{}", written.changes.len());
    let said = |document: &Document| {
        let content = document.content().unwrap();
        (content.root, content.maps["lines"].clone(), content.texts["notes"].clone())
    };
    let mut luis = Document::create(&LEAD, &LUIS);
    luis.apply(&refs(&written)).unwrap();
    assert_eq!(said(&luis), (wanted.root.clone(), wanted.maps["lines"].clone(), wanted.texts["notes"].clone()));

    // and again where the document is there already
    wanted.map("lines").retain(|key, _| key.ends_with("description"));
    for value in wanted.map("lines").values_mut() {
        *value = Scalar::Text("otra cosa muy distinta ".repeat(14));
    }
    let again = luis.write(&wanted, 0).unwrap().unwrap();
    assert!(again.changes.len() > 1, "{}", again.changes.len());
    ana.apply(&refs(&again)).unwrap();
    assert_eq!(said(&ana), said(&luis));
    assert_eq!(luis.write(&wanted, 0).unwrap(), None);
}

#[test]
fn what_no_change_can_hold_is_refused_where_it_is_written() {
    let mut ana = Document::create(&LEAD, &ANA);
    let huge = content(&[("name", &"x".repeat(MAX_CHANGE))]);
    let refused = ana.write(&huge, 0).unwrap_err();
    assert!(matches!(refused, StoreError::ChangeRefused(Refusal::TooLarge)), "{refused}");
    assert!(Document::first(&LEAD, &huge, &ANA, 0).is_err());
}

#[test]
fn a_document_knows_what_it_said_at_earlier_heads() {
    let mut ana = Document::create(&LEAD, &ANA);
    let created = ana.write(&content(&[("name", "Ferretería")]), 5).unwrap().unwrap();
    let (was, said) = (ana.heads(), ana.content().unwrap());
    let edit = ana.write(&content(&[("name", "Ferretería"), ("city", "León")]), 6).unwrap().unwrap();
    // the same when it was folded into a snapshot, and when another wrote beside it
    let mut luis = Document::load(&LEAD, &[], &created.tail(), &LUIS).unwrap();
    luis.write(&content(&[("name", "Tlapalería")]), 7).unwrap();
    luis.apply(&refs(&edit)).unwrap();
    let mut folded = Document::load(&LEAD, &luis.snapshot(), &[], &LUIS).unwrap();
    for doc in [&mut ana, &mut luis, &mut folded] {
        assert_eq!(doc.content_at(&was).unwrap(), said);
        assert_ne!(doc.content().unwrap(), said);
    }
    assert!(ana.content_at(&[7; 32]).is_err(), "heads of no change");
    assert!(ana.content_at(&[]).is_err(), "no heads at all");
}

/// What Ana and Luis write beside each other on one beginning; both hold all of it.
fn apart(begin: &Content, ana: &Content, luis: &Content) -> [Document; 2] {
    let mut hers = Document::create(&LEAD, &ANA);
    let first = hers.write(begin, 1).unwrap().unwrap();
    let mut his = Document::create(&LEAD, &LUIS);
    his.apply(&refs(&first)).unwrap();
    let (ana, luis) = (hers.write(ana, 2).unwrap().unwrap(), his.write(luis, 3).unwrap().unwrap());
    hers.apply(&refs(&luis)).unwrap();
    his.apply(&refs(&ana)).unwrap();
    [hers, his]
}

#[test]
fn a_field_written_apart_has_two_sides_that_know_their_author_and_what_was_before() {
    let price = |price: &str| content(&[("price", price), ("name", price)]);
    for mut doc in apart(&price("100"), &price("92"), &price("103")) {
        let found = doc.contested(|field| field == "price").unwrap();
        let [(field, sides)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(field, "price");
        let told: Vec<_> =
            sides.iter().map(|side| (side.value.clone(), side.before.clone(), side.time, side.actor.clone())).collect();
        let text = |text: &str| Scalar::Text(text.into());
        assert_eq!(
            told,
            [(text("92"), Some(text("100")), 2, ANA.to_vec()), (text("103"), Some(text("100")), 3, LUIS.to_vec())]
        );
        let shown: Vec<_> = sides.iter().filter(|side| side.shown).map(|side| side.value.clone()).collect();
        assert_eq!(shown, [doc.content().unwrap().root["price"].clone()], "one is shown, and it is that one");
        assert!(doc.contested(|_| false).unwrap().is_empty(), "who does not ask is not told");
    }
}

#[test]
fn choosing_the_value_that_is_shown_ends_a_conflict_as_choosing_the_other_does() {
    let qty = |quantity: i64| {
        let mut content = content(&[("name", "A")]);
        content.map("lines").insert("x/qty".into(), Scalar::Int(quantity));
        content
    };
    for choice in [2, 3] {
        let [mut ana, mut luis] = apart(&qty(1), &qty(2), &qty(3));
        assert_eq!(ana.contested(|_| true).unwrap().len(), 1);
        ana.settle("lines/x/qty");
        let word = ana.write(&qty(choice), 4).unwrap().expect("a word is a change, whatever it says");
        luis.apply(&refs(&word)).unwrap();
        for doc in [&mut ana, &mut luis] {
            assert!(doc.contested(|_| true).unwrap().is_empty());
            assert_eq!(doc.content().unwrap().maps["lines"]["x/qty"], Scalar::Int(choice));
        }
        assert_eq!(ana.heads(), luis.heads());
    }
}

#[test]
fn a_history_says_what_was_done_without_a_network() {
    let offline = |seconds| Moment { seconds, offline: true };
    let mut doc = Document::create(&LEAD, &ANA);
    doc.write(&content(&[("name", "A")]), offline(1)).unwrap();
    doc.write(&content(&[("name", "B")]), 2).unwrap();
    doc.write(&content(&[("name", "C")]), offline(3)).unwrap();
    doc.delete(offline(4)).unwrap();
    let told: Vec<_> = doc.history(None, 9).unwrap().iter().map(|edited| (edited.time, edited.offline)).collect();
    assert_eq!(told, [(4, true), (3, true), (2, false), (1, true)]);
}

#[test]
fn a_history_says_who_changed_what_from_what_to_what() {
    let mut noted = content(&[("name", "A"), ("city", "León")]);
    noted.texts.insert("notes", "Pide seis".into());
    let mut more = noted.clone();
    more.texts.insert("notes", "Pide ocho".into());
    more.map("tags").insert("vip".into(), Scalar::Bool(true));
    for mut doc in apart(&content(&[("name", "A")]), &noted, &content(&[("name", "B")])) {
        let (text, before) = (|text: &str| Some(Scalar::Text(text.into())), doc.history(None, 9).unwrap().len());
        doc.write(&more, 4).unwrap().unwrap();
        let history = doc.history(None, 9).unwrap();
        assert_eq!((before, history.len()), (3, 4));
        let edit = |field: &str, from, to| Edit { field: field.into(), from, to };
        let said = |time: i64| history.iter().find(|edited| edited.time == time).unwrap();
        assert!(said(1).begins && !said(2).begins);
        assert_eq!(said(1).edits, [edit("name", None, text("A"))]);
        assert_eq!(said(3).edits, [edit("name", text("A"), text("B"))], "by what its author saw");
        let hers = [edit("city", None, text("León")), edit("notes", text(""), text("Pide seis"))];
        assert_eq!((said(2).edits.as_slice(), said(2).actor.as_slice()), (hers.as_slice(), ANA.as_slice()));
        let last = &history[0];
        assert_eq!(last.time, 4, "newest first");
        assert!(last.edits.contains(&edit("notes", text("Pide seis"), text("Pide ocho"))), "{last:?}");
        assert!(last.edits.contains(&edit("tags/vip", None, Some(Scalar::Bool(true)))));
        assert_eq!(doc.history(None, 1).unwrap(), history[..1]);
        assert_eq!(doc.history(Some(history[1].change), 1).unwrap(), history[2..3], "older than a change");
        assert!(doc.history(Some(history[3].change), 9).unwrap().is_empty(), "nothing is older than the first");
        assert!(doc.history(Some([7; 32]), 9).unwrap().is_empty(), "nor than one that is not here");
    }
    let mut derived = Document::create_derived(&LEAD, "sales.1", &ID, &ANA).unwrap();
    derived.write(&content(&[("name", "A")]), 5).unwrap();
    let [first] = derived.history(None, 9).unwrap().try_into().unwrap_or_else(|all| panic!("{all:?}"));
    assert!(first.begins, "the beginning that everybody computes is nobody's");
}
