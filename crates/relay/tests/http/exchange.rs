//! Two devices exchange sealed batches, over a restart of the relay.

use zuc_protocol::{
    Rights, Role, chain,
    control::{ControlAct, RemoveReason},
    envelope::SealedBatch,
    ids::{BatchHash, KeyId, PersonId},
    messages::{Acked, ClientFrame, RefusalCode, ServerFrame},
    person_key::{Bag, BagRow, bag_id, held_rows},
    secret::{EpochKey, PersonKey},
};
use zuc_relay::HttpOptions;
use zuc_sync::{
    ControlStep, KeyRing,
    membership::{Joining, Removing, approve_join, remove_device},
};

use crate::support::{Company, Device, Running, SALES, batch, keys, nonce, post, push, roll};

fn step(record: zuc_protocol::control::SignedControl) -> ControlStep {
    ControlStep { record, replacements: vec![], wraps: vec![] }
}

/// Luis founds, Ana is let in.
pub(crate) async fn company_of_two(relay: &Running) -> (Company, Device, Device) {
    let mut company = Company::found(1);
    let (luis, ana) = (Device::new(1, company.id), Device::new(2, company.id));
    company.register(relay, &luis).await;
    let joining = Joining {
        person: PersonId([2; 16]),
        rights: Some(Rights::new([Role::Ventas], [1])),
        device: keys(2).public(),
        label: "Ana",
    };
    let steps = approve_join(&company.log, &company.ring, &joining, 2, &mut roll).unwrap();
    company.author(relay, &luis, steps).await;
    (company, luis, ana)
}

fn acks(frame: ServerFrame) -> Vec<Acked> {
    match frame {
        ServerFrame::Ack { acks, .. } => acks,
        other => panic!("no acknowledgement: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_device_pushes_the_other_has_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    Box::pin(exchange(async || Running::start(folder.path(), HttpOptions::default()).await)).await;
}

/// The exchange of two devices, over a restart of the relay that `start` starts.
pub(crate) async fn exchange(start: impl AsyncFn() -> Running) {
    let relay = start().await;
    let (company, luis, ana) = company_of_two(&relay).await;
    let again = post(&luis.http, &relay.url("/api/v1/companies"), &company.genesis).await;
    assert_eq!(again.status(), 200);

    let mut hers = ana.connect(&relay, &company.log).await;
    let ServerFrame::Welcome { control, control_len, heads, .. } = hers.next().await else { panic!("no welcome") };
    assert_eq!((control, control_len), (company.log.head(), company.log.len()));
    assert!(heads.iter().any(|head| head.scope == SALES && head.seq == 0));
    assert!(heads.iter().all(|head| head.scope != zuc_protocol::Scope::Finance));
    hers.subscribe(0).await;
    hers.send(&ClientFrame::Ping(1)).await;
    assert!(matches!(hers.next().await, ServerFrame::Pong { number: 1, .. }));

    let mut his = luis.connect(&relay, &company.log).await;
    assert!(matches!(his.next().await, ServerFrame::Welcome { .. }));
    let person = KeyId([7; 16]);
    let bag = company.ring.bag(SALES).unwrap();
    let row = BagRow::wrap(company.id, SALES, bag, person, &PersonKey::from_bytes([8; 32]), &nonce());
    let first = batch(&company.log, &company.ring, 1, BatchHash::NONE, "Se interesó en la licencia", vec![person]);
    let ClientFrame::Push { scope, batches, .. } = push(&[&first]) else { unreachable!() };
    his.send(&ClientFrame::Push { scope, batches, bag_rows: vec![row.clone()] }).await;
    let acked = acks(his.next().await);
    assert_eq!((acked[0].hash, acked[0].seq), (first.hash(), 1));

    // The key of the person comes before the entry that names it.
    assert_eq!(
        hers.next().await,
        ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![row.clone()], more: false, listing: false }
    );
    let ServerFrame::Entries { from: 0, entries, head: 1, chain, .. } = hers.next().await else { panic!("no entries") };
    assert_eq!(chain, chain::extend(chain::start(company.id, SALES), &entries));
    let ring = KeyRing::of_device(keys(2), &company.log);
    let opened = SealedBatch::parse(entries[0].bytes.as_slice()).unwrap();
    let body = opened.open(company.id, ring.current(&company.log, SALES).unwrap(), &keys(1).public()).unwrap();
    assert!(format!("{body:?}").contains("licencia"));

    relay.stop().await;
    assert!(matches!(hers.try_next().await, Some(ServerFrame::GoAway { code }) if code == "relay.stopping"));
    let relay = start().await;

    // The acknowledgement was lost: the same batch again gets the same place.
    let ServerFrame::Ack { acks: repeated, .. } = luis.ask(&relay, &push(&[&first])).await else { panic!("not known") };
    assert_eq!(repeated, acked);
    let page = ana.get(&relay, "/api/v1/scopes/sales.1/entries?from=0").await;
    let ServerFrame::Entries { entries: stored, .. } = crate::support::read(page).await else { panic!("no page") };
    assert_eq!(stored, entries);
    let answer = ana.ask(&relay, &ClientFrame::Bag { scope: SALES, have: held_rows([]), after: None }).await;
    let ServerFrame::Bag { wraps, rows, more: false, .. } = answer else { panic!("no bag") };
    assert_eq!(rows, [row]);
    assert!(wraps.iter().all(|wraps| wraps.bag == bag_id(bag)) && !wraps.is_empty());
    let all = ana.ask(&relay, &ClientFrame::Bag { scope: SALES, have: held_rows([&rows[0].key]), after: None }).await;
    assert!(matches!(all, ServerFrame::Bag { rows, more: false, .. } if rows.is_empty()));

    // And the other way, live.
    let mut his = luis.connect(&relay, &company.log).await;
    assert!(matches!(his.next().await, ServerFrame::Welcome { .. }));
    his.subscribe(1).await;
    let answer = batch(&company.log, &ring, 1, BatchHash::NONE, "Llamó de vuelta", vec![]);
    let answered = acks(ana.ask(&relay, &push(&[&answer])).await);
    assert_eq!(answered[0].seq, 2);
    let ServerFrame::Entries { from: 1, entries, .. } = his.next().await else { panic!("no entries") };
    assert_eq!(entries[0].bytes.as_slice(), answer.bytes());
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_is_acknowledged_whatever_changed_since_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let (mut company, luis, _ana) = company_of_two(&relay).await;
    let first = batch(&company.log, &company.ring, 1, BatchHash::NONE, "uno", vec![]);
    let other = batch(&company.log, &company.ring, 1, BatchHash::NONE, "otro", vec![]);
    let second = batch(&company.log, &company.ring, 2, first.hash(), "dos", vec![]);
    let gap = batch(&company.log, &company.ring, 3, second.hash(), "tres", vec![]);
    acks(luis.ask(&relay, &push(&[&first])).await);
    let refused = |frame| match frame {
        ServerFrame::Refused { refusal, .. } => refusal,
        other => panic!("not refused: {other:?}"),
    };
    let taken = refused(luis.ask(&relay, &push(&[&other])).await);
    assert_eq!(
        (taken.code, taken.stored.unwrap().hash, taken.last_accepted),
        (RefusalCode::NumberTaken, first.hash(), 1)
    );
    assert_eq!(refused(luis.ask(&relay, &push(&[&gap])).await).code, RefusalCode::NumberGap);

    let previous = company.ring.current(&company.log, SALES).cloned();
    let act = zuc_protocol::control::next_epoch(
        &company.log,
        SALES,
        &EpochKey::from_bytes(roll()),
        previous.as_ref(),
        None,
        &[],
        &mut roll,
    )
    .unwrap();
    let record = company.log.sign(act, 3, &keys(1)).unwrap();
    company.author(&relay, &luis, vec![step(record)]).await;

    // Sealed to the old key: known, so acknowledged; new, so refused.
    assert_eq!(acks(luis.ask(&relay, &push(&[&first])).await)[0].seq, 1);
    let acked_in_part = acks(luis.ask(&relay, &push(&[&first, &second])).await);
    assert_eq!(acked_in_part.len(), 1);
    assert_eq!(refused(luis.ask(&relay, &push(&[&second])).await).code, RefusalCode::EpochStale);
    let sealed_anew = batch(&company.log, &company.ring, 2, first.hash(), "dos", vec![]);
    assert_eq!(acks(luis.ask(&relay, &push(&[&sealed_anew])).await)[0].seq, 2);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_taken_out_is_shown_why_and_told_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let (mut company, luis, ana) = company_of_two(&relay).await;
    let before = company.log.clone();
    let mut hers = ana.connect(&relay, &before).await;
    assert!(matches!(hers.next().await, ServerFrame::Welcome { .. }));

    let freeze = company.log.sign(ControlAct::Freeze { device: keys(2).id(), on: true }, 3, &keys(1)).unwrap();
    company.author(&relay, &luis, vec![step(freeze)]).await;
    let bags: Vec<Bag> =
        company.log.scopes().filter_map(|scope| Some(Bag::new(scope, company.log.bag(scope)?))).collect();
    let removing = Removing { device: keys(2).id(), marks: vec![], wipe: true, reason: RemoveReason::LostOrStolen };
    let steps = remove_device(&company.log, &company.ring, &bags, &removing, 4, &mut roll).unwrap();
    company.author(&relay, &luis, steps).await;

    assert!(matches!(hers.next().await, ServerFrame::ControlRecords { .. }));
    assert!(matches!(hers.next().await, ServerFrame::GoAway { code } if code == "sync.revoked"));
    assert_eq!(hers.try_next().await, None);

    // Back after long, it is shown all the records it lacks before it is told to go.
    let mut hers = ana.connect(&relay, &before).await;
    assert!(matches!(hers.next().await, ServerFrame::Welcome { .. }));
    let ServerFrame::ControlRecords { from, records, len } = hers.next().await else { panic!("no records") };
    assert_eq!((from, from + records.len() as u64), (before.len(), len));
    assert!(matches!(hers.next().await, ServerFrame::GoAway { code } if code == "sync.revoked"));
    let late = batch(&before, &KeyRing::of_device(keys(2), &before), 1, BatchHash::NONE, "tarde", vec![]);
    let answer = ana.ask(&relay, &push(&[&late])).await;
    assert!(matches!(answer, ServerFrame::Refused { refusal, .. } if refusal.code == RefusalCode::Revoked));
    relay.stop().await;
}
