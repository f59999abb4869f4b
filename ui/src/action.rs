//! Doing something: one command, its busy state, its toast with undo, and what it changed told to every query.

use leptos::prelude::*;
use zuc_ipc::attachment::{FileDone, FileSpace};
use zuc_ipc::backup::{BackupTried, BackupView, RestoreDone};
use zuc_ipc::company::{Boot, CompanyCreated, DeviceRow, InviteView, JoinStatus};
use zuc_ipc::history::History;
use zuc_ipc::import::{ImportDone, ImportPreview};
use zuc_ipc::invoice::{CsdRow, InvoiceIssued, InvoiceView};
use zuc_ipc::lead::Converted;
use zuc_ipc::lock::LockView;
use zuc_ipc::privacy::{PersonErased, ReceiptView};
use zuc_ipc::proposal::ProposalSaved;
use zuc_ipc::shared::ById;
use zuc_ipc::sync::SyncStatus;
use zuc_ipc::{Changes, Command, Failure, list};

use crate::backend::{self, Bus};
use crate::components::{Toaster, use_toaster};
use crate::proof::Proof;

/// A reply that may tell what it changed.
pub(crate) trait Outcome {
    /// What to reload and what to say.
    fn changes(&self) -> Option<&Changes> {
        None
    }
}

impl Outcome for Changes {
    fn changes(&self) -> Option<&Changes> {
        Some(self)
    }
}
impl Outcome for Converted {
    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}
impl Outcome for FileDone {
    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}
impl Outcome for ImportDone {
    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}
impl Outcome for ProposalSaved {
    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}
impl Outcome for InvoiceIssued {
    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}
impl Outcome for PersonErased {
    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}
impl Outcome for ReceiptView {}
impl Outcome for History {}
impl Outcome for BackupView {}
impl Outcome for BackupTried {}
impl Outcome for FileSpace {}
impl Outcome for RestoreDone {}
impl Outcome for Boot {}
impl Outcome for LockView {}
impl Outcome for CompanyCreated {}
impl Outcome for JoinStatus {}
impl Outcome for InviteView {}
impl Outcome for ImportPreview {}
impl Outcome for InvoiceView {}
impl Outcome for SyncStatus {}
impl Outcome for Vec<CsdRow> {}
impl Outcome for Vec<DeviceRow> {}
impl Outcome for Option<String> {}

/// A form or a button: whether it runs, and why it was refused.
#[derive(Clone, Copy)]
pub(crate) struct Action {
    /// A command is on its way.
    pub(crate) busy: RwSignal<bool>,
    /// Why the last one did nothing.
    pub(crate) failure: RwSignal<Option<Failure>>,
    bus: Bus,
    toaster: Toaster,
    proof: Proof,
}

impl Action {
    /// An action of this page.
    pub(crate) fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            failure: RwSignal::new(None),
            bus: expect_context(),
            toaster: use_toaster(),
            proof: expect_context(),
        }
    }

    /// Runs `C`; a refusal stays in [`Self::failure`] for the form to show.
    pub(crate) fn run<C>(self, args: C::Args, after: impl FnOnce(C::Reply) + 'static)
    where
        C: Command + 'static,
        C::Args: 'static,
        C::Reply: Outcome + 'static,
    {
        self.start::<C>(args, Voice::Form, after);
    }

    /// Runs `C`; a refusal is said in a toast, for there is no form to show it.
    pub(crate) fn quick<C>(self, args: C::Args, after: impl FnOnce(C::Reply) + 'static)
    where
        C: Command + 'static,
        C::Args: 'static,
        C::Reply: Outcome + 'static,
    {
        self.start::<C>(args, Voice::Toast, after);
    }

    /// Runs `C` as the first step of an act whose last one says what was done; a refusal stays for the form to show.
    pub(crate) fn step<C>(self, args: C::Args, after: impl FnOnce(C::Reply) + 'static)
    where
        C: Command + 'static,
        C::Args: 'static,
        C::Reply: Outcome + 'static,
    {
        self.start::<C>(args, Voice::Quiet, after);
    }

    /// Runs `C` beside others that may still be on their way, such as one edited cell after another.
    pub(crate) fn beside<C>(self, args: C::Args, after: impl FnOnce(bool) + 'static)
    where
        C: Command + 'static,
        C::Args: 'static,
        C::Reply: Outcome + 'static,
    {
        leptos::task::spawn_local(async move {
            let reply = proved::<C>(self.proof, &args).await;
            after(reply.is_ok());
            match reply {
                Ok(reply) => {
                    if let Some(changes) = reply.changes() {
                        tell(self.bus, self.toaster, changes);
                    }
                }
                Err(failure) => self.toaster.fail(&failure),
            }
        });
    }

    /// The sentence for the field `name`, when the refusal points to it.
    pub(crate) fn field(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.failure
                .get()
                .filter(|failure| failure.field.as_deref() == Some(name))
                .map(|failure| failure.sentence())
        })
    }

    /// The refusal, when it points to none of `fields`.
    pub(crate) fn elsewhere(self, fields: &'static [&'static str]) -> Signal<Option<Failure>> {
        Signal::derive(move || {
            self.failure.get().filter(|failure| !failure.field.as_deref().is_some_and(|field| fields.contains(&field)))
        })
    }

    fn start<C>(self, args: C::Args, voice: Voice, after: impl FnOnce(C::Reply) + 'static)
    where
        C: Command + 'static,
        C::Args: 'static,
        C::Reply: Outcome + 'static,
    {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        leptos::task::spawn_local(async move {
            let reply = proved::<C>(self.proof, &args).await;
            // The page may have been left meanwhile; what was changed is told all the same.
            self.busy.try_set(false);
            match reply {
                Ok(reply) => {
                    match reply.changes() {
                        Some(changes) if voice == Voice::Quiet => self.bus.publish(changes),
                        Some(changes) => tell(self.bus, self.toaster, changes),
                        None => {}
                    }
                    after(reply);
                }
                Err(failure) => {
                    if voice == Voice::Toast {
                        self.toaster.fail(&failure);
                    }
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }
}

/// Runs a command; where it asks for the passphrase again, that is asked for, and the command goes on.
async fn proved<C: Command>(proof: Proof, args: &C::Args) -> Result<C::Reply, Failure> {
    match backend::call::<C>(args).await {
        Err(failure) if Proof::is_asked_by(&failure) && proof.ask().await => backend::call::<C>(args).await,
        reply => reply,
    }
}

/// Where a command's outcome is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voice {
    /// A refusal in the form, what was done in a toast.
    Form,
    /// Both in a toast.
    Toast,
    /// A refusal in the form; what was done is not said.
    Quiet,
}

/// Tells the queries what changed and the person what was done, with its undo.
pub(crate) fn tell(bus: Bus, toaster: Toaster, changes: &Changes) {
    bus.publish(changes);
    if changes.done.is_empty() {
        return;
    }
    match changes.undo.clone() {
        Some(token) => {
            let undo = Callback::new(move |()| {
                let token = token.clone();
                leptos::task::spawn_local(async move {
                    match backend::call::<list::Undo>(&ById { id: token }).await {
                        Ok(changes) => tell(bus, toaster, &changes),
                        Err(failure) => toaster.fail(&failure),
                    }
                });
            });
            toaster.say_undoable(changes.done.clone(), undo);
        }
        None => toaster.say(changes.done.clone()),
    }
}
