//! Scopes: who may read is decided by which keys a device holds, one key per scope.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A named set of documents and facts that shares a key and a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Scope {
    /// Leads, customers, opportunities, proposals and contracts of one sales team, counted from 1.
    Sales(u16),
    /// Products and prices.
    Catalog,
    /// Invoices, payments, credit.
    Finance,
    /// Fiscal documents and certificates' public data.
    Fiscal,
    /// Reports and targets.
    Analytics,
    /// Company, people, roles, devices.
    Admin,
}

impl Scope {
    /// The scope of sales team `team`.
    pub const fn sales(team: u16) -> Self {
        Self::Sales(team)
    }

    /// The team's number when this is a sales scope.
    pub const fn team(self) -> Option<u16> {
        match self {
            Self::Sales(team) => Some(team),
            _ => None,
        }
    }

    /// Every scope of a company with `teams` sales teams, in stable order.
    pub fn all(teams: u16) -> Vec<Self> {
        (1..=teams)
            .map(Self::Sales)
            .chain([Self::Catalog, Self::Finance, Self::Fiscal, Self::Analytics, Self::Admin])
            .collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sales(team) => write!(f, "sales.{team}"),
            Self::Catalog => f.write_str("catalog"),
            Self::Finance => f.write_str("finance"),
            Self::Fiscal => f.write_str("fiscal"),
            Self::Analytics => f.write_str("analytics"),
            Self::Admin => f.write_str("admin"),
        }
    }
}

/// The text names no scope of this program.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("not a scope: {0}")]
pub struct InvalidScope(String);

impl InvalidScope {
    /// Stable code of this error.
    pub const fn code(&self) -> &'static str {
        "scope.invalid"
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        Ok(match text {
            "catalog" => Self::Catalog,
            "finance" => Self::Finance,
            "fiscal" => Self::Fiscal,
            "analytics" => Self::Analytics,
            "admin" => Self::Admin,
            _ => {
                let team = text.strip_prefix("sales.").filter(|team| !team.starts_with(['0', '+']));
                let team = team.and_then(|team| team.parse().ok());
                Self::Sales(team.ok_or_else(|| InvalidScope(text.to_owned()))?)
            }
        })
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_reads_back_its_own_name() {
        for scope in Scope::all(3) {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
        }
        assert_eq!(Scope::all(1).len(), 6);
    }

    #[test]
    fn one_scope_has_one_name_only() {
        for text in ["sales.", "sales.01", "sales.+1", "sales.0", "sales.70000", "Sales.1", ""] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
