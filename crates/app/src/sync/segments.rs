//! Segments of logs that are far ahead of this device, read beside the live exchange, one at a time.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::mpsc;
use zuc_protocol::messages::ServerFrame;
use zuc_protocol::scope::Scope;
use zuc_sync::Input;

use crate::Office;

/// Pages that wait here while one is written.
const WAITING: usize = 2;

/// What is being read, and what is to be read after it.
#[derive(Default)]
pub(super) struct Segments {
    reading: Option<(Scope, mpsc::Receiver<ServerFrame>)>,
    waiting: VecDeque<(Scope, u64)>,
}

impl Segments {
    /// Reads a scope's log above a place, once those before it are read.
    pub(super) fn read(&mut self, office: &Arc<Office>, scope: Scope, from: u64) {
        self.waiting.push_back((scope, from));
        self.go_on(office);
    }

    /// The connection is gone: whoever needs the rest asks for it again.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The next page, or that a segment is at its end; never while none is read.
    pub(super) async fn next(&mut self) -> Input {
        let Some((scope, pages)) = &mut self.reading else { return std::future::pending().await };
        match pages.recv().await {
            Some(page) => Input::Frame(page),
            None => Input::SegmentRead { scope: *scope },
        }
    }

    /// After [`Self::next`] said that one is at its end.
    pub(super) fn over(&mut self, office: &Arc<Office>) {
        self.reading = None;
        self.go_on(office);
    }

    fn go_on(&mut self, office: &Arc<Office>) {
        if self.reading.is_some() {
            return;
        }
        let Some((scope, from)) = self.waiting.pop_front() else { return };
        let (send, pages) = mpsc::channel(WAITING);
        self.reading = Some((scope, pages));
        let (relay, credentials) = (office.exchange.relay(), office.exchange.credentials());
        tokio::spawn(async move {
            let Ok(relay) = relay else { return };
            // how it ended is told by what came of it
            if let Err(error) = relay.segment(&credentials, scope, from, send).await {
                tracing::debug!(code = error.code(), "a segment was not read to its end");
            }
        });
    }
}
