//! Bags of person keys: what a listing shows, and what the relay is given of it.

use crate::owed::ring;
use crate::support::{Company, Device, Dice, SALES, fact, keys, scene};
use zuc_protocol::Blob;
use zuc_protocol::ids::{Incarnation, KeyId};
use zuc_protocol::item::Item;
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::person_key::{BagRow, bag_id, held_rows};
use zuc_protocol::secret::PersonKey;
use zuc_sync::{Config, Effect, Engine, Input, OutboxItem, Resume, SyncStatus};

fn key(number: u8) -> KeyId {
    KeyId([number; 16])
}

/// Rows of the sales bag under these keys.
fn rows(company: &Company, numbers: &[u8]) -> Vec<BagRow> {
    let ring = ring(1, company);
    let bag = ring.bag(SALES).unwrap();
    assert_eq!(company.log.bag(SALES), Some(bag_id(bag)));
    let row = |number: &u8| {
        BagRow::wrap(company.log.company(), SALES, bag, key(*number), &PersonKey::from_bytes([5; 32]), &[6; 24])
    };
    numbers.iter().map(row).collect()
}

fn page(company: &Company, numbers: &[u8], more: bool) -> ServerFrame {
    ServerFrame::Bag { scope: SALES, wraps: vec![], rows: rows(company, numbers), more, listing: true }
}

/// What was asked of the sales bag, from its beginning, since it was looked at last.
fn listings(device: &mut Device) -> Vec<ClientFrame> {
    let sent = std::mem::take(&mut device.sent);
    let of_sales = |frame: &ClientFrame| matches!(frame, ClientFrame::Bag { scope: SALES, after: None, .. });
    sent.into_iter().filter(of_sales).collect()
}

/// The keys of the rows that the store was asked for.
fn lacking(device: &mut Device) -> Vec<KeyId> {
    let effects = std::mem::take(&mut device.effects);
    let keys = effects.into_iter().filter_map(|effect| match effect {
        Effect::NeedBagRows { scope: SALES, keys } => Some(keys),
        _ => None,
    });
    keys.flatten().collect()
}

#[test]
fn rows_that_are_kept_while_a_listing_comes_are_compared_at_its_end_and_only_what_lacks_is_offered() {
    let (company, mut relay, mut luis, _) = scene();
    luis.input(Input::Connected { token: "t".into() });
    for answer in std::mem::take(&mut luis.sent).into_iter().flat_map(|frame| relay.answer(frame)) {
        luis.frame(answer);
    }
    assert_eq!(listings(&mut luis).len(), 1);
    luis.frame(page(&company, &[1, 2], true));
    luis.input(Input::BagKept { scope: SALES, keys: vec![key(3), key(4)] });
    assert_eq!(listings(&mut luis), [], "the one that comes will show it");
    luis.frame(page(&company, &[3], false));
    assert_eq!(lacking(&mut luis), [key(4)]);
    // what is kept after the end needs another
    luis.input(Input::BagKept { scope: SALES, keys: vec![key(5)] });
    let again = ClientFrame::Bag { scope: SALES, have: held_rows([]), after: None };
    assert_eq!(listings(&mut luis), [again]);
    luis.frame(page(&company, &[1, 2, 3, 4], false));
    assert_eq!(lacking(&mut luis), [key(5)]);
}

#[test]
fn nobody_is_up_to_date_before_the_relay_was_given_the_rows_it_lacks() {
    let (company, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let mut dice = Dice(13_000);
    let mut handle = |input| luis.engine.handle(input, &mut || dice.roll());
    let is_up_to_date = |effects: &[Effect]| effects.contains(&Effect::Status(SyncStatus::UpToDate));
    handle(Input::BagKept { scope: SALES, keys: vec![key(1), key(2)] });
    let effects = handle(Input::Frame(page(&company, &[1], false)));
    assert!(effects.contains(&Effect::NeedBagRows { scope: SALES, keys: vec![key(2)] }));
    assert!(!is_up_to_date(&effects), "{effects:?}");
    let effects = handle(Input::BagRows { scope: SALES, rows: rows(&company, &[2]) });
    assert!(matches!(&effects[0], Effect::Send(ClientFrame::BagOffer { rows, .. }) if rows.len() == 1));
    assert!(is_up_to_date(&effects));
}

#[test]
fn nobody_is_up_to_date_before_the_store_has_said_which_rows_it_kept() {
    let (company, mut relay, _, _) = scene();
    // a laptop that has not had the bag's key so far
    let mut ana = Device::new(2, &Company { log: company.log, bag_wraps: vec![] });
    ana.input(Input::Connected { token: "t".into() });
    let mut dice = Dice(14_000);
    let mut sent = std::mem::take(&mut ana.sent);
    let (mut waiting, mut up_to_date) = (0, false);
    while !sent.is_empty() {
        let answers: Vec<_> = sent.drain(..).flat_map(|frame| relay.answer(frame)).collect();
        for answer in answers {
            for effect in ana.engine.handle(Input::Frame(answer), &mut || dice.roll()) {
                match effect {
                    Effect::Send(frame) => sent.push(frame),
                    Effect::StoreBag { scope: SALES, .. } => waiting += 1,
                    Effect::StoreBag { scope, .. } => {
                        ana.engine.handle(Input::BagKept { scope, keys: vec![] }, &mut || dice.roll());
                    }
                    Effect::Status(status) => up_to_date |= status == SyncStatus::UpToDate,
                    _ => {}
                }
            }
        }
    }
    assert_eq!((waiting, up_to_date), (1, false));
    let effects = ana.engine.handle(Input::BagKept { scope: SALES, keys: vec![] }, &mut || dice.roll());
    assert_eq!(effects, [Effect::Status(SyncStatus::UpToDate)]);
}

#[test]
fn an_empty_bag_at_the_relay_is_no_sign_that_it_has_what_was_kept_before_a_restart() {
    let (company, mut relay, mut luis, _) = scene();
    let resume = || Resume {
        bag_wraps: company.bag_wraps.clone(),
        bag_keys: vec![(SALES, key(1))],
        bags_unsure: vec![SALES],
        ..Resume::default()
    };
    luis.engine = Engine::new(Config::default(), keys(1), company.log.clone(), resume());
    luis.online(&mut relay);
    assert_eq!(lacking(&mut luis), [key(1)], "it was told of nothing, and asked for everything");
    luis.input(Input::Disconnected);
    luis.online(&mut relay);
    assert_eq!(lacking(&mut luis), [key(1)], "until it has them");

    luis.engine = Engine::new(Config::default(), keys(1), company.log.clone(), resume());
    luis.input(Input::Connected { token: "t".into() });
    let answers: Vec<_> = std::mem::take(&mut luis.sent).into_iter().flat_map(|frame| relay.answer(frame)).collect();
    for answer in answers {
        luis.frame(answer);
    }
    luis.frame(page(&company, &[1], false));
    assert!(luis.effects.contains(&Effect::BagWhole { scope: SALES }));
    luis.input(Input::Disconnected);
    luis.sent.clear();
    luis.online(&mut relay);
    assert_eq!(lacking(&mut luis), [], "from here on what it has is compared by name");
}

#[test]
fn rows_wait_until_the_relay_has_the_bag_they_belong_to() {
    let (company, mut relay, mut luis, _) = scene();
    relay.bag_wraps.clear();
    let item = OutboxItem {
        id: 1,
        incarnation: Incarnation([1; 16]),
        item: Item::Fact(fact(1, "activity.logged")),
        bag_rows: rows(&company, &[1]),
    };
    luis.outbox.push((SALES, item));
    luis.input(Input::Connected { token: "t".into() });
    let (mut offered, mut pushed) = (false, false);
    for _ in 0..20 {
        for frame in std::mem::take(&mut luis.sent) {
            match &frame {
                ClientFrame::BagOffer { wraps: Some(wraps), .. } => offered |= wraps.scope == SALES,
                ClientFrame::Push { bag_rows, .. } => {
                    assert!(offered, "a relay without the bag would lose the row");
                    pushed |= bag_rows.len() == 1;
                }
                _ => {}
            }
            for answer in relay.answer(frame) {
                luis.frame(answer);
            }
        }
    }
    assert!(pushed);
}

#[test]
fn a_relay_that_has_no_row_at_all_is_given_those_it_was_thought_to_have() {
    let (company, mut relay, mut luis, _) = scene();
    let resume = Resume { bag_wraps: company.bag_wraps.clone(), bag_keys: vec![(SALES, key(1))], ..Resume::default() };
    luis.engine = Engine::new(Config::default(), keys(1), company.log.clone(), resume);
    luis.online(&mut relay);
    assert_eq!(lacking(&mut luis), [], "it said that it has just these");
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![], more: false, listing: false });
    luis.input(Input::Disconnected);
    luis.input(Input::Connected { token: "t".into() });
    let answers: Vec<_> = std::mem::take(&mut luis.sent).into_iter().flat_map(|frame| relay.answer(frame)).collect();
    for answer in answers {
        luis.frame(answer);
    }
    luis.frame(page(&company, &[], false));
    assert_eq!(lacking(&mut luis), [key(1)]);
}

#[test]
fn a_row_of_nonsense_under_a_true_key_is_not_taken_in_and_one_that_came_before_the_bags_key_is_asked_for_again() {
    let (company, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let bag = ring(1, &company).bag(SALES).unwrap().clone();
    let sound = |key: u8| {
        let secret = PersonKey::from_bytes([5; 32]);
        BagRow::wrap(company.log.company(), SALES, &bag, KeyId([key; 16]), &secret, &[6; 24])
    };
    let nonsense = BagRow { wrap: Blob(vec![7; 72]), ..sound(1) };
    luis.frame(ServerFrame::Bag {
        scope: SALES,
        wraps: vec![],
        rows: vec![nonsense, sound(2)],
        more: false,
        listing: false,
    });
    let taken = |device: &mut Device| -> Vec<BagRow> {
        let effects = std::mem::take(&mut device.effects).into_iter();
        effects.flat_map(|effect| if let Effect::StoreBag { rows, .. } = effect { rows } else { vec![] }).collect()
    };
    assert_eq!(taken(&mut luis), [sound(2)]);
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![sound(1)], more: false, listing: false });
    assert_eq!(taken(&mut luis), [sound(1)], "the true one is, when it comes");

    let mut ana = Device::new(2, &Company { log: company.log.clone(), bag_wraps: vec![] });
    relay.bag_wraps.clear();
    ana.online(&mut relay);
    ana.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![sound(3)], more: false, listing: false });
    assert_eq!(taken(&mut ana), [], "nobody can tell yet");
    let wraps = company.bag_wraps.iter().filter(|wraps| wraps.scope == SALES).cloned().collect();
    ana.sent.clear();
    ana.frame(ServerFrame::Bag { scope: SALES, wraps, rows: vec![], more: false, listing: false });
    assert!(ana.sent.iter().any(|frame| matches!(frame, ClientFrame::Bag { scope: SALES, after: None, .. })));
    ana.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![sound(3)], more: false, listing: false });
    assert_eq!(taken(&mut ana), [sound(3)]);
}
