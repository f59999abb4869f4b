//! Fiscal data of a receiver: régimen and uso are offered only where they fit.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::customer::{Customer360, FiscalChoicesQuery, FiscalProfile, FiscalProfileSet};
use zuc_ipc::{Choice as Key, list};

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Choice, FormFailure, Icon, SectionHead, SelectField, TextField};
use crate::pages::invoices::keyed;
use crate::words::tr;

/// The fields of a profile while they are edited.
#[derive(Clone, Copy)]
pub(crate) struct FiscalFields {
    rfc: RwSignal<String>,
    name: RwSignal<String>,
    regimen: RwSignal<String>,
    cp: RwSignal<String>,
    uso: RwSignal<String>,
}

impl FiscalFields {
    /// The fields of `profile`.
    pub(crate) fn new(profile: &FiscalProfile) -> Self {
        let field = |text: &String| RwSignal::new(text.clone());
        Self {
            rfc: field(&profile.rfc),
            name: field(&profile.legal_name),
            regimen: field(&profile.regimen_fiscal),
            cp: field(&profile.domicilio_cp),
            uso: field(&profile.uso_cfdi),
        }
    }

    /// What was typed.
    pub(crate) fn profile(self) -> FiscalProfile {
        FiscalProfile {
            rfc: self.rfc.get_untracked(),
            legal_name: self.name.get_untracked(),
            regimen_fiscal: self.regimen.get_untracked(),
            domicilio_cp: self.cp.get_untracked(),
            uso_cfdi: self.uso.get_untracked(),
        }
    }
}

/// Whether `clean` is what stays of this name, and not of the one that stood here when the answer was asked for.
fn is_clean_of(clean: &str, typed: &str) -> bool {
    let words = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    clean != typed && words.to_uppercase().starts_with(&clean.to_uppercase())
}

/// The form; problems come from the core as the fields are typed.
#[component]
pub(crate) fn FiscalForm(
    fields: FiscalFields,
    action: Action,
    /// Problems already known, by field.
    #[prop(optional, into)]
    known: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let choices = use_query::<list::FiscalChoicesGet>(Topics::NONE, move || {
        Some(FiscalChoicesQuery {
            rfc: fields.rfc.get().trim().to_uppercase(),
            regimen_fiscal: fields.regimen.get(),
            legal_name: fields.name.get(),
            domicilio_cp: fields.cp.get(),
            uso_cfdi: fields.uso.get(),
        })
    });
    let listed = |keys: &[Key]| {
        keys.iter().map(|key| Choice::new(key.key.clone(), format!("{} {}", key.key, key.text))).collect::<Vec<_>>()
    };
    let regimenes =
        Signal::derive(move || choices.value.get().map(|choices| listed(&choices.regimenes)).unwrap_or_default());
    let usos = Signal::derive(move || choices.value.get().map(|choices| listed(&choices.usos)).unwrap_or_default());
    let problem = move |name: &'static str, aliases: &'static [&'static str]| {
        let refused = action.field(name);
        Signal::derive(move || {
            let is_it = |field: &str| field == name || aliases.contains(&field);
            refused
                .get()
                .or_else(|| known.get().into_iter().find(|(field, _)| is_it(field)).map(|(_, sentence)| sentence))
                .or_else(|| {
                    choices
                        .value
                        .get()?
                        .problems
                        .iter()
                        .find(|problem| is_it(&problem.field))
                        .map(|problem| problem.sentence.clone())
                })
        })
    };
    let clean = move || {
        choices
            .value
            .get()
            .map(|choices| choices.clean_name.clone())
            .filter(|clean| !clean.is_empty() && is_clean_of(clean, &fields.name.get()))
    };
    view! {
        <div class="col gap-3">
            <div class="grid-2 gap-3">
                <TextField label=tr!(fiscal.rfc) value=fields.rfc mono=true error=problem("rfc", &["receptor.rfc"]) testid="fiscal-rfc"/>
                <TextField label=tr!(fiscal.cp) value=fields.cp error=problem("domicilio_cp", &["receptor.domicilio_cp", "domicilio_fiscal"]) testid="fiscal-cp"/>
            </div>
            <TextField label=tr!(fiscal.name) value=fields.name error=problem("legal_name", &["nombre", "receptor.nombre"]) testid="fiscal-name"/>
            {move || clean().map(|clean| {
                let sent = clean.clone();
                view! { <button type="button" class="s12 link-btn" style="align-self:flex-start;margin-top:-8px" on:click=move |_| fields.name.set(sent.clone()) data-testid="fiscal-clean">{tr!(fiscal.use_name, name = clean)}</button> }
            })}
            <SelectField label=tr!(fiscal.regimen) value=fields.regimen choices=regimenes unchosen=tr!(common.choose) error=problem("regimen_fiscal", &[]) testid="fiscal-regimen"/>
            <SelectField label=tr!(fiscal.uso) value=fields.uso choices=usos unchosen=tr!(common.choose) error=problem("uso_cfdi", &[]) testid="fiscal-uso"/>
        </div>
    }
}

/// The fiscal data of a customer, shown and edited in place.
#[component]
pub(crate) fn FiscalSection(customer: Arc<Customer360>) -> impl IntoView {
    let editing = RwSignal::new(false);
    let fields = FiscalFields::new(&customer.fiscal);
    let action = Action::new();
    let shown = StoredValue::new((customer.row.id.clone(), customer.fiscal.clone()));
    let save = move || {
        let (customer_id, seen) = shown.get_value();
        let set = FiscalProfileSet { customer_id, seen, profile: fields.profile() };
        action.run::<list::CustomerSetFiscal>(set, move |_| {
            editing.try_set(false);
        });
    };
    let profile = customer.fiscal.clone();
    let regimen = keyed(&profile.regimen_fiscal, &customer.regimen_text);
    let uso = keyed(&profile.uso_cfdi, &customer.uso_text);
    let change = view! {
        <button class="btn btn--ghost btn--sm" on:click=move |_| editing.update(|editing| *editing = !*editing) data-testid="fiscal-edit"><Icon name="pen"/>{tr!(leads.change)}</button>
    }.into_any();
    view! {
        <section class="sec">
            <SectionHead title=tr!(fiscal.title) end=change/>
            {move || if editing.get() {
                view! {
                    <form class="col gap-3" style="max-width:560px" on:submit=move |event| { event.prevent_default(); save(); }>
                        <FiscalForm fields action/>
                        <FormFailure failure=action.elsewhere(&["rfc", "legal_name", "regimen_fiscal", "domicilio_cp", "uso_cfdi"])/>
                        <div class="row">
                            <button type="submit" class="btn btn--primary" disabled=move || action.busy.get() data-testid="fiscal-save">{tr!(common.save)}</button>
                            <button type="button" class="btn btn--ghost" on:click=move |_| editing.set(false)>{tr!(common.cancel)}</button>
                        </div>
                    </form>
                }.into_any()
            } else if profile.rfc.is_empty() {
                view! { <p class="t3">{tr!(fiscal.none)}</p> }.into_any()
            } else {
                let profile = profile.clone();
                view! {
                    <div class="grid-2" style="gap:0 32px">
                        <dl class="dl" style="gap:4px 12px;align-content:start"><dt>{tr!(fiscal.rfc)}</dt><dd class="mono" data-testid="customer-rfc">{profile.rfc}</dd><dt>{tr!(fiscal.name)}</dt><dd>{profile.legal_name}</dd></dl>
                        <dl class="dl" style="gap:4px 12px;align-content:start"><dt>{tr!(fiscal.regimen)}</dt><dd>{regimen.clone()}</dd><dt>{tr!(fiscal.cp)}</dt><dd class="tn">{profile.domicilio_cp}</dd><dt>{tr!(fiscal.uso)}</dt><dd>{uso.clone()}</dd></dl>
                    </div>
                }.into_any()
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::is_clean_of;

    #[test]
    fn a_clean_name_is_offered_only_for_the_name_it_comes_from() {
        assert!(is_clean_of("HOTELERA COSTA AZUL", "Hotelera  Costa Azul S.A. de C.V."));
        assert!(!is_clean_of("MAQUINADOS DEL GOLFO", "HOTELERA COSTA AZUL S.A. DE C.V."));
        assert!(!is_clean_of("HOTELERA COSTA AZUL", "HOTELERA COSTA AZUL"));
    }
}
