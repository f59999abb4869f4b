//! Where each kind of document and fact lies, and for whom it is to write. Who may write a scope writes there what belongs there
//! and is theirs, and nothing else: what stands elsewhere, or is another role's, is read by nobody.

use crate::item::{DocKind, Fact, Item};
use crate::relay_fact::relay_may_write;
use crate::scope::{Rights, Role, Scope};

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
    /// Those of the sales teams; of whoever only administers, theirs.
    SalesOrAdmin,
}

impl Home {
    /// Whether `scope` is one of them.
    pub const fn holds(self, scope: Scope) -> bool {
        matches!(
            (self, scope),
            (Self::Sales | Self::CatalogOrSales | Self::SalesOrAdmin, Scope::Sales(_))
                | (Self::Catalog | Self::CatalogOrSales, Scope::Catalog)
                | (Self::Finance, Scope::Finance)
                | (Self::Fiscal, Scope::Fiscal)
                | (Self::SalesOrAdmin, Scope::Admin)
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
        Fact::ACTIVITY
        | Fact::ATTACHMENT
        | Fact::ATTACHMENT_REMOVAL
        | Fact::ATTACHMENT_HELD
        | Fact::SIGNATURE
        | Fact::PUBLIC_INVOICE => Home::Sales,
        Fact::PROCESS_STEP | Fact::RETENTION => Home::Finance,
        Fact::COMPANY_PROFILE => Home::Catalog,
        Fact::CSD | Fact::SEALED_CFDI | Fact::STAMPED_CFDI => Home::Fiscal,
        Fact::AUDIT_HEAD => Home::SalesOrAdmin,
        _ => return None,
    })
}

const SALES: &[Role] = &[Role::Ventas, Role::Gerencia];
const SALES_AND_FINANCE: &[Role] = &[Role::Ventas, Role::Gerencia, Role::Finanzas];
const FINANCE: &[Role] = &[Role::Finanzas];
const ADMIN: &[Role] = &[Role::Administracion];
const EVERYBODY: &[Role] = &Role::ALL;

/// Who writes documents of a kind; `None` for kinds that no program writes yet. The matrix of actions says the same, finer: a
/// test holds the two together.
pub const fn writers_of_document(kind: DocKind) -> Option<&'static [Role]> {
    Some(match kind {
        DocKind::LEAD | DocKind::CUSTOMER => SALES_AND_FINANCE,
        DocKind::OPPORTUNITY | DocKind::PROPOSAL | DocKind::PRODUCT => SALES,
        DocKind::CONTRACT | DocKind::INVOICE => FINANCE,
        _ => return None,
    })
}

/// Who writes facts of a kind, as [`writers_of_document`]; no role writes those of the relay.
pub fn writers_of_fact(kind: &str) -> Option<&'static [Role]> {
    Some(match kind {
        Fact::ACTIVITY | Fact::ATTACHMENT | Fact::ATTACHMENT_REMOVAL | Fact::ATTACHMENT_HELD => SALES_AND_FINANCE,
        Fact::SIGNATURE => SALES,
        Fact::COMPANY_PROFILE => ADMIN,
        Fact::CSD
        | Fact::SEALED_CFDI
        | Fact::STAMPED_CFDI
        | Fact::PUBLIC_INVOICE
        | Fact::PROCESS_STEP
        | Fact::RETENTION => FINANCE,
        Fact::AUDIT_HEAD => EVERYBODY,
        kind if relay_may_write(kind) => &[],
        _ => return None,
    })
}

impl Item {
    /// Whether a person with `rights` writes such an item into `scope`.
    pub fn is_for(&self, rights: &Rights, scope: Scope) -> bool {
        let roles = match self {
            Self::Change(change) => writers_of_document(change.kind),
            Self::Fact(fact) => writers_of_fact(&fact.kind),
        };
        roles.is_none_or(|roles| rights.may_write_as(roles, scope))
    }

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
        assert_eq!(held(Home::SalesOrAdmin), [Scope::Sales(1), Scope::Admin]);
        assert!(Home::Sales.holds(Scope::Sales(7)), "every team's");
    }

    #[test]
    fn what_finance_decides_lies_where_sellers_cannot_write() {
        let seller = Rights::new([Role::Ventas], [1]);
        for home in [home_of_document(DocKind::INVOICE), home_of_fact(Fact::CSD), home_of_fact(Fact::STAMPED_CFDI)] {
            let home = home.expect("a home");
            assert!(!Scope::FIRST.into_iter().any(|scope| home.holds(scope) && seller.may_write(scope)));
        }
        assert_eq!(home_of_document(DocKind(999)), None, "a newer version's");
    }

    fn fact(kind: &str) -> Item {
        Item::Fact(Fact {
            id: crate::ids::ItemId([1; 16]),
            kind: kind.into(),
            subject: crate::ids::ItemId([2; 16]),
            fence: 0,
            body: "{}".into(),
            person_keys: vec![],
            events: vec![],
            part: None,
        })
    }

    #[test]
    fn what_has_a_home_is_for_somebody_who_reaches_it_to_write() {
        let kinds = (1..=64).map(DocKind).filter(|kind| home_of_document(*kind).is_some());
        for kind in kinds {
            assert!(writers_of_document(kind).is_some_and(|roles| !roles.is_empty()), "{kind:?}");
        }
        for kind in [
            Fact::ACTIVITY,
            Fact::ATTACHMENT,
            Fact::ATTACHMENT_REMOVAL,
            Fact::ATTACHMENT_HELD,
            Fact::SIGNATURE,
            Fact::COMPANY_PROFILE,
            Fact::CSD,
            Fact::SEALED_CFDI,
            Fact::STAMPED_CFDI,
            Fact::PUBLIC_INVOICE,
            Fact::PROCESS_STEP,
            Fact::AUDIT_HEAD,
        ] {
            assert!(
                home_of_fact(kind).is_some() && writers_of_fact(kind).is_some_and(|roles| !roles.is_empty()),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_role_writes_its_kinds_where_it_reaches_and_a_second_role_does_not_reach_for_it() {
        let (signature, profile) = (fact(Fact::SIGNATURE), fact(Fact::COMPANY_PROFILE));
        let seller_and_finance = Rights::new([Role::Ventas, Role::Finanzas], [1]);
        assert!(signature.is_for(&seller_and_finance, Scope::Sales(1)));
        assert!(!signature.is_for(&seller_and_finance, Scope::Sales(2)), "finance reaches it, and does not sell");
        let manager = Rights::new([Role::Gerencia], []);
        assert!(!profile.is_for(&manager, Scope::Catalog));
        assert!(
            !profile.is_for(&Rights::new([Role::Administracion], []), Scope::Catalog),
            "it does not reach the scope"
        );
        assert!(profile.is_for(&Rights::new([Role::Administracion, Role::Gerencia], []), Scope::Catalog));
        let head = fact(Fact::AUDIT_HEAD);
        assert!(Role::ALL.iter().all(|role| {
            let rights = Rights::new([*role], [1]);
            Scope::FIRST.into_iter().any(|scope| head.may_lie_in(scope) && head.is_for(&rights, scope))
        }));
        let everybody = Rights::new(Role::ALL, [1]);
        assert!(!fact("stamp.done").is_for(&everybody, Scope::Sales(1)), "the relay's");
        let public = fact(Fact::PUBLIC_INVOICE);
        assert!(
            !public.is_for(&Rights::new([Role::Ventas, Role::Gerencia], [1]), Scope::Sales(1)),
            "only finance says"
        );
        assert!(public.is_for(&Rights::new([Role::Finanzas], []), Scope::Sales(2)));
        assert!(fact("a.newer.versions").is_for(&manager, Scope::Sales(1)));
    }
}
