//! Roles, and which scopes each reads and writes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::scope::Scope;

/// What a person does at the company; one may hold several.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sells, in one team.
    Ventas,
    /// Leads every sales team.
    Gerencia,
    /// Invoices and collects.
    Finanzas,
    /// Looks after people, devices and keys.
    Administracion,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Ventas, Self::Gerencia, Self::Finanzas, Self::Administracion];

    /// The role's stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ventas => "ventas",
            Self::Gerencia => "gerencia",
            Self::Finanzas => "finanzas",
            Self::Administracion => "administracion",
        }
    }

    /// Whether the role writes in `scope`; `team` is the holder's sales team.
    pub const fn writes(self, scope: Scope, team: u16) -> bool {
        match (self, scope) {
            (Self::Ventas, Scope::Sales(of)) => of == team,
            (Self::Gerencia, Scope::Sales(_) | Scope::Catalog | Scope::Analytics)
            | (Self::Finanzas, Scope::Sales(_) | Scope::Finance | Scope::Fiscal)
            | (Self::Administracion, Scope::Admin) => true,
            _ => false,
        }
    }

    /// Whether the role reads `scope`: all it writes, and a little more.
    pub const fn reads(self, scope: Scope, team: u16) -> bool {
        self.writes(scope, team)
            || matches!(
                (self, scope),
                (Self::Ventas, Scope::Catalog)
                    | (Self::Gerencia, Scope::Finance)
                    | (Self::Finanzas, Scope::Catalog | Scope::Analytics)
            )
    }
}

/// The scopes that holders of `roles` in sales team `team` may read, of a company with `teams` teams.
pub fn readable_scopes(roles: &BTreeSet<Role>, team: u16, teams: u16) -> BTreeSet<Scope> {
    Scope::all(teams).into_iter().filter(|scope| roles.iter().any(|role| role.reads(*scope, team))).collect()
}

/// The scopes that holders of `roles` in sales team `team` may write, of a company with `teams` teams.
pub fn writable_scopes(roles: &BTreeSet<Role>, team: u16, teams: u16) -> BTreeSet<Scope> {
    Scope::all(teams).into_iter().filter(|scope| roles.iter().any(|role| role.writes(*scope, team))).collect()
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("not a role")]
pub struct UnknownRole;

impl UnknownRole {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "role.unknown"
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(scopes: &BTreeSet<Scope>) -> String {
        scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_role_reads_and_writes_exactly_its_row_of_the_matrix() {
        let expected = [
            (Role::Ventas, "sales.2", "sales.2 catalog"),
            (Role::Gerencia, "sales.1 sales.2 catalog analytics", "sales.1 sales.2 catalog finance analytics"),
            (Role::Finanzas, "sales.1 sales.2 finance fiscal", "sales.1 sales.2 catalog finance fiscal analytics"),
            (Role::Administracion, "admin", "admin"),
        ];
        for (role, writes, reads) in expected {
            let roles = BTreeSet::from([role]);
            assert_eq!(names(&writable_scopes(&roles, 2, 2)), writes, "{role} writes");
            assert_eq!(names(&readable_scopes(&roles, 2, 2)), reads, "{role} reads");
        }
    }

    #[test]
    fn ventas_never_reads_finance() {
        let roles = BTreeSet::from([Role::Ventas, Role::Administracion]);
        assert!(!readable_scopes(&roles, 1, 1).contains(&Scope::Finance));
    }
}
