//! Many companies at one relay, and their sockets.

use std::net::Ipv4Addr;

use futures::{StreamExt as _, stream};
use reqwest::{Client, Response, StatusCode};
use tokio_tungstenite::connect_async;
use zuc_protocol::{
    codec,
    ids::CompanyId,
    messages::{ClientFrame, ServerFrame},
    session::{Challenge, ChallengeAnswer, SessionToken},
    suite,
};

use crate::support::{Company, Socket, http, keys, read, roll};

/// Who speaks to a relay that takes the word of the proxy before it.
pub(crate) struct Crowd {
    http: Client,
    address: String,
}

impl Crowd {
    /// Before the relay that listens there.
    pub(crate) fn at(address: &str) -> Self {
        Self { http: http(), address: address.to_owned() }
    }

    /// So many companies that were founded just now.
    pub(crate) async fn companies(&self, count: usize) -> Vec<Company> {
        stream::iter(0..count).map(|_| self.found()).buffered(4).collect().await
    }

    /// So many sockets of each company, which have greeted, subscribed and been answered.
    pub(crate) async fn sockets(&self, companies: &[Company], each: usize) -> Vec<Socket> {
        let all = (0..each).flat_map(|_| companies);
        stream::iter(all).map(|company| self.socket(company)).buffered(8).collect().await
    }

    async fn found(&self) -> Company {
        let company = Company::found(1);
        let answer = self.post("/api/v1/companies", &company.genesis).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        company
    }

    async fn socket(&self, company: &Company) -> Socket {
        let token = self.token(company.id).await;
        let (socket, _) = connect_async(format!("ws://{}/api/v1/sync", self.address)).await.unwrap();
        let mut socket = Socket(socket);
        let (version, control) = (suite::VERSION, company.log.head());
        socket.send(&ClientFrame::Hello { version, token, control, log: None }).await;
        assert!(matches!(socket.next().await, ServerFrame::Welcome { .. }));
        socket.subscribe(0).await;
        socket.send(&ClientFrame::Ping(1)).await;
        assert!(matches!(socket.next().await, ServerFrame::Pong { .. }));
        socket
    }

    async fn token(&self, company: CompanyId) -> String {
        let challenge: Challenge = read(self.post("/api/v1/session/challenge", &company).await).await;
        let answer = ChallengeAnswer::sign(challenge, company, &keys(1)).unwrap();
        read::<SessionToken>(self.post("/api/v1/session", &answer).await).await.token
    }

    async fn post<T: serde::Serialize>(&self, path: &str, body: &T) -> Response {
        let bytes = codec::encode(body, codec::MAX_FRAME).unwrap();
        let request = self.http.post(format!("http://{}{path}", self.address)).body(bytes);
        // as many addresses as calls: founding is limited by address
        let origin = u32::from_le_bytes(roll()[..4].try_into().unwrap());
        let origin = Ipv4Addr::from(origin).to_string();
        let request = request.header("content-type", "application/octet-stream").header("x-forwarded-for", origin);
        request.send().await.unwrap()
    }
}
