//! From an accepted proposal to an invoice: which step comes next, and how the done ones are taken back.
//!
//! Each step has a deterministic result: one that finds it there is a no-op, and is not compensated, because it was
//! not this run that made it.

use serde::{Deserialize, Serialize};

use crate::shared::named::named;

named! {
    /// The steps, in order.
    Step {
        /// The customer is active.
        Customer = "customer",
        /// The contract runs.
        Contract = "contract",
        /// The invoice is drafted.
        Invoice = "invoice",
        /// The lead is marked converted.
        Lead = "lead",
    }

    /// Where a run stands.
    SagaState {
        /// Going forward.
        Running = "running",
        /// Taking back, in reverse order.
        Compensating = "compensating",
        /// All steps done.
        Done = "done",
        /// All done steps taken back.
        Compensated = "compensated",
    }
}

/// One run for one proposal; persisted with each step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProposalToCash {
    /// Where it stands.
    pub state: SagaState,
    /// Steps that are done.
    pub done: Vec<Step>,
    /// Those of them whose result this run made.
    pub made: Vec<Step>,
    /// Code of what stopped it.
    pub failure: Option<String>,
    /// The invoice's intent is ISSUE: from here on it only goes forward.
    pub issued: bool,
}

/// What to do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Do this step.
    Do(Step),
    /// Take this step back.
    Undo(Step),
    /// Nothing: it is over.
    Over,
}

impl Default for ProposalToCash {
    fn default() -> Self {
        Self { state: SagaState::Running, done: Vec::new(), made: Vec::new(), failure: None, issued: false }
    }
}

impl ProposalToCash {
    /// What comes next; asking twice gives the same answer.
    pub fn next(&self) -> Next {
        match self.state {
            SagaState::Running => {
                Step::ALL.iter().find(|step| !self.done.contains(step)).map_or(Next::Over, |step| Next::Do(*step))
            }
            SagaState::Compensating => self.made.last().map_or(Next::Over, |step| Next::Undo(*step)),
            SagaState::Done | SagaState::Compensated => Next::Over,
        }
    }

    /// A step is done; `made` says whether this run made its result or found it.
    pub fn did(&mut self, step: Step, made: bool) {
        if !self.done.contains(&step) {
            self.done.push(step);
            if made {
                self.made.push(step);
            }
        }
        if self.next() == Next::Over {
            self.state = SagaState::Done;
        }
    }

    /// A step failed for good: from now on the made ones are taken back. Once the invoice is issued nothing is: then
    /// this says `false`, and the step is tried again.
    pub fn fail(&mut self, code: &str) -> bool {
        if self.issued {
            return false;
        }
        self.failure = Some(code.to_owned());
        self.state = if self.made.is_empty() { SagaState::Compensated } else { SagaState::Compensating };
        true
    }

    /// The invoice turned out to be issued while its draft was to be taken back: nothing is, the failed step is tried
    /// again.
    pub fn forward(&mut self) {
        self.issued = true;
        self.failure = None;
        self.state = SagaState::Running;
    }

    /// A made step is taken back.
    pub fn undid(&mut self, step: Step) {
        self.made.retain(|made| *made != step);
        self.done.retain(|done| *done != step);
        if self.made.is_empty() {
            self.state = SagaState::Compensated;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_until(failing: Option<Step>) -> (ProposalToCash, Vec<Next>) {
        let mut saga = ProposalToCash::default();
        let mut seen = Vec::new();
        loop {
            let next = saga.next();
            seen.push(next);
            match next {
                Next::Do(step) if Some(step) == failing => assert!(saga.fail("test.failure")),
                Next::Do(step) => saga.did(step, true),
                Next::Undo(step) => saga.undid(step),
                Next::Over => return (saga, seen),
            }
        }
    }

    #[test]
    fn without_a_failure_every_step_is_done_once_in_order() {
        let (saga, seen) = run_until(None);
        assert_eq!(saga.state, SagaState::Done);
        assert_eq!(saga.done, Step::ALL);
        assert_eq!(seen.len(), Step::ALL.len() + 1);
    }

    #[test]
    fn a_failing_step_takes_the_done_ones_back_in_reverse() {
        for (index, failing) in Step::ALL.iter().enumerate() {
            let (saga, seen) = run_until(Some(*failing));
            assert_eq!(saga.state, SagaState::Compensated, "{failing}");
            let undone: Vec<Step> =
                seen.iter().filter_map(|next| if let Next::Undo(step) = next { Some(*step) } else { None }).collect();
            let mut reverse = Step::ALL[..index].to_vec();
            reverse.reverse();
            assert_eq!(undone, reverse, "{failing}");
        }
    }

    #[test]
    fn a_step_that_found_its_result_is_not_taken_back() {
        let mut saga = ProposalToCash::default();
        saga.did(Step::Customer, false);
        saga.did(Step::Contract, true);
        assert!(saga.fail("test.failure"));
        assert_eq!(saga.next(), Next::Undo(Step::Contract));
        saga.undid(Step::Contract);
        assert_eq!((saga.next(), saga.state), (Next::Over, SagaState::Compensated));
    }

    #[test]
    fn once_the_invoice_is_issued_it_only_goes_forward() {
        let mut saga = ProposalToCash::default();
        for step in [Step::Customer, Step::Contract, Step::Invoice] {
            saga.did(step, true);
        }
        assert!(saga.fail("test.failure"));
        assert_eq!(saga.next(), Next::Undo(Step::Invoice));
        saga.forward();
        assert!(!saga.fail("test.failure"));
        assert_eq!(saga.next(), Next::Do(Step::Lead));
    }
}
