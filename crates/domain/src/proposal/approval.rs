//! Who must approve a version before it is sent.

use rust_decimal::Decimal;
use serde::Serialize;

use super::version::{Figures, VersionContent};
use crate::shared::Currency;
use crate::shared::named::named;

named! {
    /// The highest approver a version needs.
    Approver {
        /// Nobody.
        Nobody = "none",
        /// The sales manager.
        SalesManager = "sales_manager",
        /// The sales director.
        SalesDirector = "sales_director",
        /// Director and finance, both.
        DirectorAndFinance = "director_and_finance",
    }

    /// What asks for an approval.
    Trigger {
        /// Average discount beyond what a seller may give.
        Discount = "discount",
        /// Total beyond what a seller may quote.
        Total = "total",
        /// More than thirty days to pay.
        Terms = "terms",
        /// Margin under the floor.
        Margin = "margin",
        /// Another currency at a rate that a person set.
        CustomRate = "custom_rate",
    }
}

/// Limits of the approval matrix; a company may change them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApprovalLimits {
    /// Percent of average discount up to which nobody is asked, the manager, the director.
    pub discount: [Decimal; 3],
    /// Total in pesos below which nobody is asked, and up to which the manager is.
    pub total_mxn: [Decimal; 2],
    /// Days to pay up to which nobody is asked.
    pub payment_days: u16,
    /// Least margin in percent.
    pub margin_floor: Decimal,
}

impl Default for ApprovalLimits {
    fn default() -> Self {
        Self {
            discount: [Decimal::from(10), Decimal::from(20), Decimal::from(30)],
            total_mxn: [Decimal::from(500_000), Decimal::from(2_000_000)],
            payment_days: 30,
            margin_floor: Decimal::from(15),
        }
    }
}

/// What the matrix says of a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ApprovalNeed {
    /// The highest approver asked for.
    pub approver: Approver,
    /// Why, with whom each reason asks for.
    pub triggers: Vec<(Trigger, Approver)>,
}

impl ApprovalLimits {
    /// Reads the matrix for a version. `rate_to_mxn` is pesos per unit of the currency, 1 for pesos.
    pub fn need(&self, content: &VersionContent, figures: &Figures, rate_to_mxn: Decimal) -> ApprovalNeed {
        let rate = content.custom_fx_rate.unwrap_or(rate_to_mxn);
        let total = figures.quote.total.checked_mul(rate).unwrap_or(Decimal::MAX);
        let foreign = figures.quote.currency != Currency::Mxn;
        let asked = [
            (Trigger::Discount, self.for_discount(figures.average_discount)),
            (Trigger::Total, self.for_total(total)),
            (
                Trigger::Terms,
                if content.payment_days > self.payment_days { Approver::SalesManager } else { Approver::Nobody },
            ),
            (
                Trigger::Margin,
                match figures.margin {
                    Some(margin) if margin < self.margin_floor => Approver::DirectorAndFinance,
                    _ => Approver::Nobody,
                },
            ),
            (
                Trigger::CustomRate,
                if foreign && content.custom_fx_rate.is_some() {
                    Approver::DirectorAndFinance
                } else {
                    Approver::Nobody
                },
            ),
        ];
        let triggers: Vec<(Trigger, Approver)> =
            asked.into_iter().filter(|(_, approver)| *approver != Approver::Nobody).collect();
        let approver = triggers.iter().map(|(_, approver)| *approver).max().unwrap_or(Approver::Nobody);
        ApprovalNeed { approver, triggers }
    }

    fn for_discount(&self, percent: Decimal) -> Approver {
        let [seller, manager, director] = self.discount;
        match percent {
            percent if percent <= seller => Approver::Nobody,
            percent if percent <= manager => Approver::SalesManager,
            percent if percent <= director => Approver::SalesDirector,
            _ => Approver::DirectorAndFinance,
        }
    }

    fn for_total(&self, total_mxn: Decimal) -> Approver {
        let [seller, manager] = self.total_mxn;
        match total_mxn {
            total if total < seller => Approver::Nobody,
            total if total <= manager => Approver::SalesManager,
            _ => Approver::SalesDirector,
        }
    }
}
