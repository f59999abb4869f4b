//! Limits: requests, wrong proofs, sizes, slow readers.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use zuc_protocol::{
    codec::MAX_FRAME,
    ids::BatchHash,
    messages::{ClientFrame, ScopeCursor, ServerFrame},
    session::{Challenge, ChallengeAnswer},
};
use zuc_relay::HttpOptions;

use crate::{
    exchange::company_of_two,
    support::{Company, Device, Running, SALES, batch, code, http, keys, post, push, read, roll},
};

fn retry_after(answer: &Response) -> u64 {
    answer.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_that_asks_too_often_waits_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions { per_company: 20, ..HttpOptions::default() }).await;
    let (loud, quiet) = (Company::found(1), Company::found(2));
    for company in [&loud, &quiet] {
        let answer = post(&http(), &relay.url("/api/v1/companies"), &company.genesis).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
    let device = Device::new(1, loud.id);
    let token = device.token(&relay).await;
    let mut last = None;
    for _ in 0..20 {
        let answer = device.http.get(relay.url("/api/v1/control")).bearer_auth(&token).send().await.unwrap();
        last = Some(answer);
    }
    let refused = last.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&retry_after(&refused)));
    assert_eq!(code(refused).await, "relay.too_many_requests");
    let answer = Device::new(2, quiet.id).get(&relay, "/api/v1/control").await;
    assert_eq!(answer.status(), StatusCode::OK);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_counts_once_for_one_device_and_guesses_end_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions { wrong_proofs: 3, ..HttpOptions::default() }).await;
    let company = Company::found(1);
    let luis = Device::new(1, company.id);
    assert_eq!(post(&luis.http, &relay.url("/api/v1/companies"), &company.genesis).await.status(), StatusCode::CREATED);
    let url = relay.url("/api/v1/session");
    let answer = luis.challenge(&relay).await;
    assert_eq!(post(&luis.http, &url, &answer).await.status(), StatusCode::OK);
    // Captured and sent again; of a stranger; under another's name.
    let stranger = Device::new(9, company.id).challenge(&relay).await;
    let forged = ChallengeAnswer { device: keys(1).id(), ..Device::new(9, company.id).challenge(&relay).await };
    for wrong in [&answer, &stranger, &forged] {
        let refused = post(&luis.http, &url, wrong).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(code(refused).await, "relay.no_session");
    }
    let right = luis.challenge(&relay).await;
    let refused = post(&luis.http, &url, &right).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&retry_after(&refused)));
    relay.clock.on(61_000);
    luis.token(&relay).await;

    let late: Challenge = read(post(&luis.http, &relay.url("/api/v1/session/challenge"), &company.id).await).await;
    relay.clock.on(61_000);
    let late = ChallengeAnswer::sign(late, company.id, &keys(1)).unwrap();
    assert_eq!(post(&luis.http, &url, &late).await.status(), StatusCode::UNAUTHORIZED);
    let token = luis.token(&relay).await;
    relay.clock.on(16 * 60_000);
    let over = luis.http.get(relay.url("/api/v1/control")).bearer_auth(token).send().await.unwrap();
    assert_eq!(code(over).await, "relay.no_session");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_above_a_frame_is_refused_and_a_socket_that_babbles_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let (company, luis, _ana) = company_of_two(&relay).await;
    let token = luis.token(&relay).await;
    let send = |bytes: Vec<u8>| {
        let request = luis.http.post(relay.url("/api/v1/frames")).bearer_auth(&token);
        request.header("content-type", "application/octet-stream").body(bytes).send()
    };
    let large = send(vec![0; MAX_FRAME + 1]).await.unwrap();
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(code(send(vec![0xff; 40]).await.unwrap()).await, "sync.malformed");
    let live = send(ClientFrame::Subscribe { cursors: vec![] }.to_bytes().unwrap()).await.unwrap();
    assert_eq!(code(live).await, "relay.socket_only");

    let (socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/api/v1/sync", relay.address)).await.unwrap();
    let mut stranger = crate::support::Socket(socket);
    let (version, token, control) = (zuc_protocol::suite::VERSION, "none".to_owned(), company.log.head());
    stranger.send(&ClientFrame::Hello { version, token, control, log: None }).await;
    assert_eq!(stranger.next().await, ServerFrame::GoAway { code: "relay.no_session".to_owned() });
    assert_eq!(stranger.try_next().await, None);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_told_to_go_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let options = HttpOptions { slow: Duration::from_millis(200), ..HttpOptions::default() };
    let relay = Running::start(folder.path(), options).await;
    let (company, luis, ana) = company_of_two(&relay).await;
    let mut hers = ana.connect(&relay, &company.log).await;
    assert!(matches!(hers.next().await, ServerFrame::Welcome { .. }));
    hers.subscribe(0).await;

    let mut his = luis.connect(&relay, &company.log).await;
    assert!(matches!(his.next().await, ServerFrame::Welcome { .. }));
    let mut prev = BatchHash::NONE;
    // Above what the system's buffers take on both sides.
    let total = 160_u64;
    for number in 1..=total {
        let noise: String = (0..2_800).map(|_| blake3::Hash::from_bytes(roll()).to_hex().to_string()).collect();
        let batch = batch(&company.log, &company.ring, number, prev, &noise, vec![]);
        prev = batch.hash();
        his.send(&push(&[&batch])).await;
        assert!(matches!(his.next().await, ServerFrame::Ack { .. }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    // What was under way arrives; then the line ends.
    let mut seen = 0;
    while let Some(frame) = hers.try_next().await {
        if let ServerFrame::Entries { entries, .. } = frame {
            seen += entries.len() as u64;
        }
    }
    assert!(seen < total, "all {total} entries fitted the buffers: the test proves nothing");
    let caught_up = ana.get(&relay, &format!("/api/v1/scopes/sales.1/entries?from={seen}")).await;
    assert!(matches!(read(caught_up).await, ServerFrame::Entries { entries, .. } if !entries.is_empty()));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_comes_ahead_of_credit_and_who_gives_none_is_told_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let options = HttpOptions { slow: Duration::from_millis(2_500), ..HttpOptions::default() };
    let relay = Running::start(folder.path(), options).await;
    let (company, luis, ana) = company_of_two(&relay).await;
    let mut hers = ana.connect(&relay, &company.log).await;
    assert!(matches!(hers.next().await, ServerFrame::Welcome { .. }));
    hers.send(&ClientFrame::Credit { frames: 2 }).await;
    hers.send(&ClientFrame::Subscribe { cursors: vec![ScopeCursor { scope: SALES, seq: 0 }] }).await;
    hers.send(&ClientFrame::Ping(1)).await;
    assert!(matches!(hers.next().await, ServerFrame::Pong { .. }), "nothing is there yet");
    let mut prev = BatchHash::NONE;
    for number in 1..=4 {
        let batch = batch(&company.log, &company.ring, number, prev, "llamada", vec![]);
        prev = batch.hash();
        luis.ask(&relay, &push(&[&batch])).await;
        if number <= 2 {
            let frame = hers.next().await;
            assert!(matches!(&frame, ServerFrame::Entries { head, .. } if *head == number), "{frame:?}");
        }
    }
    // what is asked for comes all the same, and more credit brings the rest
    hers.send(&ClientFrame::Pull { scope: SALES, from: 3, max: 1 }).await;
    assert!(matches!(hers.next().await, ServerFrame::Entries { from: 3, .. }));
    hers.send(&ClientFrame::Credit { frames: 1 }).await;
    let ServerFrame::Entries { from: 2, entries, .. } = hers.next().await else { panic!("no entries") };
    assert_eq!(entries.len(), 2);
    hers.send(&ClientFrame::Ping(2)).await;
    assert!(matches!(hers.next().await, ServerFrame::Pong { .. }), "nothing waits: no hurry");
    tokio::time::sleep(Duration::from_secs(3)).await;
    hers.send(&ClientFrame::Ping(3)).await;
    assert!(matches!(hers.next().await, ServerFrame::Pong { .. }), "who is owed nothing may be silent");
    let batch = batch(&company.log, &company.ring, 5, prev, "llamada", vec![]);
    luis.ask(&relay, &push(&[&batch])).await;
    assert_eq!(hers.next().await, ServerFrame::GoAway { code: "relay.no_credit".to_owned() });
    assert_eq!(hers.try_next().await, None);
    relay.stop().await;
}
