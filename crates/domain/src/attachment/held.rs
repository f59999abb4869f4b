//! What a laptop says of the files that it holds, so that another may give its own copies up.

use serde::{Deserialize, Serialize};

use super::FileHash;
use crate::shared::{AttachmentId, Hlc, PersonId, Scope};

/// Files that one word names at most: some 17 KB of a fact.
pub const MAX_NAMED: usize = 256;
/// How many laptops say of a file that they hold it, where one asks: one is enough to give a copy up, the other is for the day on
/// which that one is lost.
pub const WITNESSES: usize = 2;

/// The laptop that wrote this holds files of a scope whole, or keeps only some of them from here on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttachmentHeld {
    /// Id of this word.
    pub id: AttachmentId,
    /// The scope of the files.
    pub scope: Scope,
    /// It keeps every file, and those that are named are on its disk, checked. Else it gives copies up, and nothing that it said
    /// before counts any more.
    pub keeps_all: bool,
    /// Files, at most [`MAX_NAMED`].
    #[serde(deserialize_with = "bounded")]
    pub files: Vec<FileHash>,
    /// When, in the order of its own words.
    pub hlc: Hlc,
    /// Whose laptop it is.
    pub by: PersonId,
}

fn bounded<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<FileHash>, D::Error> {
    let files = Vec::<FileHash>::deserialize(deserializer)?;
    if files.len() > MAX_NAMED { Err(serde::de::Error::custom("a word on too many files")) } else { Ok(files) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::shared::DeviceId;

    #[test]
    fn a_word_on_more_files_than_the_bound_is_not_read() {
        let word = |files: usize| AttachmentHeld {
            id: AttachmentId(Uuid::from_u128(1)),
            scope: Scope::Sales(1),
            keeps_all: true,
            files: vec![FileHash([7; 32]); files],
            hlc: Hlc { millis: 1, counter: 0, device: DeviceId(Uuid::from_u128(2)) },
            by: PersonId(Uuid::from_u128(3)),
        };
        let read = |files| serde_json::from_str::<AttachmentHeld>(&serde_json::to_string(&word(files)).unwrap());
        assert_eq!(read(MAX_NAMED).unwrap(), word(MAX_NAMED));
        assert!(read(MAX_NAMED + 1).is_err());
    }
}
