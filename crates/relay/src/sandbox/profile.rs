//! How the sandbox behaves: what it dedupes, and how it fails.

use serde::{Deserialize, Serialize};

/// A way to fail, as real PACs do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// None.
    #[default]
    None,
    /// Answers 503 to everything and stamps nothing.
    Down,
    /// Cuts the connection before anything is stamped.
    DropBeforeCommit,
    /// Stamps, then cuts the connection.
    DropAfterCommit,
    /// Stamps at once and answers after the delay.
    SlowReply,
    /// Waits the delay, then stamps, whether or not the caller still listens.
    LateCommit,
    /// Stamps, then answers 500.
    ErrorAfterCommit,
    /// Stamps and sends its answer twice in one body.
    DoubleReply,
    /// Stamps, and the timbre it hands over is of another document.
    WrongTfd,
    /// Stamps, and hands over a document with another total.
    AlteredTotal,
    /// Stamps, and hands over half of the document.
    Truncated,
    /// Stamps, then answers 200 with a page of HTML.
    Html,
}

/// For how many calls to fail, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hostile {
    /// How.
    pub fault: Fault,
    /// How many stamping calls; 0 for all.
    pub times: u32,
    /// The delay of the slow ways, in milliseconds.
    pub delay_ms: u64,
}

/// How the sandbox behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a promise a PAC makes or does not")]
pub struct Profile {
    /// Answers 307 with the earlier timbre when the identical bytes come again.
    pub dedupes_bytes: bool,
    /// Answers CFDI3307 when a reference comes again with other bytes.
    pub dedupes_reference: bool,
    /// Whether a 307 carries the earlier document; some PACs say so and hand over nothing.
    pub returns_earlier: bool,
    /// Whether it can be asked by reference, which SW's shape does not have.
    pub looks_up_references: bool,
    /// The token it wants; empty to take any.
    pub token: String,
    /// Issuers the SAT's list does not have: code 402.
    pub unlisted_issuers: Vec<String>,
    /// Authorities, as hexadecimal DER, that must have issued a CSD; empty to take any, `308` otherwise.
    pub authorities: Vec<String>,
    /// How it fails.
    pub hostile: Hostile,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            dedupes_bytes: true,
            dedupes_reference: true,
            returns_earlier: true,
            looks_up_references: false,
            token: String::new(),
            unlisted_issuers: vec![],
            authorities: vec![],
            hostile: Hostile::default(),
        }
    }
}

impl Profile {
    /// The fault of the next stamping call; one that is meant for a number of calls is used up.
    pub(super) fn next_fault(&mut self) -> Hostile {
        let now = self.hostile;
        if self.hostile.times == 1 {
            self.hostile = Hostile::default();
        } else if self.hostile.times > 1 {
            self.hostile.times -= 1;
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lasts_as_many_calls_as_it_was_given() {
        let json = r#"{"dedupes_bytes":false,"hostile":{"fault":"drop_after_commit","times":2}}"#;
        let mut profile: Profile = serde_json::from_str(json).unwrap();
        assert!(!profile.dedupes_bytes && profile.dedupes_reference);
        let faults: Vec<_> = (0..3).map(|_| profile.next_fault().fault).collect();
        assert_eq!(faults, [Fault::DropAfterCommit, Fault::DropAfterCommit, Fault::None]);
        profile.hostile = Hostile { fault: Fault::Html, ..Hostile::default() };
        assert!((0..5).all(|_| profile.next_fault().fault == Fault::Html));
        assert!(serde_json::from_str::<Profile>(r#"{"dedupe":true}"#).is_err());
    }
}
