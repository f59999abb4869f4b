//! Where each kind of document and fact lies. Who may write a scope writes there what belongs there, and nothing else: a kind that
//! stands in another scope is read by nobody, whoever wrote it.

use crate::item::{DocKind, Fact, Item};
use crate::scope::Scope;

/// The scopes that hold a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Those of the sales teams.
    Sales,
    /// The company's prices.
    Catalog,
    /// The company's prices, or a team's own list.
    CatalogOrSales,
    /// Invoices and what is owed.
    Finance,
    /// Certificates and documents of the SAT.
    Fiscal,
}

impl Home {
    /// Whether `scope` is one of them.
    pub const fn holds(self, scope: Scope) -> bool {
        matches!(
            (self, scope),
            (Self::Sales | Self::CatalogOrSales, Scope::Sales(_))
                | (Self::Catalog | Self::CatalogOrSales, Scope::Catalog)
                | (Self::Finance, Scope::Finance)
                | (Self::Fiscal, Scope::Fiscal)
        )
    }
}

/// Where documents of a kind lie; `None` for kinds that no program writes yet. A kind has its home from the first version on that
/// writes it.
pub const fn home_of_document(kind: DocKind) -> Option<Home> {
    Some(match kind {
        DocKind::LEAD | DocKind::CUSTOMER | DocKind::OPPORTUNITY | DocKind::PROPOSAL | DocKind::CONTRACT => Home::Sales,
        DocKind::PRODUCT => Home::CatalogOrSales,
        DocKind::INVOICE => Home::Finance,
        _ => return None,
    })
}

/// Where facts of a kind lie, as [`home_of_document`]. Those of the relay lie where it was asked.
pub fn home_of_fact(kind: &str) -> Option<Home> {
    Some(match kind {
        Fact::ACTIVITY | Fact::SIGNATURE => Home::Sales,
        Fact::COMPANY_PROFILE => Home::Catalog,
        Fact::CSD | Fact::SEALED_CFDI | Fact::STAMPED_CFDI => Home::Fiscal,
        _ => return None,
    })
}

impl Item {
    /// Whether a batch of `scope` may hold it.
    pub fn may_lie_in(&self, scope: Scope) -> bool {
        let home = match self {
            Self::Change(change) => home_of_document(change.kind),
            Self::Fact(fact) => home_of_fact(&fact.kind),
        };
        home.is_none_or(|home| home.holds(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_home_holds_what_is_its_own_and_no_more() {
        let held = |home: Home| Scope::FIRST.into_iter().filter(|scope| home.holds(*scope)).collect::<Vec<_>>();
        assert_eq!(held(Home::Sales), [Scope::Sales(1)]);
        assert_eq!(held(Home::Catalog), [Scope::Catalog]);
        assert_eq!(held(Home::CatalogOrSales), [Scope::Sales(1), Scope::Catalog]);
        assert_eq!(held(Home::Finance), [Scope::Finance]);
        assert_eq!(held(Home::Fiscal), [Scope::Fiscal]);
        assert!(Home::Sales.holds(Scope::Sales(7)), "every team's");
    }

    #[test]
    fn what_finance_decides_lies_where_sellers_cannot_write() {
        let seller = crate::scope::Rights::new([crate::scope::Role::Ventas], [1]);
        for home in [home_of_document(DocKind::INVOICE), home_of_fact(Fact::CSD), home_of_fact(Fact::STAMPED_CFDI)] {
            let home = home.expect("a home");
            assert!(!Scope::FIRST.into_iter().any(|scope| home.holds(scope) && seller.may_write(scope)));
        }
        assert_eq!(home_of_document(DocKind(999)), None, "a newer version's");
    }
}
