//! Who may do what: a table, and deny where it has no row that fits.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::{DeviceId, PersonId};
use super::role::Role;
use super::scope::Scope;

/// The person and laptop behind a command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Actor {
    /// The person.
    pub person: PersonId,
    /// The laptop.
    pub device: DeviceId,
    /// Every role the person holds.
    pub roles: BTreeSet<Role>,
    /// The person's sales team.
    pub team: u16,
}

impl Actor {
    /// Whether the person holds `role`.
    pub fn holds(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether one of the person's roles reads `scope`.
    pub fn reads(&self, scope: Scope) -> bool {
        self.roles.iter().any(|role| role.reads(scope, self.team))
    }

    /// Whether one of the person's roles writes in `scope`.
    pub fn writes(&self, scope: Scope) -> bool {
        self.roles.iter().any(|role| role.writes(scope, self.team))
    }
}

/// What a command acts on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Object {
    /// The scope the record lives in.
    pub scope: Scope,
    /// Whose record it is; `None` where nobody owns it yet.
    pub owner: Option<PersonId>,
}

impl Object {
    /// A record of `scope` that nobody owns.
    pub const fn in_scope(scope: Scope) -> Self {
        Self { scope, owner: None }
    }
}

/// The role, or the ownership, that the act asks for is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{action:?} is not allowed here")]
pub struct Forbidden {
    /// What was tried.
    pub action: Action,
}

impl Forbidden {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "auth.forbidden"
    }
}

/// What a row asks of the owner of the object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owned {
    /// Nothing.
    Any,
    /// Ventas only on its own or on what nobody owns; the other roles of the row on all.
    OwnForVentas,
}

/// What a row asks of the object's scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Access {
    Read,
    Write,
}

use Role::{Administracion, Finanzas, Gerencia, Ventas};

const SALES: &[Role] = &[Ventas, Gerencia];
const SALES_AND_FINANCE: &[Role] = &[Ventas, Gerencia, Finanzas];
const MANAGER: &[Role] = &[Gerencia];
const FINANCE: &[Role] = &[Finanzas];
const ADMIN: &[Role] = &[Administracion];
const EVERYBODY: &[Role] = &Role::ALL;

macro_rules! matrix {
    ($($(#[$doc:meta])* $action:ident: $roles:expr, $access:ident, $owned:ident;)+) => {
        /// Every command that asks for permission.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub enum Action {
            $($(#[$doc])* $action,)+
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            const fn rule(self) -> (&'static [Role], Access, Owned) {
                match self {
                    $(Self::$action => ($roles, Access::$access, Owned::$owned),)+
                }
            }
        }
    };
}

matrix! {
    /// See leads, their lists and histories.
    ReadLeads: SALES_AND_FINANCE, Read, Any;
    /// Capture one lead.
    CreateLead: SALES, Write, Any;
    /// Import a file of leads.
    ImportLeads: SALES, Write, Any;
    /// Take an import back.
    UndoImport: SALES, Write, OwnForVentas;
    /// Change a field.
    EditLead: SALES, Write, OwnForVentas;
    /// Log a call, mail, meeting, note or message.
    LogActivity: SALES_AND_FINANCE, Write, Any;
    /// Pass the qualification gate.
    QualifyLead: SALES, Write, OwnForVentas;
    /// Discard or put to nurturing.
    DisqualifyLead: SALES, Write, OwnForVentas;
    /// Take a lead that nobody owns.
    ClaimLead: SALES, Write, OwnForVentas;
    /// Give a lead to a person.
    AssignLead: MANAGER, Write, Any;
    /// Merge duplicates.
    MergeLeads: SALES, Write, OwnForVentas;
    /// Convert into customer, contact and opportunity.
    ConvertLead: SALES, Write, OwnForVentas;
    /// Mark a lead converted, or take that back: the saga's step and its compensation.
    SettleLeadConversion: FINANCE, Write, Any;
    /// Put in a score by hand.
    ScoreLead: SALES, Write, OwnForVentas;
    /// See customers.
    ReadCustomers: SALES_AND_FINANCE, Read, Any;
    /// Create or edit a customer or its contacts.
    EditCustomer: SALES_AND_FINANCE, Write, OwnForVentas;
    /// Complete RFC, name, régimen, CP and uso CFDI.
    EditFiscalProfile: SALES_AND_FINANCE, Write, OwnForVentas;
    /// Archive a customer: the saga's compensation, or a manager.
    ArchiveCustomer: &[Gerencia, Finanzas], Write, Any;
    /// See the pipeline.
    ReadOpportunities: SALES_AND_FINANCE, Read, Any;
    /// Create or move an opportunity.
    EditOpportunity: SALES, Write, OwnForVentas;
    /// Close as won or lost.
    CloseOpportunity: SALES, Write, OwnForVentas;
    /// Take a deal out of Ganada or Perdida.
    ReopenOpportunity: MANAGER, Write, Any;
    /// See products and prices.
    ReadCatalog: SALES_AND_FINANCE, Read, Any;
    /// Change or import products and prices: the company's in `catalog`, a team's own in its sales scope.
    EditCatalog: SALES, Write, Any;
    /// See proposals.
    ReadProposals: SALES_AND_FINANCE, Read, Any;
    /// Create or change a proposal.
    EditProposal: SALES, Write, OwnForVentas;
    /// Hand a proposal to the customer.
    SendProposal: SALES, Write, OwnForVentas;
    /// Record the customer's signature.
    AcceptProposal: SALES, Write, OwnForVentas;
    /// Record that the customer refused, or take the proposal back.
    CloseProposal: SALES, Write, OwnForVentas;
    /// See contracts.
    ReadContracts: SALES_AND_FINANCE, Read, Any;
    /// Draft, activate or end a contract: the saga's step.
    ManageContract: FINANCE, Write, Any;
    /// Run the proposal-to-cash saga.
    RunProposalToCash: FINANCE, Write, Any;
    /// See invoices and what is owed.
    ReadInvoices: &[Gerencia, Finanzas], Read, Any;
    /// Draft or change an invoice.
    EditInvoice: FINANCE, Write, Any;
    /// Claim the folio, seal and stamp.
    IssueInvoice: FINANCE, Write, Any;
    /// Void an invoice that was never stamped.
    VoidInvoice: FINANCE, Write, Any;
    /// See fiscal documents.
    ReadCfdi: FINANCE, Read, Any;
    /// Install or change the CSD.
    ManageCsd: FINANCE, Write, Any;
    /// Set the issuer's fiscal data.
    EditIssuer: FINANCE, Write, Any;
    /// See dashboards and reports.
    ReadAnalytics: &[Gerencia, Finanzas], Read, Any;
    /// See the list of people and devices.
    ReadDevices: EVERYBODY, Read, Any;
    /// Invite, approve or revoke a device; change roles.
    ManageDevices: ADMIN, Write, Any;
    /// Change the company's settings.
    EditCompany: ADMIN, Write, Any;
    /// Erase a person's identifiers.
    ErasePerson: ADMIN, Write, Any;
}

/// Lets `actor` do `action` on `object`, or says no.
///
/// # Errors
/// [`Forbidden`] unless one role of the row fits, reaches the object's scope and, where the row asks it,
/// the object is the actor's own.
pub fn authorize(actor: &Actor, action: Action, object: &Object) -> Result<(), Forbidden> {
    let (roles, access, owned) = action.rule();
    let fits = |role: &Role| {
        let reaches = match access {
            Access::Read => role.reads(object.scope, actor.team),
            Access::Write => role.writes(object.scope, actor.team),
        };
        let own = object.owner.is_none_or(|owner| owner == actor.person);
        roles.contains(role) && reaches && (owned == Owned::Any || *role != Ventas || own)
    };
    if actor.roles.iter().any(fits) { Ok(()) } else { Err(Forbidden { action }) }
}
