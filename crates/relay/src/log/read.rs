//! Reading: welcome, pull, live entries.

use std::collections::HashMap;

use zuc_protocol::{
    Scope,
    control::{ControlLog, Mark},
    ids::{CompanyId, ControlHash, DeviceId},
    messages::ServerFrame,
    person_key::held_rows,
    suite,
};

use zuc_relay_store::{AuthorHead, StoreError};

use super::{LogService, Session};
use crate::RelayError;

/// Entries in one frame.
const PAGE: u32 = 4_096;
/// Bytes of entries in one frame; one entry of 256 KiB more still fits into a frame.
const PAGE_BYTES: usize = 700 * 1024;
/// Bytes of entries that one poll reads: with thousands of sockets, what each holds while it is sent counts.
const LIVE_BYTES: usize = 256 * 1024;

impl LogService {
    pub(super) async fn welcome(&self, session: &Session, known: ControlHash) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        let stopped = !session.root && control.rights(session.device).is_none();
        // A member asks for the records it lacks. Who is none any more is shown them at once, and then told to go.
        let shown = if stopped { control.seq_of(known.head()).map_or(0, |seq| seq + 1) } else { control.len() };
        session.set_control_len(shown);
        let log = self.store.log_id(session.company).await?;
        session.set_log(log);
        let mut frames = vec![ServerFrame::Welcome {
            version: suite::VERSION,
            log,
            time_ms: self.clock.now_ms(),
            control: control.head(),
            control_len: control.len(),
            heads: self.heads(session).await?,
        }];
        if !stopped {
            session.tell_loss(None);
            frames.extend(self.loss_news(session).await?);
        }
        Ok(frames)
    }

    pub(super) async fn pull(
        &self,
        session: &Session,
        scope: Scope,
        from: u64,
        max: u32,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        if !self.control(session.company).await?.may_read(session.device, scope) {
            return Err(RelayError::NotAllowed);
        }
        self.page(session.company, scope, from, max, PAGE_BYTES).await.map(|frame| vec![frame])
    }

    async fn page(
        &self,
        company: CompanyId,
        scope: Scope,
        from: u64,
        max: u32,
        bytes: usize,
    ) -> Result<ServerFrame, RelayError> {
        let page = self.store.read(company, scope, from, max.clamp(1, PAGE), bytes).await?;
        if from < page.begins {
            return self.begins(company, scope, page.begins, page.head).await;
        }
        Ok(ServerFrame::Entries { scope, from, entries: page.entries, head: page.head, chain: page.chain })
    }

    /// Says from where on a log is here.
    pub(super) async fn begins(
        &self,
        company: CompanyId,
        scope: Scope,
        at: u64,
        head: u64,
    ) -> Result<ServerFrame, RelayError> {
        let chain = self.store.chain_at(company, scope, at).await?;
        let chain = chain.ok_or(StoreError::Corrupt { table: "log_begin", column: "seq" })?;
        Ok(ServerFrame::Begins { scope, at, chain, head })
    }

    /// What the session has not been sent yet: control records first, then, as far as its credit goes, a frame of each
    /// subscribed scope.
    ///
    /// Call it again until it gives nothing; if the session starves then, there is more once it gives credit. A device that
    /// is no member any more is shown the record that says so and told to go.
    pub async fn poll(&self, session: &Session) -> Vec<ServerFrame> {
        match self.try_poll(session).await {
            Ok(frames) => frames,
            Err(error) => {
                session.end();
                vec![super::other_refusal(&error), ServerFrame::GoAway { code: error.code().to_owned() }]
            }
        }
    }

    async fn try_poll(&self, session: &Session) -> Result<Vec<ServerFrame>, RelayError> {
        if session.is_over() {
            return Ok(vec![]);
        }
        if self.is_outdated(session) {
            session.end();
            return Ok(vec![ServerFrame::GoAway { code: "relay.log_changed".to_owned() }]);
        }
        // Entries are read first: whatever keys and records they name were there before them, and are sent before them.
        let heads: HashMap<Scope, _> = self.store.heads(session.company).await?.into_iter().collect();
        let credit = session.credit();
        let (mut pages, mut room, mut read, mut starves) = (Vec::new(), LIVE_BYTES, 0, false);
        for (scope, from) in session.cursors() {
            let moved = heads.get(&scope).is_some_and(|head| head.seq > from);
            let page = if moved && read < credit && room > 0 {
                let page = self.page(session.company, scope, from, PAGE, room).await?;
                room = room.saturating_sub(weight(&page));
                read += 1;
                Some(page)
            } else {
                None
            };
            starves |= moved && credit == 0;
            pages.push((scope, from, page));
        }
        session.set_starves(starves);
        let control = self.control(session.company).await?;
        let mut frames = Vec::new();
        let known = session.control_len();
        if control.len() > known {
            let frame = self.control_records(session.company, known).await?;
            if let ServerFrame::ControlRecords { from, records, .. } = &frame {
                session.set_control_len(from + records.len() as u64);
            }
            frames.push(frame);
        }
        if session.control_len() < control.len() {
            return Ok(frames);
        }
        if !session.root && control.rights(session.device).is_none() {
            session.end();
            frames.push(ServerFrame::GoAway { code: "sync.revoked".to_owned() });
            return Ok(frames);
        }
        if session.knows_of_a_loss() {
            frames.extend(self.loss_news(session).await?);
        }
        if credit > 0 {
            let before = frames.len();
            self.bag_frames(session, &control, &mut frames).await?;
            session.spend(frames.len() - before);
        }
        for (scope, from, page) in pages {
            if !control.may_read(session.device, scope) {
                session.unsubscribe(scope);
                frames.push(super::other_refusal(&RelayError::NotAllowed));
                continue;
            }
            if let Some(ServerFrame::Begins { at, .. }) = page {
                // what comes back is sent as it would have been
                if session.tell_begin(scope, at) {
                    session.spend(1);
                    frames.extend(page);
                }
                continue;
            }
            if let Some(ServerFrame::Entries { entries, .. }) = &page
                && let Some(last) = entries.last()
                && session.advance(scope, from, last.seq)
            {
                session.spend(1);
                frames.extend(page);
            }
        }
        frames.extend(super::glance::frames(session, &control, credit));
        Ok(frames)
    }

    /// What others added to the bags that the session may read.
    async fn bag_frames(
        &self,
        session: &Session,
        control: &ControlLog,
        frames: &mut Vec<ServerFrame>,
    ) -> Result<(), RelayError> {
        let Some(all) = session.bag_news() else {
            for (scope, _) in session.cursors() {
                if control.may_read(session.device, scope) {
                    frames.extend(self.bag(session, scope, held_rows([]), None).await?);
                }
            }
            return Ok(());
        };
        for news in all {
            if news.from != session.device && control.may_read(session.device, news.scope) {
                let (wraps, rows) = (news.wraps.clone(), news.rows.clone());
                frames.push(ServerFrame::Bag { scope: news.scope, wraps, rows, more: false, listing: false });
            }
        }
        Ok(())
    }

    pub(super) async fn marks(&self, session: &Session, device: DeviceId) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if control.rights(session.device).is_none() && !session.root {
            return Err(RelayError::NotAllowed);
        }
        let marks = self.store.author_heads(session.company, device).await?;
        let mark = |head: AuthorHead| Mark { device, scope: head.scope, number: head.number, last: head.hash };
        let marks = marks.into_iter().map(mark).collect();
        Ok(vec![ServerFrame::Marks { marks }])
    }
}

/// Bytes of entries in a frame.
fn weight(frame: &ServerFrame) -> usize {
    match frame {
        ServerFrame::Entries { entries, .. } => entries.iter().map(|entry| entry.bytes.0.len()).sum(),
        _ => 0,
    }
}
