//! What an invoice needs to know about its receiver, checked as the person types.

use zuc_cfdi::{catalogs, rfc::Persona as SatPersona};
use zuc_domain::{
    compliance::{ComplianceEvent, FiscalRules, TaxpayerData, legal_name_without_suffix},
    customer::{Customer, FiscalProfile as Profile, ProfileEvidence, ProfileStatus},
    shared::{Action, DomainEvent, Object, Persona, Rfc},
};
use zuc_ipc::{
    Changes,
    customer::{FieldProblem, FiscalChoices, FiscalChoicesQuery, FiscalProfile, FiscalProfileSet},
    sentence,
    shared::{Choice, Query},
};
use zuc_protocol::item::DocKind;

use super::{id, load};
use crate::{
    AppError, Office,
    undo::{Before, Inverse},
};

/// Characters of a company's RFC, the shorter one.
const RFC_LENGTH: usize = 12;
/// Digits of a postal code.
const CP_LENGTH: usize = 5;

/// The SAT's tables, as the domain asks them.
pub(crate) struct SatTables;

impl FiscalRules for SatTables {
    fn regimen_fits(&self, regimen: &str, persona: Persona) -> bool {
        sat_persona(persona).is_some_and(|persona| catalogs::regimen_fits(regimen, persona))
    }

    fn uso_fits(&self, uso: &str, regimen: &str, persona: Persona) -> bool {
        sat_persona(persona).is_some_and(|persona| catalogs::uso_fits(uso, regimen, persona))
    }
}

/// The SAT's word for a persona; a generic RFC is neither.
pub(crate) fn sat_persona(persona: Persona) -> Option<SatPersona> {
    match persona {
        Persona::Moral => Some(SatPersona::Moral),
        Persona::Fisica => Some(SatPersona::Fisica),
        Persona::Generica => None,
    }
}

impl crate::Desk {
    /// Régimenes that fit an RFC; all of them while it cannot be read.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn regimenes(&self, query: Query) -> Result<Vec<Choice>, AppError> {
        Ok(regimenes(&query.text))
    }
}

impl Office {
    /// Which régimen and uso may be chosen for what was typed so far, and what is wrong with it.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn fiscal_choices(&self, typed: FiscalChoicesQuery) -> Result<FiscalChoices, AppError> {
        let persona = typed.rfc.parse::<Rfc>().ok().and_then(|rfc| sat_persona(rfc.persona()));
        let generic = typed.rfc.parse::<Rfc>().is_ok_and(|rfc| rfc.is_generic());
        let (regimenes, usos) = match persona {
            Some(persona) => (
                catalogs::regimenes_for(persona),
                if typed.regimen_fiscal.is_empty() {
                    Vec::new()
                } else {
                    catalogs::usos_for(&typed.regimen_fiscal, persona)
                },
            ),
            None if generic => (
                vec![("616", zuc_ipc::words::say("fiscal.regimen_616"))],
                vec![("S01", zuc_ipc::words::say("fiscal.uso_s01"))],
            ),
            None => (Vec::new(), Vec::new()),
        };
        Ok(FiscalChoices {
            regimenes: choices(regimenes),
            usos: choices(usos),
            clean_name: legal_name_without_suffix(&typed.legal_name),
            problems: problems_so_far(&typed),
        })
    }

    /// The fiscal data of a customer, as a change of them takes them for what the person saw.
    ///
    /// # Errors
    /// `app.not_found`.
    pub async fn customer_fiscal(&self, customer: &str) -> Result<FiscalProfile, AppError> {
        let customer = self.store.read::<Customer>(id(customer)?).await?;
        let customer = customer.ok_or_else(|| AppError::not_found("customer"))?;
        self.allow(Action::ReadCustomers, Object::in_scope(customer.scope))?;
        Ok(shown(&customer))
    }

    /// Sets the fiscal profile of a customer, if it still is what the person saw.
    ///
    /// # Errors
    /// `app.stale` when someone changed it meanwhile; the code of the first problem, which names its field; a warning is no
    /// reason to refuse.
    #[tracing::instrument(skip_all, fields(customer.id = %set.customer_id))]
    pub async fn customer_set_fiscal(&self, set: FiscalProfileSet) -> Result<Changes, AppError> {
        let profile = checked(&set.profile)?;
        let mut tx = self.begin().await?;
        let mut customer = load(&mut tx, id(&set.customer_id)?).await?;
        self.allow(Action::EditFiscalProfile, Object { scope: customer.scope, owner: Some(customer.owner) })?;
        self.still_shown(&customer, &set.seen)?;
        let before = Before::of::<Customer>(&mut tx, customer.id).await?;
        let event = customer.set_fiscal_profile(profile.clone())?;
        customer.apply(&event);
        let validated = ComplianceEvent::ProfileValidated {
            customer: customer.id,
            rfc: profile.rfc.as_str().to_owned(),
            mismatches: Vec::new(),
            checked_at: self.now(),
        };
        let events: [&dyn DomainEvent; 2] = [&event, &validated];
        tx.repository().record_all(&customer, &events).await?;
        let undo = before.was::<Customer>(&mut tx).await?.map(|was| Inverse::Records { records: vec![was] }.token());
        tx.commit().await?;
        Ok(self.tell(Changes {
            customers: true,
            undo,
            done: zuc_ipc::words::say("customer.fiscal_saved").to_owned(),
            ..Changes::default()
        }))
    }
}

impl Office {
    /// Refuses where the fiscal data of a customer are not what the person saw.
    ///
    /// # Errors
    /// `app.stale`, with what they say now.
    fn still_shown(&self, customer: &Customer, seen: &FiscalProfile) -> Result<(), AppError> {
        if shown(customer) == *seen {
            return Ok(());
        }
        let now = serde_json::to_value(&customer.fiscal_profile)?;
        Err(AppError::changed(
            "app.stale",
            "fiscal_profile",
            &self.shown(DocKind::CUSTOMER, "fiscal_profile", Some(&now)),
        ))
    }
}

/// The fiscal data of a customer as the Cliente 360 shows them; before there are any, by what the customer is called.
fn shown(customer: &Customer) -> FiscalProfile {
    let profile = customer.fiscal_profile.as_ref();
    let text = |of: fn(&Profile) -> &str| profile.map_or("", of).to_owned();
    FiscalProfile {
        rfc: customer.rfc.as_ref().map_or("", |rfc| rfc.as_str()).to_owned(),
        legal_name: profile.map_or(&customer.legal_name, |profile| &profile.legal_name).clone(),
        regimen_fiscal: text(|profile| profile.regimen_fiscal.as_str()),
        domicilio_cp: text(|profile| profile.domicilio_cp.as_str()),
        uso_cfdi: text(|profile| profile.uso_cfdi_default.as_str()),
    }
}

/// Régimenes that fit an RFC; all of them while it cannot be read.
pub(crate) fn regimenes(rfc: &str) -> Vec<Choice> {
    let persona = rfc.parse::<Rfc>().ok().and_then(|rfc| sat_persona(rfc.persona()));
    choices(match persona {
        Some(persona) => catalogs::regimenes_for(persona),
        None => catalogs::entries(catalogs::Catalog::RegimenFiscal).collect(),
    })
}

/// What is wrong with the fields that are filled in; a name is only judged when it is saved, for it is cleaned then.
fn problems_so_far(typed: &FiscalChoicesQuery) -> Vec<FieldProblem> {
    let rfc = typed.rfc.trim().to_uppercase();
    let data = TaxpayerData {
        rfc: &rfc,
        legal_name: "",
        regimen_fiscal: typed.regimen_fiscal.trim(),
        domicilio_cp: typed.domicilio_cp.trim(),
        uso_cfdi: typed.uso_cfdi.trim(),
    };
    let is_whole = |field: &str| match field {
        "rfc" => data.rfc.len() >= RFC_LENGTH,
        "domicilio_cp" => data.domicilio_cp.len() >= CP_LENGTH,
        "regimen_fiscal" => !data.regimen_fiscal.is_empty(),
        "uso_cfdi" => !data.uso_cfdi.is_empty(),
        _ => false,
    };
    data.problems(&SatTables)
        .into_iter()
        .filter(|problem| is_whole(problem.field))
        .map(|problem| FieldProblem {
            field: problem.field.to_owned(),
            code: problem.code.to_owned(),
            sentence: sentence(problem.code).unwrap_or_default().to_owned(),
            warning: problem.warning,
        })
        .collect()
}

/// The profile as the domain keeps it, or what is wrong with it.
pub(crate) fn checked(typed: &FiscalProfile) -> Result<Profile, AppError> {
    let name = legal_name_without_suffix(&typed.legal_name);
    let rfc = typed.rfc.trim().to_uppercase();
    let data = TaxpayerData {
        rfc: &rfc,
        legal_name: &name,
        regimen_fiscal: typed.regimen_fiscal.trim(),
        domicilio_cp: typed.domicilio_cp.trim(),
        uso_cfdi: typed.uso_cfdi.trim(),
    };
    if let Some(problem) = data.problems(&SatTables).into_iter().find(|problem| !problem.warning) {
        return Err(AppError::new(problem.code, "the fiscal profile cannot be used").at(problem.field));
    }
    Ok(Profile {
        rfc: rfc.parse().map_err(|_| AppError::new("fiscal.rfc_format", "not an RFC").at("rfc"))?,
        legal_name: name.clone(),
        regimen_fiscal: data.regimen_fiscal.to_owned(),
        domicilio_cp: data
            .domicilio_cp
            .parse()
            .map_err(|_| AppError::new("fiscal.cp_format", "not a postal code").at("domicilio_cp"))?,
        uso_cfdi_default: data.uso_cfdi.to_owned(),
        evidence: ProfileEvidence::Manual,
        status: ProfileStatus::Valid,
    })
}

fn choices(rows: Vec<(&str, &str)>) -> Vec<Choice> {
    rows.into_iter().map(|(key, text)| Choice { key: key.to_owned(), text: text.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(typed: &FiscalChoicesQuery) -> Vec<(String, String)> {
        problems_so_far(typed).into_iter().map(|problem| (problem.field, problem.code)).collect()
    }

    #[test]
    fn what_is_half_typed_is_no_problem_yet() {
        let typed = FiscalChoicesQuery {
            rfc: "eku90".to_owned(),
            domicilio_cp: "42".to_owned(),
            ..FiscalChoicesQuery::default()
        };
        assert_eq!(wrong(&typed), []);
    }

    #[test]
    fn a_whole_field_that_does_not_fit_is_named_with_its_sentence() {
        let typed = FiscalChoicesQuery {
            rfc: "eku9003173c8".to_owned(),
            regimen_fiscal: "612".to_owned(),
            legal_name: String::new(),
            domicilio_cp: "4250a".to_owned(),
            uso_cfdi: "D01".to_owned(),
        };
        let names = [
            ("rfc", "fiscal.rfc_check_digit"),
            ("regimen_fiscal", "fiscal.regimen_persona"),
            ("domicilio_cp", "fiscal.cp_format"),
            ("uso_cfdi", "fiscal.uso_not_allowed"),
        ];
        assert_eq!(wrong(&typed), names.map(|(field, code)| (field.to_owned(), code.to_owned())));
        assert!(problems_so_far(&typed).iter().all(|problem| problem.sentence.ends_with('.')));
    }
}
