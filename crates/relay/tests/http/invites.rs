//! Invites: one device, one day, one answer for all that is wrong.

use reqwest::{Response, StatusCode};
use zuc_protocol::{
    Rights, Role, codec,
    control::ControlLog,
    enrolment::{INVITE_MS, Invite, InviteOffer, InviteSecret, JoinRequest, JoinStatus, comparison_code},
    ids::{Digest32, InviteId, PersonId},
    messages::ServerFrame,
    suite,
};
use zuc_relay::{Clock as _, HttpOptions};
use zuc_sync::membership::{Joining, approve_join};

use crate::support::{Company, Device, Running, code, http, keys, nonce, post, read, roll};

struct Given {
    invite: Invite,
    offer: InviteOffer,
}

fn given(company: &Company, relay: &Running, id: u8) -> Given {
    let invite = Invite {
        version: suite::VERSION,
        suite: suite::SUITE,
        id: InviteId([id; 16]),
        secret: InviteSecret::from_bytes([id; 16]),
        company: company.id,
        admin: keys(1).public().fingerprint(),
        control_head: company.log.head().head(),
        relay_url: relay.url(""),
    };
    let until_ms = relay.clock.now_ms() + INVITE_MS;
    let offer = InviteOffer::sign(invite.id, company.id, &invite.secret, until_ms, &keys(1));
    Given { invite, offer }
}

async fn offer(device: &Device, relay: &Running, offer: &InviteOffer) -> Response {
    let bytes = codec::encode(offer, codec::MAX_FRAME).unwrap();
    let request = device.http.post(relay.url("/api/v1/invites")).bearer_auth(device.token(relay).await);
    request.header("content-type", "application/octet-stream").body(bytes).send().await.unwrap()
}

async fn join(relay: &Running, access: Digest32, request: &JoinRequest) -> Response {
    post(&http(), &relay.url("/api/v1/joins"), &(access, request)).await
}

async fn status(relay: &Running, invite: &Invite) -> JoinStatus {
    let url = relay.url(&format!("/api/v1/joins/{}?company={}", invite.id, invite.company));
    read(http().get(url).header("x-zuclubit-access", invite.secret.access().to_string()).send().await.unwrap()).await
}

async fn control(relay: &Running, invite: &Invite, access: Digest32) -> Response {
    let url = relay.url(&format!("/api/v1/control?company={}&invite={}", invite.company, invite.id));
    http().get(url).header("x-zuclubit-access", access.to_string()).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_joins_by_an_invite_and_both_screens_show_one_code() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let mut company = Company::found(1);
    let luis = Device::new(1, company.id);
    company.register(&relay, &luis).await;
    let Given { invite, offer: offered } = given(&company, &relay, 5);
    assert_eq!(offer(&luis, &relay, &offered).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(status(&relay, &invite).await, JoinStatus::Gone);

    let request = JoinRequest::make(&invite, keys(2).public(), "Ana", invite.control_head, &nonce());
    assert_eq!(join(&relay, invite.secret.access(), &request).await.status(), StatusCode::ACCEPTED);
    assert_eq!(status(&relay, &invite).await, JoinStatus::Pending);

    // Ana's side: the control log by the invite, the admin in it by the fingerprint.
    let ServerFrame::ControlRecords { records, .. } =
        read(control(&relay, &invite, invite.secret.access()).await).await
    else {
        panic!("no records")
    };
    let log = ControlLog::replay(invite.company, records).unwrap();
    assert!(log.seq_of(invite.control_head).is_some());
    let (_, admin) = log.devices().find(|(_, device)| device.public.fingerprint() == invite.admin).unwrap();
    let shown = comparison_code(&admin.public, &request);

    // Luis's side.
    let pending: Vec<JoinRequest> = read(luis.get(&relay, "/api/v1/joins").await).await;
    assert_eq!(pending, [request]);
    assert_eq!(pending[0].check(invite.id, company.id, &invite.secret).unwrap(), "Ana");
    assert_eq!(comparison_code(&keys(1).public(), &pending[0]), shown);
    let joining = Joining {
        person: PersonId([2; 16]),
        rights: Some(Rights::new([Role::Ventas], [1])),
        device: pending[0].device,
        label: "Ana",
    };
    let steps = approve_join(&company.log, &company.ring, &joining, 2, &mut roll).unwrap();
    company.author(&relay, &luis, steps).await;

    assert_eq!(status(&relay, &invite).await, JoinStatus::Approved);
    assert!(read::<Vec<JoinRequest>>(luis.get(&relay, "/api/v1/joins").await).await.is_empty());
    let ana = Device::new(2, company.id);
    let page = ana.get(&relay, "/api/v1/control?from=1").await;
    assert!(matches!(read(page).await, ServerFrame::ControlRecords { from: 1, records, .. } if !records.is_empty()));
    // Ana sells: she neither invites nor sees who waits.
    let hers = InviteOffer::sign(InviteId([9; 16]), company.id, &invite.secret, offered.until_ms, &keys(2));
    assert_eq!(offer(&ana, &relay, &hers).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ana.get(&relay, "/api/v1/joins").await.status(), StatusCode::FORBIDDEN);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_used_twice_unknown_unproved_or_a_day_old_is_refused_with_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let company = Company::found(1);
    let luis = Device::new(1, company.id);
    company.register(&relay, &luis).await;
    let used = given(&company, &relay, 5);
    let fresh = given(&company, &relay, 6);
    let never = given(&company, &relay, 7);
    for offered in [&used.offer, &fresh.offer] {
        assert_eq!(offer(&luis, &relay, offered).await.status(), StatusCode::NO_CONTENT);
    }
    let longer = InviteOffer::sign(InviteId([8; 16]), company.id, &used.invite.secret, i64::MAX, &keys(1));
    assert_eq!(code(offer(&luis, &relay, &longer).await).await, "enrolment.invite_span");

    let seen = company.log.head().head();
    let request = |given: &Given, seed| JoinRequest::make(&given.invite, keys(seed).public(), "Ana", seen, &nonce());
    let first = request(&used, 2);
    for _ in 0..2 {
        // The identical request again: its answer may have been lost.
        assert_eq!(join(&relay, used.invite.secret.access(), &first).await.status(), StatusCode::ACCEPTED);
    }
    let mut refusals = vec![
        join(&relay, used.invite.secret.access(), &request(&used, 3)).await,
        join(&relay, Digest32([1; 32]), &request(&fresh, 3)).await,
        join(&relay, never.invite.secret.access(), &request(&never, 3)).await,
    ];
    relay.clock.on(INVITE_MS);
    refusals.push(join(&relay, fresh.invite.secret.access(), &request(&fresh, 3)).await);
    let mut bodies = Vec::new();
    for refusal in refusals {
        assert_eq!(refusal.status(), StatusCode::UNPROCESSABLE_ENTITY);
        bodies.push(refusal.text().await.unwrap());
    }
    assert!(bodies[0].contains("enrolment.invite_invalid"), "{}", bodies[0]);
    assert!(bodies[1..].iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert_eq!(status(&relay, &used.invite).await, JoinStatus::Gone);
    assert_eq!(status(&relay, &fresh.invite).await, JoinStatus::Gone);
    let unread = control(&relay, &fresh.invite, fresh.invite.secret.access()).await;
    assert_eq!(code(unread).await, "enrolment.invite_invalid");
    relay.stop().await;
}
