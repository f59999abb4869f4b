//! Proposal to cash: from a signed proposal to a drafted invoice, step by step, each step with its record in one
//! transaction; resumed wherever it was interrupted.

use uuid::Uuid;
use zuc_domain::{
    financial::proposal_to_cash::{Next, ProposalToCash, SagaState},
    proposal::Proposal,
    shared::{Action, Object, ProposalId, Scope},
};
use zuc_ipc::Changes;
use zuc_protocol::receipt::{Claim, Decision};

use crate::{AppError, Office, failpoint::failpoint};

/// Kind of the saga in its table, and job of its lease.
const KIND: &str = "proposal_to_cash";
/// How long the lease of one run lasts.
const LEASE_MS: u32 = 120_000;
/// Proposals looked at in one go.
const MOST: u32 = 500;

impl Office {
    /// Runs every saga that is due on this device: of a finance person, with the relay at hand for the lease.
    pub(crate) async fn run_sagas(&self) -> Result<(), AppError> {
        if !self.may(Action::RunProposalToCash, Object::in_scope(self.sales())) {
            return Ok(());
        }
        let Ok(_alone) = self.sagas.try_lock() else { return Ok(()) };
        for row in self.store.proposals(0, MOST).await? {
            if row.state != "accepted" || self.is_settled(row.id).await? {
                continue;
            }
            match self.run_saga(row.id).await {
                Ok(()) => {}
                // another device holds the lease, or nobody answers: it is tried again later
                Err(error) if error.is_network() || error.code == "relay.leased" => return Ok(()),
                Err(error) => {
                    tracing::error!(code = error.code, proposal.id = %row.id, "a saga stopped");
                }
            }
        }
        Ok(())
    }

    async fn is_settled(&self, proposal: ProposalId) -> Result<bool, AppError> {
        let mut tx = self.begin().await?;
        let saved = tx.saga::<ProposalToCash>(saga_id(proposal)).await?;
        Ok(saved.is_some_and(|saved| matches!(saved.body.state, SagaState::Done | SagaState::Compensated)))
    }

    async fn run_saga(&self, id: ProposalId) -> Result<(), AppError> {
        self.lease(id).await?;
        loop {
            let proposal = self.store.read::<Proposal>(id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
            let mut tx = self.begin().await?;
            let saved = tx.saga::<ProposalToCash>(saga_id(id)).await?;
            let mut saga = saved.map(|saved| saved.body).unwrap_or_default();
            let next = saga.next();
            match next {
                Next::Over => return Ok(()),
                Next::Do(step) => {
                    let place = format!("saga.{step}");
                    let done = match failpoint(&place) {
                        Ok(()) => self.do_step(&mut tx, &proposal, step).await,
                        Err(error) => Err(error),
                    };
                    match done {
                        Ok(made) => saga.did(step, made),
                        Err(error) if error.is_passing() => return Err(error),
                        Err(error) => {
                            // what this step had begun is dropped with its transaction
                            drop(tx);
                            tx = self.begin().await?;
                            if !saga.fail(&error.code) {
                                return Err(error);
                            }
                            tracing::warn!(code = error.code, step = %step, "a saga takes its steps back");
                        }
                    }
                }
                Next::Undo(step) => {
                    self.undo_step(&mut tx, &proposal, step, saga.failure.as_deref().unwrap_or_default()).await?;
                    saga.undid(step);
                }
            }
            tx.put_saga(saga_id(id), KIND, id, saga.state.name(), &saga).await?;
            tx.commit().await?;
            if let Next::Do(step) | Next::Undo(step) = next {
                failpoint(&format!("saga.after.{step}"))?;
            }
            self.tell(Changes { customers: true, invoices: true, leads: true, ..Changes::default() });
        }
    }

    /// One run at a time over all devices: a fenced lease of the relay.
    async fn lease(&self, proposal: ProposalId) -> Result<(), AppError> {
        let claim = Claim::Lease { job: KIND.to_owned(), period: proposal.to_string(), for_ms: LEASE_MS };
        let receipt = self.claim(claim).await?;
        let me = zuc_protocol::ids::DeviceId::from_uuid(self.actor.device.uuid());
        match self.receipt(&receipt)? {
            Decision::Lease { device, .. } if device == me => Ok(()),
            _ => Err(AppError::new("relay.leased", "another device runs it")),
        }
    }
}

fn saga_id(proposal: ProposalId) -> Uuid {
    zuc_domain::shared::derive(Scope::Finance, proposal.uuid(), KIND)
}
