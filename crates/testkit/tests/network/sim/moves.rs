//! Leads that go to another team, of which not everybody reads anything.

use zuc_app::AppError;
use zuc_app::leads::{self, Moved};
use zuc_domain::lead::Lead;
use zuc_domain::shared::{Action, LeadId, Object, Scope};
use zuc_protocol::{Rights, Role};
use zuc_testkit::network::Laptop;

use super::week::Week;
use crate::work::may;

/// The other team.
pub(super) const THEIRS: Scope = Scope::Sales(2);
/// Who sells in both.
const BETO: usize = 2;

impl Week {
    /// The company gets a second team; who manages reads both, and of those who sell one.
    pub(super) async fn open_another_team(&mut self) {
        self.network.change_roles(BETO, Rights::new([Role::Ventas], [1, 2])).await;
        self.network.settle().await;
    }

    /// Somebody lets a lead go to the other team, where they may.
    pub(super) async fn move_on(&mut self, laptop: usize) {
        let Some(lead) = self.draw.one(&self.done.leads).filter(|lead| !self.done.deleted.contains(lead)) else {
            return;
        };
        let laptop = &mut self.network.laptops[laptop];
        let moved = Box::pin(let_go(laptop, lead)).await;
        let to = moved.as_ref().ok().and_then(|moved| moved.as_ref()).map(|moved| moved.to);
        let done = self.done.outcome(laptop, moved.map(|moved| moved.is_some()));
        self.figures.moved += u64::from(done == Some(true));
        match to {
            Some(to) => self.done.merges.done(lead, to),
            None if done.is_none() => self.done.merges.blur(lead),
            None => {}
        }
    }
}

async fn let_go(laptop: &mut Laptop, lead: LeadId) -> Result<Option<Moved>, AppError> {
    let Some(found) = laptop.store.read::<Lead>(lead).await? else { return Ok(None) };
    let object = Object { scope: found.scope, owner: found.owner };
    if !may(laptop, Action::MoveLead, &object) || !may(laptop, Action::CreateLead, &Object::in_scope(THEIRS)) {
        return Ok(None);
    }
    let mut tx = laptop.begin().await?;
    let moved = leads::let_go(&mut tx, lead, THEIRS, false).await?;
    laptop.commit(tx).await?;
    Ok(Some(moved))
}
