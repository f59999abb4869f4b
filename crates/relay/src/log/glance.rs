//! Where people look, passed on to whoever reads the same scope and is there to hear it. None of it is kept.

use std::sync::Arc;

use zuc_protocol::{
    Scope,
    control::ControlLog,
    glance::{MAX_SEALED, SealedGlance},
    ids::DeviceId,
    messages::ServerFrame,
};

use super::{LogService, Session};
use crate::RelayError;

/// So much time lies between two of one device; what comes sooner is dropped.
const APART_MS: i64 = 500;

/// Where somebody looks.
#[derive(Debug)]
pub(crate) struct Passing {
    pub(crate) from: DeviceId,
    pub(crate) scope: Scope,
    pub(crate) glance: SealedGlance,
}

impl LogService {
    pub(super) async fn glance(
        &self,
        session: &Session,
        scope: Scope,
        glance: SealedGlance,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        let fits = glance.author == session.device && glance.sealed.len() <= MAX_SEALED;
        if fits && control.may_read(session.device, scope) && session.may_glance(self.clock.now_ms(), APART_MS) {
            self.pass_on(session.company, Passing { from: session.device, scope, glance });
        }
        Ok(vec![])
    }
}

/// What has passed since a session was polled last, for who follows these scopes; gone by then where it has no credit.
pub(super) fn frames(session: &Session, control: &ControlLog, credit: u32) -> Vec<ServerFrame> {
    let passed: Vec<Arc<Passing>> = session.glances();
    if credit == 0 {
        return vec![];
    }
    let follows: Vec<Scope> = session.cursors().into_iter().map(|(scope, _)| scope).collect();
    let hears = |passing: &&Arc<Passing>| {
        passing.from != session.device
            && follows.contains(&passing.scope)
            && control.may_read(session.device, passing.scope)
    };
    let frame = |passing: &Arc<Passing>| ServerFrame::Glance { scope: passing.scope, glance: passing.glance.clone() };
    passed.iter().filter(hears).map(frame).collect()
}
