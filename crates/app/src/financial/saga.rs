//! Proposal to cash: from a signed proposal to a drafted invoice, step by step, each step with its record in one
//! transaction; resumed wherever it was interrupted.

use uuid::Uuid;
use zuc_domain::{
    compliance::CfdiState,
    financial::{
        Invoice,
        proposal_to_cash::{Next, ProposalToCash, Step},
    },
    proposal::Proposal,
    shared::{Action, Object, ProposalId, Scope},
};
use zuc_ipc::Changes;
use zuc_protocol::{ids::LogId, receipt::PROPOSAL_TO_CASH as KIND};

use crate::{AppError, Office, failpoint::failpoint, jobs::Leased};

/// Sagas run in one go.
const MOST: u32 = 500;

impl Office {
    /// Runs every saga that is due on this device: of a finance person, with the relay at hand for the lease.
    ///
    /// # Errors
    /// `clock.off`.
    pub(crate) async fn run_sagas(&self) -> Result<(), AppError> {
        if !self.may(Action::RunProposalToCash, Object::in_scope(self.sales())) {
            return Ok(());
        }
        // whoever asks while they run waits for them: afterwards nothing is due
        let _alone = self.sagas.lock().await;
        for proposal in self.store.accepted_without_end(KIND, MOST).await? {
            match self.run_saga(proposal).await {
                Ok(()) => {}
                // it is tried again later
                Err(error) if error.is_network() || error.is_of_lease() => return Ok(()),
                Err(error) if error.code == "clock.off" => return Err(error),
                Err(error) => {
                    tracing::error!(code = error.code, proposal.id = %proposal, "a saga stopped");
                }
            }
        }
        Ok(())
    }

    /// Where the saga of a proposal stands; one that has not begun is at its beginning.
    async fn saga_of(&self, proposal: ProposalId) -> Result<ProposalToCash, AppError> {
        let mut tx = self.begin().await?;
        let saved = tx.saga::<ProposalToCash>(saga_id(proposal)).await?;
        Ok(saved.map(|saved| saved.body).unwrap_or_default())
    }

    async fn run_saga(&self, id: ProposalId) -> Result<(), AppError> {
        failpoint("saga.begins")?;
        // one run at a time over all devices, by one that has read what the one before did
        let Leased { lease, log } = self.lease(KIND, saga_id(id)).await?;
        loop {
            let proposal = self.store.read::<Proposal>(id).await?.ok_or_else(|| AppError::not_found("proposal"))?;
            let mut saga = self.saga_of(id).await?;
            let next = saga.next();
            // asked between transactions: nobody else moves this saga while the lease is ours
            if !lease.runs_at(self.now()) {
                return Err(zuc_store::StoreError::LeaseOver.into());
            }
            let (issued, _not_issuing) = match next {
                Next::Undo(Step::Invoice) => {
                    // between the promise and its record nothing is sealed on this laptop
                    let alone = self.issuing.lock().await;
                    let issued = !self.void_intent_of(id, log).await?;
                    failpoint("saga.promised")?;
                    (issued, Some(alone))
                }
                _ => (false, None),
            };
            let mut tx = self.begin().await?;
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
                Next::Undo(Step::Invoice) if issued => {
                    tracing::warn!("the invoice is being issued: the saga goes forward");
                    saga.forward();
                }
                Next::Undo(step) => {
                    self.undo_step(&mut tx, &proposal, step, saga.failure.as_deref().unwrap_or_default()).await?;
                    saga.undid(step);
                }
            }
            tx.put_saga(saga_id(id), KIND, id, saga.state.name(), &saga, &lease).await?;
            self.commit_under(tx, &lease).await?;
            match next {
                Next::Do(step) => failpoint(&format!("saga.after.{step}"))?,
                Next::Undo(step) => failpoint(&format!("saga.undone.{step}"))?,
                Next::Over => {}
            }
            self.tell(Changes { customers: true, invoices: true, leads: true, ..Changes::default() });
        }
    }

    /// Has the relay promise that the drafted invoice is never issued; `false` when somebody issues it already. Short of
    /// a stamp that is here, what this laptop believes does not count: a document may be sealed, here or elsewhere, that
    /// the ledger never saw. One that was sealed for a ledger the relay has lost may be stamped: it is not asked about.
    async fn void_intent_of(&self, proposal: ProposalId, log: LogId) -> Result<bool, AppError> {
        let id = Invoice::id_for(proposal);
        match self.store.read::<Invoice>(id).await? {
            Some(invoice) if invoice.state() == CfdiState::Stamped => Ok(false),
            Some(invoice) if invoice.state().is_waiting() && self.is_sealed_for_another(&invoice, log).await? => {
                Ok(false)
            }
            Some(invoice) => self.void_intent(&invoice).await,
            None => Ok(true),
        }
    }
}

fn saga_id(proposal: ProposalId) -> Uuid {
    zuc_domain::shared::derive(Scope::Finance, proposal.uuid(), KIND)
}
