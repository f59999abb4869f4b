//! A log that was lost: noticed by what laptops have seen, and its membership taken back.
//!
//! Nothing is believed that is not signed: records of membership by members, batches by their authors, facts by the relay
//! (`offer.rs`). That something was lost is believed at once, for it stops the stamping and starts nothing.

use zuc_protocol::{
    control::{ControlError, SignedControl},
    ids::{CompanyId, ControlHash, LogId},
    messages::{ScopeHead, ServerFrame},
};
use zuc_relay_store::{ControlAppend, GaveBack, StoreError, label};

use super::{LogService, RETRIES, Session, bag};
use crate::{RelayError, chance::random};

impl LogService {
    /// Looks at what a device that greets has seen before: another log than this, or a control record that is not here,
    /// tells that something was lost.
    pub(super) async fn meet(
        &self,
        session: &Session,
        log: Option<LogId>,
        known: ControlHash,
    ) -> Result<(), RelayError> {
        let company = session.company;
        if self.control(company).await?.rights(session.device).is_none() {
            // who is out stops nobody's stamping
            return Ok(());
        }
        let stands = self.store.log_id(company).await?;
        let is_other = log.is_some_and(|log| log != stands);
        match self.store.loss(company).await? {
            None => {
                let control = self.control(company).await?;
                // an act of another node's laptop may not have been folded here yet
                let is_unknown = control.seq_of(known.head()).is_none()
                    && self.refresh(company).await?.seq_of(known.head()).is_none();
                if is_other || is_unknown {
                    // One that was begun anew has a name of its own already; one that went back has the old one.
                    self.note_loss(session.company, stands, !is_other).await?;
                }
            }
            Some(loss) if log.is_none() && loss.offered.iter().all(|gave| gave.device != session.device) => {
                let newcomer = GaveBack { device: session.device, witness: false };
                self.store.note_offered(company, stands, newcomer).await?;
                self.thaw_when_whole(company).await?;
            }
            Some(_) => {}
        }
        Ok(())
    }

    async fn note_loss(&self, company: CompanyId, stands: LogId, rename: bool) -> Result<(), RelayError> {
        let log = if rename { LogId(random()) } else { stands };
        if self.store.note_loss(company, stands, log).await? {
            tracing::warn!(company.label = label(company), "the log follows a lost one: nothing is stamped for now");
            metrics::counter!("relay_logs_lost_total").increment(1);
            if rename {
                self.renamed(company, log);
            }
        }
        Ok(())
    }

    /// A device has read further than this log goes, or elsewhere: it gets another name, so that everybody reads it anew.
    pub(super) async fn behind(
        &self,
        session: &Session,
        log: LogId,
        at: ScopeHead,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if !control.may_read(session.device, at.scope) {
            return Err(RelayError::NotAllowed);
        }
        if log == self.store.log_id(session.company).await? && self.went_back(session.company, at).await? {
            self.note_loss(session.company, log, true).await?;
        }
        self.welcome(session, control.head()).await
    }

    /// A device has read a log that followed the one of this name, so this disk went back to before it had the other: it gets
    /// another name, for what is sealed under two names in turn shows two logs.
    pub(super) async fn followed(&self, session: &Session, log: LogId) -> Result<Vec<ServerFrame>, RelayError> {
        let control = self.control(session.company).await?;
        if control.rights(session.device).is_none() {
            return Err(RelayError::NotAllowed);
        }
        if log == self.store.log_id(session.company).await? {
            self.note_loss(session.company, log, true).await?;
        }
        self.welcome(session, control.head()).await
    }

    async fn went_back(&self, company: CompanyId, at: ScopeHead) -> Result<bool, RelayError> {
        Ok(at.seq > 0 && self.store.chain_at(company, at.scope, at.seq).await? != Some(at.chain))
    }

    /// Makes room for a company that had one, with the records of its membership, in order from any place on.
    ///
    /// The records are their own proof: who shows more of them than are here shows that some were lost.
    ///
    /// # Errors
    /// [`RelayError`] when the genesis, or a record that follows what is here, does not stand.
    pub async fn restore(
        &self,
        genesis: SignedControl,
        records: Vec<SignedControl>,
    ) -> Result<(CompanyId, bool), RelayError> {
        let (company, new) = self.create(genesis).await?;
        self.take_records(company, records, !new).await?;
        Ok((company, new))
    }

    pub(super) async fn control_offer(
        &self,
        session: &Session,
        records: Vec<SignedControl>,
    ) -> Result<Vec<ServerFrame>, RelayError> {
        if !session.root && self.control(session.company).await?.rights(session.device).is_none() {
            return Err(RelayError::NotAllowed);
        }
        self.take_records(session.company, records, true).await?;
        let control = self.control(session.company).await?;
        Ok(vec![ServerFrame::ControlAccepted { seq: control.last_seq(), hash: control.head() }])
    }

    /// Takes in records that stood before. What they demanded then (new bags, marks that nothing acknowledged lies beyond)
    /// was demanded once: rows and wraps come back with whoever holds them.
    async fn take_records(
        &self,
        company: CompanyId,
        records: Vec<SignedControl>,
        rename: bool,
    ) -> Result<(), RelayError> {
        let mut tries = 0;
        for record in records {
            loop {
                let before = self.control(company).await?;
                if before.seq_of(record.hash().head()).is_some() {
                    break;
                }
                let mut after = (*before).clone();
                match after.append(record.clone()) {
                    Ok(_) => {}
                    // They lead from elsewhere than where this log ends: nothing of them is missing here.
                    Err(ControlError::Conflict { .. }) => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
                if self.store.loss(company).await?.is_none() {
                    let stands = self.store.log_id(company).await?;
                    self.note_loss(company, stands, rename).await?;
                }
                let append = ControlAppend {
                    expected: before.head(),
                    hash: record.hash(),
                    bytes: record.to_bytes()?,
                    marks: vec![],
                    bags: bag::given_up(&before, &after, &record.decode()?.act),
                    joined: None,
                };
                match self.store.control_append(company, append).await {
                    Ok(_) => {
                        self.remember(company, std::sync::Arc::new(after));
                        break;
                    }
                    Err(StoreError::ControlMoved { .. }) if tries < RETRIES => {
                        tries += 1;
                        self.refresh(company).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.wake(company);
        self.thaw_when_whole(company).await
    }
}
