//! Start, company, people and devices.

use serde::{Deserialize, Serialize};

use crate::home::SidebarCounts;

/// Where the program stands when the window opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No company here yet.
    #[default]
    Fresh,
    /// The data are there and need the passphrase.
    Locked,
    /// Created, but the recovery code was not typed back.
    Recovery,
    /// Asked to join, waiting for approval.
    Joining,
    /// Ready to work.
    Ready,
    /// The company has taken this device out: nothing is worked on here any more.
    Removed,
    /// And nothing of it is left here, as it asked.
    Wiped,
}

/// What the window needs first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// Where the program stands.
    pub stage: Stage,
    /// The company, once there is one.
    pub company: Option<CompanyView>,
    /// The person at this device.
    pub person: Option<PersonView>,
    /// Counts beside the rooms.
    pub counts: SidebarCounts,
    /// Program version.
    pub version: String,
}

/// The company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyView {
    /// Company id, hex.
    pub id: String,
    /// RFC.
    pub rfc: String,
    /// Legal name.
    pub name: String,
    /// Key of `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// Its text.
    pub regimen_text: String,
    /// Place of issue.
    pub cp: String,
    /// Relay, empty when none is set.
    pub relay_url: String,
    /// These are sample data.
    pub sample: bool,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// Person id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `ventas`, `gerencia`, `finanzas`, `administracion`.
    pub roles: Vec<String>,
}

/// Makes a company here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompanyNew {
    /// RFC.
    pub rfc: String,
    /// Name without company type.
    pub name: String,
    /// Key of `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// Place of issue.
    pub cp: String,
    /// Who makes it.
    pub person_name: String,
    /// Relay, may be empty.
    pub relay_url: String,
    /// Fill it with sample data, marked as such.
    pub sample: bool,
}

/// A company was made: the recovery code is shown until it was typed back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyCreated {
    /// To print and type back.
    pub recovery_code: String,
    /// What the window needs next.
    pub boot: Boot,
}

impl std::fmt::Debug for CompanyCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompanyCreated").field("boot", &self.boot).finish_non_exhaustive()
    }
}

/// A typed code or passphrase.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secret {
    /// As typed.
    pub text: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Joins a company by invite.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Join {
    /// The invite's code.
    pub invite: String,
    /// Who sits here.
    pub person_name: String,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Join(…)")
    }
}

/// Comes into a company by its recovery code.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct CompanyRecover {
    /// Where its relay is.
    pub relay_url: String,
    /// Company id, hex.
    pub company: String,
    /// The code, as typed.
    pub code: String,
    /// Who sits here.
    pub person_name: String,
}

impl std::fmt::Debug for CompanyRecover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CompanyRecover(…)")
    }
}

/// How the joining stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinStatus {
    /// `waiting` for the approval, `keys` of which one is still to be given by whoever holds it, `approved`, `refused`.
    pub state: String,
    /// To compare aloud with the other screen.
    pub short_code: String,
    /// Name of the company.
    pub company: String,
}

/// Asks for an invite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InviteNew {
    /// Who it is for.
    pub person_name: String,
    /// Roles they will have.
    pub roles: Vec<String>,
}

/// An invite to hand over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    /// One-time code.
    pub code: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Modules of its QR, row by row, `1` = dark.
    pub qr: Vec<String>,
}

impl std::fmt::Debug for InviteView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InviteView").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A device that asks to come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingDevice {
    /// Id of the request.
    pub id: String,
    /// Name it gave.
    pub person_name: String,
    /// Roles the invite gives.
    pub roles: Vec<String>,
    /// To compare aloud with the other screen.
    pub short_code: String,
    /// It was shown a newer membership than is known here: it can be let in once that has come.
    pub behind: bool,
}

/// A device of the company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Device id.
    pub id: String,
    /// Person.
    pub person: String,
    /// Roles.
    pub roles: Vec<String>,
    /// ISO date it came in.
    pub since: String,
    /// RFC 3339 of the last act that came from it, empty when none.
    pub last_seen: String,
    /// It is this one.
    pub this: bool,
    /// It was taken out.
    pub removed: bool,
    /// It is stopped: it is being taken out, or that was cut short.
    pub stopped: bool,
}

/// Why a device is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// Its person leaves, or the machine is retired.
    #[default]
    Left,
    /// It is lost or stolen.
    Lost,
}

/// Takes a device out of the company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRevoke {
    /// Device id.
    pub device: String,
    /// Why.
    pub reason: RevokeReason,
    /// Whether it deletes everything it holds when it is next heard of.
    pub wipe: bool,
}

/// Gives scopes new keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysRotate {
    /// Which, by name, as `catalog`; all whose key is here when empty.
    pub scopes: Vec<String>,
}

/// Settings of this device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsSet {
    /// Relay; absent = unchanged.
    pub relay_url: Option<String>,
}
