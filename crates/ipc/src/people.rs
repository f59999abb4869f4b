//! The company's people, and what each may see and do.

use serde::{Deserialize, Serialize};

/// Everybody, and what the roles mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleView {
    /// In the order they came in.
    pub rows: Vec<PersonRow>,
    /// How many sales teams there are, numbered from 1.
    pub teams: u16,
    /// The four roles, in the order of every list of four here.
    pub roles: Vec<String>,
    /// What each role opens.
    pub access: Vec<ScopeAccess>,
    /// What each role may do, of what people ask about most.
    pub deeds: Vec<DeedAccess>,
    /// Who sits here may change roles.
    pub manages: bool,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    /// Person id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<String>,
    /// Sales teams, which matter to who sells: the others work with all.
    pub teams: Vec<u16>,
    /// Computers that are in.
    pub devices: u32,
    /// When one of them was last heard of, RFC 3339; empty when never.
    pub last_seen: String,
    /// The person at this computer.
    pub this: bool,
    /// All of their computers were taken out.
    pub out: bool,
}

/// What a scope holds opens to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeAccess {
    /// `sales`, `catalog`, `finance`, `fiscal`, `analytics`, `admin`.
    pub scope: String,
    /// Of each role.
    pub access: [Access; 4],
}

/// What one may do with what a scope holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It is not even on their disk.
    #[default]
    None,
    /// Read it.
    Read,
    /// Read and write it.
    Write,
}

/// Who may do something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeedAccess {
    /// What, by its key in the window's words.
    pub deed: String,
    /// Each role.
    pub may: [bool; 4],
}

/// Gives a person other roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RightsSet {
    /// Person id.
    pub person: String,
    /// From now on.
    pub roles: Vec<String>,
    /// Sales teams from now on, one of which may be new; as before, where none is named.
    pub teams: Vec<u16>,
}
