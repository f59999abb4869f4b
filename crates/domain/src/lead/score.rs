//! The lead's score by rules, with its reasons: what stands where no model answers.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Lead;
use crate::shared::Percentage;
use crate::shared::named::named;
use crate::shared::text::fold;

named! {
    /// Who made the score.
    ScoreMethod {
        /// The cloud model.
        Sagemaker = "sagemaker",
        /// The model on the device.
        LocalModel = "local_model",
        /// The rules of this module.
        RuleBased = "rule_based_fallback",
        /// A person.
        Manual = "manual",
    }

    /// Bands of the one scale.
    Band {
        /// 80 and more.
        A = "A",
        /// 60 to 79.
        B = "B",
        /// 40 to 59.
        C = "C",
        /// Below 40; the rules never get there.
        D = "D",
    }
}

/// A reason of a score.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Factor {
    /// Stable code; the words for it are said elsewhere.
    pub code: String,
    /// Points it brought.
    pub points: i16,
}

/// A score between 0 and 100 with who made it and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadScore {
    /// 0 to 100.
    pub score: u8,
    /// Who made it.
    pub method: ScoreMethod,
    /// Version of the model or the rules.
    pub model_version: Option<String>,
    /// How sure, 0 to 1.
    pub confidence: Decimal,
    /// Why.
    pub factors: Vec<Factor>,
}

impl LeadScore {
    /// The band of the score.
    pub const fn band(&self) -> Band {
        match self.score {
            80.. => Band::A,
            60..80 => Band::B,
            40..60 => Band::C,
            _ => Band::D,
        }
    }
}

/// What the rules look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ScoreInputs<'a> {
    /// Employees.
    pub company_size: Option<u32>,
    /// Line of business, as typed.
    pub industry: Option<&'a str>,
    /// Share of mails opened.
    pub mail_open_rate: Option<Percentage>,
    /// Asked for a demo.
    pub demo_requested: bool,
}

impl<'a> From<&'a Lead> for ScoreInputs<'a> {
    fn from(lead: &'a Lead) -> Self {
        Self {
            company_size: lead.company_size,
            industry: lead.industry.as_deref(),
            mail_open_rate: lead.mail_open_rate,
            demo_requested: lead.demo_requested,
        }
    }
}

/// Version of the rules below, kept with every score they make.
pub const RULES_VERSION: &str = "rules-1";

/// Scores by rules: 50, and more for size, industry, opened mail and a demo; at most 100.
pub fn rule_score(inputs: ScoreInputs<'_>) -> LeadScore {
    let technology =
        inputs.industry.is_some_and(|industry| matches!(fold(industry).trim(), "technology" | "tecnologia"));
    let opened = inputs.mail_open_rate.is_some_and(|rate| rate.value() > Decimal::from(50));
    let rules = [
        (true, "base", 50),
        (inputs.company_size.is_some_and(|size| size > 500), "company_size", 15),
        (technology, "industry", 10),
        (opened, "mail_open_rate", 10),
        (inputs.demo_requested, "demo_requested", 15),
    ];
    let factors: Vec<Factor> = rules
        .into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, code, points)| Factor { code: code.to_owned(), points })
        .collect();
    let sum: i16 = factors.iter().map(|factor| factor.points).sum();
    LeadScore {
        score: u8::try_from(sum.clamp(0, 100)).expect("the clamp keeps it within a byte"),
        method: ScoreMethod::RuleBased,
        model_version: Some(RULES_VERSION.to_owned()),
        confidence: Decimal::new(6, 1),
        factors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_of_which_nothing_is_known_scores_the_base() {
        let score = rule_score(ScoreInputs::default());
        assert_eq!((score.score, score.band(), score.method.name()), (50, Band::C, "rule_based_fallback"));
        assert_eq!(score.confidence.to_string(), "0.6");
        assert_eq!(score.factors.len(), 1);
    }

    #[test]
    fn every_rule_adds_its_points_and_says_so() {
        let all = ScoreInputs {
            company_size: Some(501),
            industry: Some(" Tecnología"),
            mail_open_rate: Percentage::try_new(Decimal::new(501, 1)).ok(),
            demo_requested: true,
        };
        let score = rule_score(all);
        assert_eq!((score.score, score.band()), (100, Band::A));
        assert_eq!(score.factors.iter().map(|f| f.points).collect::<Vec<_>>(), [50, 15, 10, 10, 15]);
    }

    #[test]
    fn a_threshold_itself_does_not_count() {
        let edge = ScoreInputs {
            company_size: Some(500),
            industry: Some("Tecnologías de papel"),
            mail_open_rate: Percentage::try_new(Decimal::from(50)).ok(),
            demo_requested: false,
        };
        assert_eq!(rule_score(edge).score, 50);
    }
}
