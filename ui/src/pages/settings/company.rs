//! The company as it issues.

use leptos::prelude::*;

use crate::components::{Badge, SectionHead, Tone};
use crate::labels;
use crate::session::use_session;
use crate::words::tr;

/// RFC, name, régimen, place of issue; they were written in the first change and are only read here.
#[component]
pub(crate) fn CompanyPart() -> impl IntoView {
    let session = use_session();
    let company = move || session.get().and_then(|boot| boot.company.clone());
    let person = move || session.get().and_then(|boot| boot.person.clone());
    view! {
        <div class="pane"><div class="sheet col gap-6">
            {move || company().map(|company| view! {
                <section>
                    <SectionHead title=tr!(settings.company) end=company.sample.then(|| view! { <Badge tone=Tone::Info text=tr!(shell.sample) icon="spark"/> }).into_any()/>
                    <dl class="dl dl--left" style="grid-template-columns:160px 1fr">
                        <dt>{tr!(fiscal.name)}</dt><dd class="m" data-testid="settings-name">{company.name}</dd>
                        <dt>{tr!(fiscal.rfc)}</dt><dd class="mono" data-testid="settings-rfc">{company.rfc}</dd>
                        <dt>{tr!(fiscal.regimen)}</dt><dd>{format!("{} {}", company.regimen_fiscal, company.regimen_text)}</dd>
                        <dt>{tr!(create.cp)}</dt><dd class="tn">{company.cp}</dd>
                        <dt>{tr!(settings.company_id)}</dt><dd class="mono cut">{company.id}</dd>
                    </dl>
                    <p class="s12 t3" style="margin-top:12px">{tr!(settings.company_about)}</p>
                </section>
            })}
            {move || person().map(|person| view! {
                <section>
                    <SectionHead title=tr!(settings.you)/>
                    <dl class="dl dl--left" style="grid-template-columns:160px 1fr">
                        <dt>{tr!(settings.person)}</dt><dd class="m">{person.name}</dd><dt>{tr!(settings.roles)}</dt><dd>{labels::roles(&person.roles)}</dd>
                    </dl>
                </section>
            })}
        </div></div>
    }
}
