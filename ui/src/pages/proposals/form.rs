//! What the editor sends, and what it is based on once the core has taken it.

use zuc_ipc::list;
use zuc_ipc::proposal::{ProposalEdit, ProposalSaved};

use crate::action;
use crate::backend::{self, Bus};
use crate::components::Toaster;

/// What is sent, and where its lines stand.
pub(super) struct Form {
    /// What is sent.
    pub(super) edit: ProposalEdit,
    /// Places of its lines on this screen.
    pub(super) keys: Vec<u32>,
}

impl Form {
    /// Names the lines that are new by the ids which the core gave to those that `sent` held.
    pub(super) fn learn(&mut self, sent: &[u32], ids: &[String]) {
        for (line, key) in self.edit.lines.iter_mut().zip(&self.keys) {
            if let Some((_, id)) = sent.iter().zip(ids).find(|(known, _)| *known == key) {
                line.id.clone_from(id);
            }
        }
    }

    /// What the form is based on once the core has taken this: what stands now, or as far as others changed that, what
    /// was sent, for the form does not show theirs yet.
    pub(super) fn base_after(mut self, saved: &ProposalSaved) -> ProposalEdit {
        if !saved.merged {
            return saved.view.form();
        }
        let keys = self.keys.clone();
        self.learn(&keys, &saved.lines);
        ProposalEdit { base: None, insist: false, ..self.edit }
    }
}

/// Saves what was typed last when nobody waits for it any more.
pub(super) async fn part(edit: ProposalEdit, bus: Bus, toaster: Toaster) {
    match backend::call::<list::ProposalSave>(&edit).await {
        Ok(saved) => action::tell(bus, toaster, &saved.changes),
        Err(failure) => toaster.fail(&failure),
    }
}
