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
    /// The person's sales teams.
    pub teams: BTreeSet<u16>,
}

impl Actor {
    /// Whether the person holds `role`.
    pub fn holds(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The team in which what the person makes belongs: the first of theirs.
    pub fn team(&self) -> u16 {
        self.teams.first().copied().unwrap_or(1)
    }

    /// The team by which `scope` is theirs; 0, which is no team's number, where it is not.
    fn team_in(&self, scope: Scope) -> u16 {
        scope.team().filter(|team| self.teams.contains(team)).unwrap_or(0)
    }

    /// Whether one of the person's roles reads `scope`.
    pub fn reads(&self, scope: Scope) -> bool {
        self.roles.iter().any(|role| role.reads(scope, self.team_in(scope)))
    }

    /// Whether one of the person's roles writes in `scope`.
    pub fn writes(&self, scope: Scope) -> bool {
        self.roles.iter().any(|role| role.writes(scope, self.team_in(scope)))
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

/// What a command writes: a kind of document, or of fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Record {
    /// A lead.
    Lead,
    /// A customer with its contacts.
    Customer,
    /// A deal of the pipeline.
    Opportunity,
    /// A product.
    Product,
    /// A proposal.
    Proposal,
    /// A contract.
    Contract,
    /// An invoice.
    Invoice,
    /// A line of a timeline.
    Activity,
    /// A file that hangs on a record, or its removal.
    Attachment,
    /// The drawn signature under a proposal.
    Signature,
    /// The company's own data.
    Profile,
    /// A certificate that seals.
    Certificate,
    /// A fiscal document, sealed or stamped.
    Cfdi,
    /// What sales may know of an invoice.
    PublicInvoice,
    /// A step of a running process.
    Process,
    /// That a document kept for the law was read, or is kept longer.
    Retention,
}

use Role::{Administracion, Finanzas, Gerencia, Ventas};

const SALES: &[Role] = &[Ventas, Gerencia];
const SALES_AND_FINANCE: &[Role] = &[Ventas, Gerencia, Finanzas];
const MANAGER: &[Role] = &[Gerencia];
const FINANCE: &[Role] = &[Finanzas];
const ADMIN: &[Role] = &[Administracion];
const EVERYBODY: &[Role] = &Role::ALL;

macro_rules! matrix {
    ($($(#[$doc:meta])* $action:ident: $roles:expr, $access:ident, $owned:ident, [$($record:ident),*];)+) => {
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

            /// What the command writes, besides events: nothing where it reads, and where it signs an act of the company's
            /// control log.
            pub const fn writes(self) -> &'static [Record] {
                match self {
                    $(Self::$action => &[$(Record::$record),*],)+
                }
            }
        }
    };
}

matrix! {
    /// See leads, their lists and histories.
    ReadLeads: SALES_AND_FINANCE, Read, Any, [];
    /// Capture one lead.
    CreateLead: SALES, Write, Any, [Lead];
    /// Import a file of leads.
    ImportLeads: SALES, Write, Any, [Lead];
    /// Take an import back.
    UndoImport: SALES, Write, OwnForVentas, [Lead];
    /// Change a field.
    EditLead: SALES, Write, OwnForVentas, [Lead];
    /// Log a call, mail, meeting, note or message.
    LogActivity: SALES_AND_FINANCE, Write, Any, [Lead, Activity];
    /// Hang a file on a lead or a customer.
    AttachFile: SALES_AND_FINANCE, Write, Any, [Attachment];
    /// Take a file away from a record, or bring it back.
    RemoveFile: SALES_AND_FINANCE, Write, OwnForVentas, [Attachment];
    /// Pass the qualification gate.
    QualifyLead: SALES, Write, OwnForVentas, [Lead, Activity];
    /// Discard or put to nurturing.
    DisqualifyLead: SALES, Write, OwnForVentas, [Lead];
    /// Take a lead that nobody owns.
    ClaimLead: SALES, Write, OwnForVentas, [Lead];
    /// Give a lead to a person.
    AssignLead: MANAGER, Write, Any, [Lead];
    /// Merge duplicates.
    MergeLeads: SALES, Write, OwnForVentas, [Lead];
    /// Let a lead go to another team; there, whoever lets it go must be able to capture one.
    MoveLead: SALES, Write, OwnForVentas, [Lead];
    /// Convert into customer, contact and opportunity.
    ConvertLead: SALES, Write, OwnForVentas, [Lead, Customer, Opportunity];
    /// Mark a lead converted, or take that back: the saga's step and its compensation.
    SettleLeadConversion: FINANCE, Write, Any, [Lead];
    /// Put in a score by hand.
    ScoreLead: SALES, Write, OwnForVentas, [Lead];
    /// See customers.
    ReadCustomers: SALES_AND_FINANCE, Read, Any, [];
    /// Create or edit a customer or its contacts.
    EditCustomer: SALES_AND_FINANCE, Write, OwnForVentas, [Customer];
    /// Complete RFC, name, régimen, CP and uso CFDI.
    EditFiscalProfile: SALES_AND_FINANCE, Write, OwnForVentas, [Customer];
    /// Archive a customer: the saga's compensation, or a manager.
    ArchiveCustomer: &[Gerencia, Finanzas], Write, Any, [Customer];
    /// See the pipeline.
    ReadOpportunities: SALES_AND_FINANCE, Read, Any, [];
    /// Create or move an opportunity.
    EditOpportunity: SALES, Write, OwnForVentas, [Opportunity];
    /// Close as won or lost.
    CloseOpportunity: SALES, Write, OwnForVentas, [Opportunity];
    /// Take a deal out of Ganada or Perdida.
    ReopenOpportunity: MANAGER, Write, Any, [Opportunity];
    /// See products and prices.
    ReadCatalog: SALES_AND_FINANCE, Read, Any, [];
    /// Change or import products and prices: the company's in `catalog`, a team's own in its sales scope.
    EditCatalog: SALES, Write, Any, [Product];
    /// See proposals.
    ReadProposals: SALES_AND_FINANCE, Read, Any, [];
    /// Create or change a proposal.
    EditProposal: SALES, Write, OwnForVentas, [Proposal];
    /// Hand a proposal to the customer.
    SendProposal: SALES, Write, OwnForVentas, [Proposal];
    /// Record the customer's signature.
    AcceptProposal: SALES, Write, OwnForVentas, [Proposal, Signature, Opportunity];
    /// Record that the customer refused, or take the proposal back.
    CloseProposal: SALES, Write, OwnForVentas, [Proposal];
    /// See contracts.
    ReadContracts: SALES_AND_FINANCE, Read, Any, [];
    /// Draft, activate or end a contract: the saga's step.
    ManageContract: FINANCE, Write, Any, [Contract];
    /// Run the proposal-to-cash saga.
    RunProposalToCash: FINANCE, Write, Any, [Customer, Contract, Invoice, Lead, Process];
    /// See invoices and what is owed.
    ReadInvoices: &[Gerencia, Finanzas], Read, Any, [];
    /// Draft or change an invoice.
    EditInvoice: FINANCE, Write, Any, [Invoice, Customer];
    /// Claim the folio, seal and stamp.
    IssueInvoice: FINANCE, Write, Any, [Invoice, Cfdi];
    /// Void an invoice that was never stamped.
    VoidInvoice: FINANCE, Write, Any, [Invoice];
    /// Tell a team what its customers were invoiced and owe.
    PublishBalances: FINANCE, Write, Any, [PublicInvoice];
    /// See fiscal documents.
    ReadCfdi: FINANCE, Read, Any, [];
    /// Read a document that is kept for the law alone, saying why.
    OpenBlocked: FINANCE, Write, Any, [Retention];
    /// Keep a document longer than the law does.
    HoldInvoice: FINANCE, Write, Any, [Retention];
    /// Install or change the CSD.
    ManageCsd: FINANCE, Write, Any, [Certificate];
    /// Set the issuer's fiscal data.
    EditIssuer: FINANCE, Write, Any, [];
    /// See dashboards and reports.
    ReadAnalytics: &[Gerencia, Finanzas], Read, Any, [];
    /// See the list of people and devices.
    ReadDevices: EVERYBODY, Read, Any, [];
    /// Invite, approve or revoke a device; change roles.
    ManageDevices: ADMIN, Write, Any, [];
    /// Change the company's settings.
    EditCompany: ADMIN, Write, Any, [Profile];
    /// Note that a person opposes being scored and written to, or no longer does: whoever hears it.
    NoteOpposition: SALES_AND_FINANCE, Write, Any, [Lead, Customer];
    /// Erase a person's identifiers.
    ErasePerson: ADMIN, Write, Any, [];
    /// Hand out all that is held on a person.
    ExportPerson: ADMIN, Write, Any, [];
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
            Access::Read => role.reads(object.scope, actor.team_in(object.scope)),
            Access::Write => role.writes(object.scope, actor.team_in(object.scope)),
        };
        let own = object.owner.is_none_or(|owner| owner == actor.person);
        roles.contains(role) && reaches && (owned == Owned::Any || *role != Ventas || own)
    };
    if actor.roles.iter().any(fits) { Ok(()) } else { Err(Forbidden { action }) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ANA: PersonId = PersonId(Uuid::from_u128(1));
    const LUIS: PersonId = PersonId(Uuid::from_u128(2));

    fn actor(role: Role) -> Actor {
        Actor {
            person: ANA,
            device: DeviceId(Uuid::from_u128(9)),
            roles: BTreeSet::from([role]),
            teams: BTreeSet::from([1]),
        }
    }

    fn may(role: Role, action: Action, scope: Scope, owner: Option<PersonId>) -> bool {
        authorize(&actor(role), action, &Object { scope, owner }).is_ok()
    }

    #[test]
    fn who_sells_in_two_teams_works_in_both_and_in_no_third() {
        let both = Actor { teams: BTreeSet::from([1, 3]), ..actor(Ventas) };
        let works = |team| authorize(&both, Action::EditLead, &Object::in_scope(Scope::Sales(team))).is_ok();
        assert_eq!([1, 2, 3].map(works), [true, false, true]);
        assert_eq!((both.team(), both.reads(Scope::Sales(3)), both.writes(Scope::Sales(2))), (1, true, false));
    }

    #[test]
    fn every_action_has_a_row_that_lets_somebody_in_somewhere_and_nobody_everywhere() {
        for action in Action::ALL {
            let mut let_in = BTreeSet::new();
            for role in Role::ALL {
                let_in.extend(
                    Scope::all(2)
                        .into_iter()
                        .filter(|scope| may(role, *action, *scope, None))
                        .map(|scope| (role, scope)),
                );
            }
            assert!(!let_in.is_empty(), "{action:?} is open to nobody");
            assert!(let_in.len() < Role::ALL.len() * 7, "{action:?} is open to everybody");
        }
    }

    #[test]
    fn every_command_says_what_it_writes_and_every_look_writes_nothing() {
        // what they write is signed into the control log, or noted in the audit record alone, or by no command yet
        let nothing = [Action::EditIssuer, Action::ManageDevices, Action::ErasePerson, Action::ExportPerson];
        for action in Action::ALL {
            let reads = format!("{action:?}").starts_with("Read");
            assert_eq!(action.writes().is_empty(), reads || nothing.contains(action), "{action:?}");
            for role in Role::ALL.into_iter().filter(|_| !reads) {
                let reads_only = |scope: &Scope| role.reads(*scope, 1) && !role.writes(*scope, 1);
                for scope in Scope::all(2).into_iter().filter(reads_only) {
                    assert!(!may(role, *action, scope, None), "{role} {action:?} {scope}");
                }
            }
        }
    }

    #[test]
    fn no_role_acts_where_the_matrix_of_scopes_does_not_let_it() {
        for action in Action::ALL {
            for role in Role::ALL {
                for scope in Scope::all(2).into_iter().filter(|scope| !role.reads(*scope, 1)) {
                    assert!(!may(role, *action, scope, None), "{role} {action:?} {scope}");
                }
            }
        }
    }

    #[test]
    fn without_a_role_nothing_is_allowed() {
        let nobody = Actor { roles: BTreeSet::new(), ..actor(Ventas) };
        for action in Action::ALL {
            for scope in Scope::all(1) {
                assert_eq!(authorize(&nobody, *action, &Object::in_scope(scope)), Err(Forbidden { action: *action }));
            }
        }
    }

    #[test]
    fn ventas_changes_its_own_leads_and_those_of_nobody() {
        assert!(may(Ventas, Action::EditLead, Scope::Sales(1), Some(ANA)));
        assert!(may(Ventas, Action::EditLead, Scope::Sales(1), None));
        assert!(!may(Ventas, Action::EditLead, Scope::Sales(1), Some(LUIS)));
        assert!(!may(Ventas, Action::EditLead, Scope::Sales(2), Some(ANA)));
        assert!(may(Gerencia, Action::EditLead, Scope::Sales(2), Some(LUIS)));
    }

    #[test]
    fn only_finanzas_issues_and_nobody_of_sales_sees_finance() {
        let issuers: Vec<Role> =
            Role::ALL.into_iter().filter(|role| may(*role, Action::IssueInvoice, Scope::Finance, None)).collect();
        assert_eq!(issuers, [Finanzas]);
        assert!(!may(Ventas, Action::ReadInvoices, Scope::Finance, None));
        assert!(may(Gerencia, Action::ReadInvoices, Scope::Finance, None));
        assert!(!may(Administracion, Action::IssueInvoice, Scope::Finance, None));
    }

    #[test]
    fn a_second_role_adds_and_takes_nothing_away() {
        let founder = Actor { roles: BTreeSet::from(Role::ALL), ..actor(Ventas) };
        for action in Action::ALL {
            for role in Role::ALL {
                for scope in Scope::all(1).into_iter().filter(|scope| may(role, *action, *scope, None)) {
                    assert!(
                        authorize(&founder, *action, &Object::in_scope(scope)).is_ok(),
                        "{role} {action:?} {scope}"
                    );
                }
            }
        }
    }
}
