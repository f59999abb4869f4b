//! Scopes and roles: who may read and write what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most scopes a company can have.
pub const MAX_SCOPES: usize = 16;

/// A part of the company's data with a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Leads, customers, proposals and contracts of one team; teams count from 1.
    Sales(u16),
    /// Products and prices.
    Catalog,
    /// Credit, bank data, payments.
    Finance,
    /// Invoices and their CFDI.
    Fiscal,
    /// Figures.
    Analytics,
    /// The company itself.
    Admin,
}

impl Scope {
    /// The scopes that exist from the first database on.
    pub const FIRST: [Self; 6] =
        [Self::Sales(1), Self::Catalog, Self::Finance, Self::Fiscal, Self::Analytics, Self::Admin];

    /// The number that the relay sees.
    pub fn number(self) -> u32 {
        match self {
            Self::Catalog => 1,
            Self::Finance => 2,
            Self::Fiscal => 3,
            Self::Analytics => 4,
            Self::Admin => 5,
            Self::Sales(team) => 16 + u32::from(team),
        }
    }

    /// The scope of a number; `None` when it names none.
    pub fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Catalog,
            2 => Self::Finance,
            3 => Self::Fiscal,
            4 => Self::Analytics,
            5 => Self::Admin,
            17.. => Self::Sales(u16::try_from(number - 16).ok()?),
            _ => return None,
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sales(team) => write!(formatter, "sales.{team}"),
            Self::Catalog => formatter.write_str("catalog"),
            Self::Finance => formatter.write_str("finance"),
            Self::Fiscal => formatter.write_str("fiscal"),
            Self::Analytics => formatter.write_str("analytics"),
            Self::Admin => formatter.write_str("admin"),
        }
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such scope")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Ok(match text {
            "catalog" => Self::Catalog,
            "finance" => Self::Finance,
            "fiscal" => Self::Fiscal,
            "analytics" => Self::Analytics,
            "admin" => Self::Admin,
            _ => {
                let team = text.strip_prefix("sales.").and_then(|team| team.parse().ok()).ok_or(UnknownScope)?;
                let scope = Self::Sales(team);
                // One scope, one name: neither `sales.0` nor `sales.01`.
                if team == 0 || scope.to_string() != text {
                    return Err(UnknownScope);
                }
                scope
            }
        })
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.number().serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            Self::from_number(u32::deserialize(deserializer)?).ok_or_else(|| de::Error::custom(UnknownScope))
        }
    }
}

/// What a person is in the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sells, in their own teams.
    Ventas,
    /// Manages all teams.
    Gerencia,
    /// Invoices and collects.
    Finanzas,
    /// Runs the company's membership.
    Administracion,
}

impl Role {
    /// All of them, in the order of the matrix.
    pub const ALL: [Self; 4] = [Self::Ventas, Self::Gerencia, Self::Finanzas, Self::Administracion];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ventas => "ventas",
            Self::Gerencia => "gerencia",
            Self::Finanzas => "finanzas",
            Self::Administracion => "administracion",
        }
    }
}

/// What a person holds: roles, and the sales teams that are their own.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rights {
    /// Sorted, without repetition.
    pub roles: Vec<Role>,
    /// Own teams of a ventas person; other roles reach all teams.
    pub teams: Vec<u16>,
}

impl Rights {
    /// Puts roles and teams in canonical order.
    pub fn new(roles: impl IntoIterator<Item = Role>, teams: impl IntoIterator<Item = u16>) -> Self {
        let mut roles: Vec<_> = roles.into_iter().collect();
        let mut teams: Vec<_> = teams.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        teams.sort_unstable();
        teams.dedup();
        Self { roles, teams }
    }

    /// Whether the person holds `role`.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the matrix lets the person read and write `scope`.
    pub fn may_write(&self, scope: Scope) -> bool {
        self.roles.iter().any(|role| self.role_writes(*role, scope))
    }

    /// Whether the person writes into `scope` what is for `roles` to write: as one of them that reaches it. Administración
    /// reaches no scope of records: what it decides is written by whoever of them reaches the scope by another role.
    pub fn may_write_as(&self, roles: &[Role], scope: Scope) -> bool {
        let fits =
            |role: &Role| roles.contains(role) && (*role == Role::Administracion || self.role_writes(*role, scope));
        self.may_write(scope) && self.roles.iter().any(fits)
    }

    /// Whether the person may have the relay forget files of `scope` for good. Whoever writes the scope takes a file away from
    /// its record, which can be undone; this cannot, so it is for whoever manages or administers besides.
    pub fn may_drop_files(&self, scope: Scope) -> bool {
        self.may_write(scope) && (self.has(Role::Gerencia) || self.has(Role::Administracion))
    }

    /// Whether the person sees what somebody who left could not send in `scope`, and says what becomes of it: who reads the scope
    /// and manages or administers. What they take over they write by their own roles.
    pub fn may_take_over(&self, scope: Scope) -> bool {
        self.may_read(scope) && (self.has(Role::Gerencia) || self.has(Role::Administracion))
    }

    fn role_writes(&self, role: Role, scope: Scope) -> bool {
        match (role, scope) {
            (Role::Ventas, Scope::Sales(team)) => self.teams.contains(&team),
            (Role::Gerencia, Scope::Sales(_) | Scope::Catalog | Scope::Analytics)
            | (Role::Finanzas, Scope::Sales(_) | Scope::Finance | Scope::Fiscal)
            | (Role::Administracion, Scope::Admin) => true,
            _ => false,
        }
    }

    /// Whether the matrix lets the person read `scope`.
    pub fn may_read(&self, scope: Scope) -> bool {
        self.may_write(scope)
            || self.roles.iter().any(|role| {
                matches!(
                    (role, scope),
                    (Role::Ventas, Scope::Catalog)
                        | (Role::Gerencia, Scope::Finance)
                        | (Role::Finanzas, Scope::Catalog | Scope::Analytics)
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_roles_is_the_one_on_paper() {
        let ana = Rights::new([Role::Ventas], [1]);
        let luis = Rights::new([Role::Gerencia, Role::Administracion], []);
        let carla = Rights::new([Role::Finanzas], []);
        let writes = |rights: &Rights| Scope::FIRST.map(|scope| rights.may_write(scope));
        let reads = |rights: &Rights| Scope::FIRST.map(|scope| rights.may_read(scope));
        // sales.1, catalog, finance, fiscal, analytics, admin
        assert_eq!(writes(&ana), [true, false, false, false, false, false]);
        assert_eq!(reads(&ana), [true, true, false, false, false, false]);
        assert_eq!(writes(&luis), [true, true, false, false, true, true]);
        assert_eq!(reads(&luis), [true, true, true, false, true, true]);
        assert_eq!(writes(&carla), [true, false, true, true, false, false]);
        assert_eq!(reads(&carla), [true, true, true, true, true, false]);
        assert!(!ana.may_read(Scope::Sales(2)));
    }

    #[test]
    fn files_are_dropped_for_good_by_who_manages_or_administers_and_writes_the_scope() {
        let may = |roles: &[Role], scope| Rights::new(roles.iter().copied(), [1]).may_drop_files(scope);
        assert!(may(&[Role::Gerencia], Scope::Sales(2)) && may(&[Role::Ventas, Role::Administracion], Scope::Sales(1)));
        assert!(
            !may(&[Role::Ventas], Scope::Sales(1)) && !may(&[Role::Finanzas], Scope::Sales(1)),
            "it cannot be undone"
        );
        assert!(!may(&[Role::Administracion], Scope::Sales(1)), "they do not reach the scope");
        assert!(!may(&[Role::Ventas, Role::Administracion], Scope::Sales(2)), "nor another team's");
    }

    #[test]
    fn what_was_left_behind_is_for_who_manages_or_administers_and_reads_the_scope() {
        let may = |roles: &[Role], scope| Rights::new(roles.iter().copied(), [1]).may_take_over(scope);
        assert!(may(&[Role::Gerencia], Scope::Sales(2)) && may(&[Role::Gerencia], Scope::Finance));
        assert!(may(&[Role::Ventas, Role::Administracion], Scope::Sales(1)));
        assert!(!may(&[Role::Ventas], Scope::Sales(1)) && !may(&[Role::Finanzas], Scope::Finance));
        assert!(!may(&[Role::Administracion], Scope::Sales(1)), "they do not reach the scope");
        assert!(!may(&[Role::Gerencia], Scope::Fiscal), "nobody does but finance");
    }

    #[test]
    fn a_scope_has_one_name_and_one_number() {
        for scope in Scope::FIRST {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
            assert_eq!(Scope::from_number(scope.number()), Some(scope));
        }
        for wrong in ["sales.0", "sales.01", "sales.", "Sales.1", "x"] {
            assert_eq!(wrong.parse::<Scope>(), Err(UnknownScope));
        }
        assert_eq!(Scope::from_number(16), None);
    }
}
