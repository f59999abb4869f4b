//! The client against the real relay.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, time::timeout};
use zuc_app::ports::{Clock as _, Credentials, RelayError, Relays as _};
use zuc_gateways::{RelayAddresses, SystemClock};
use zuc_protocol::{
    control::{ControlAct, ControlLog},
    enrolment::{INVITE_MS, Invite, InviteOffer, InviteSecret, JoinRequest, JoinStatus},
    identity::DeviceKeys,
    ids::{Digest32, InviteId},
    messages::{ClientFrame, ServerFrame},
    suite,
};

use crate::support::{Running, company, random};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_registers_invites_asks_and_exchanges_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), 0).await;
    let port = running.address.port();
    let url = format!("http://127.0.0.1:{port}");
    let relay = RelayAddresses::default().at(&url).unwrap();
    let device = Arc::new(DeviceKeys::from_seeds(&random(), &random()));
    let genesis = company(&device);
    let log = ControlLog::open(genesis.clone()).unwrap();
    let who = Credentials { company: log.company(), device: device.clone() };

    let unknown = relay.ask(&who, ClientFrame::Heads).await.unwrap_err();
    assert_eq!(unknown.code(), "relay.unknown_company");
    relay.register(std::slice::from_ref(&genesis)).await.unwrap();
    relay.register(std::slice::from_ref(&genesis)).await.unwrap();
    let key = relay.identity().await.unwrap().key;
    assert!(
        matches!(relay.ask(&who, ClientFrame::Heads).await.unwrap(), ServerFrame::Heads { heads } if !heads.is_empty())
    );

    let secret = InviteSecret::from_bytes(random());
    let invite = Invite {
        version: suite::VERSION,
        suite: suite::SUITE,
        id: InviteId(random()),
        secret: secret.clone(),
        company: log.company(),
        admin: device.public().fingerprint(),
        control_head: log.head().head(),
        relay_url: url,
    };
    let until_ms = SystemClock.now().as_millisecond() + INVITE_MS;
    let offer = InviteOffer::sign(invite.id, log.company(), &secret, until_ms, &device);
    relay.offer_invite(&who, &offer).await.unwrap();
    let joining = DeviceKeys::from_seeds(&random(), &random());
    let request = JoinRequest::make(&invite, joining.public(), "Ana", invite.control_head, &random());
    let wrong = relay.join(&Digest32([0; 32]), &request).await.unwrap_err();
    assert_eq!(wrong.code(), "enrolment.invite_invalid");
    relay.join(&secret.access(), &request).await.unwrap();
    assert_eq!(relay.pending_joins(&who).await.unwrap(), [request]);
    let status = relay.join_status(log.company(), invite.id, &secret.access()).await.unwrap();
    assert_eq!(status, JoinStatus::Pending);
    assert_eq!(relay.control(log.company(), invite.id, &secret.access()).await.unwrap(), [genesis]);

    let mut link = relay.connect(&who).await.unwrap();
    let hello =
        ClientFrame::Hello { version: suite::VERSION, token: link.token.clone(), control: log.head(), log: None };
    link.send.send(hello).await.unwrap();
    assert!(matches!(link.receive.recv().await.unwrap(), ServerFrame::Welcome { .. }));

    running.stop().await;
    assert!(matches!(link.receive.recv().await, Some(ServerFrame::GoAway { .. })));
    let ended = timeout(Duration::from_secs(5), link.receive.recv()).await;
    assert!(matches!(ended, Ok(None)));
    assert_eq!(relay.ask(&who, ClientFrame::Heads).await.unwrap_err().code(), "relay.unreachable");
    assert!(matches!(relay.connect(&who).await, Err(RelayError::Unreachable(_))));

    // The new process knows neither token nor socket, and the same company.
    let running = Running::start(folder.path(), port).await;
    assert!(matches!(relay.ask(&who, ClientFrame::Heads).await.unwrap(), ServerFrame::Heads { .. }));
    assert_eq!(relay.identity().await.unwrap().key, key);
    let mut link = relay.connect(&who).await.unwrap();
    let hello =
        ClientFrame::Hello { version: suite::VERSION, token: link.token.clone(), control: log.head(), log: None };
    link.send.send(hello).await.unwrap();
    assert!(matches!(link.receive.recv().await.unwrap(), ServerFrame::Welcome { .. }));
    drop(link);
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_relay_answers_with_a_code() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let relay = RelayAddresses::default().at(&format!("http://127.0.0.1:{port}")).unwrap();
    assert_eq!(relay.identity().await.unwrap_err().code(), "relay.unreachable");

    // Something else listens there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 1024];
            let _read = tokio::io::AsyncReadExt::read(&mut stream, &mut question).await;
            let page = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
            let _gone = tokio::io::AsyncWriteExt::write_all(&mut stream, page).await;
        }
    });
    let relay = RelayAddresses::default().at(&format!("http://{address}")).unwrap();
    assert_eq!(relay.identity().await.unwrap_err().code(), "relay.nonsense");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_lost_its_data_is_given_the_whole_control_log() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), 0).await;
    let relay = RelayAddresses::default().at(&format!("http://{}", running.address)).unwrap();
    let device = Arc::new(DeviceKeys::from_seeds(&random(), &random()));
    let mut log = ControlLog::open(company(&device)).unwrap();
    for floor in 1..=300 {
        log.append(log.sign(ControlAct::SchemaFloor(floor), 1, &device).unwrap()).unwrap();
    }
    let who = Credentials { company: log.company(), device: device.clone() };
    for _again in 0..2 {
        relay.register(log.records_from(0)).await.unwrap();
    }
    let ServerFrame::ControlRecords { records, len, .. } =
        relay.ask(&who, ClientFrame::Control { from: 0 }).await.unwrap()
    else {
        panic!("no records")
    };
    assert_eq!((records.len() as u64, len), (301, 301));
    running.stop().await;
}
