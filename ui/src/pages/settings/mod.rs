//! Ajustes: company, certificate, devices, sync, backups, looks.

mod backup;
mod company;
mod csd;
mod devices;
mod invite;
mod left;
mod lock;
mod people;
mod receipt;
mod restore;
mod revoke;
mod space;
mod sync;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::backup::BackupPart;
use self::company::CompanyPart;
use self::csd::CsdPart;
use self::devices::DevicesPart;
use self::lock::LockSection;
use self::people::PeoplePart;
use self::sync::SyncPart;
use crate::components::{Icon, SectionHead};
use crate::pages::welcome::Looks;
use crate::route;
use crate::session::use_session;
use crate::shell::{Crumb, TopBar};
use crate::words::tr;

/// Sections: address, icon, name.
fn sections() -> [(&'static str, &'static str, &'static str); 9] {
    [
        ("empresa", "build", tr!(settings.company)),
        ("csd", "shield", tr!(settings.csd)),
        ("personas", "lead", tr!(people.title)),
        ("dispositivos", "laptop", tr!(settings.devices)),
        ("sincronia", "sync", tr!(settings.sync)),
        ("respaldos", "in", tr!(backup.title)),
        ("bloqueo", "lock", tr!(lock.section)),
        ("apariencia", "moon", tr!(looks.theme)),
        ("acerca", "info", tr!(settings.about)),
    ]
}

/// The page with its own list of sections.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let params = use_params_map();
    let section = Memo::new(move |_| {
        params.read().get("section").filter(|section| !section.is_empty()).unwrap_or_else(|| "empresa".to_owned())
    });
    let inviting = RwSignal::new(false);
    let title = Signal::derive(move || {
        sections()
            .into_iter()
            .find(|(key, ..)| *key == section.get())
            .map(|(_, _, name)| name.to_owned())
            .unwrap_or_default()
    });
    view! {
        <TopBar crumb=Crumb { to: route::SETTINGS, name: tr!(shell.settings).to_owned() } title>
            {move || (section.get() == "dispositivos").then(|| view! {
                <button class="btn" on:click=move |_| inviting.set(true) data-testid="device-add"><Icon name="plus"/>{tr!(devices.add)}</button>
            })}
        </TopBar>
        <div class="body">
            <aside class="pane pane--left" style="width:184px;padding:12px 8px">
                {sections().into_iter().map(|(key, icon, name)| {
                    let is_on = Memo::new(move |_| section.get() == key);
                    view! { <a class=move || if is_on.get() { "nav is-on" } else { "nav" } href=format!("{}/{key}", route::SETTINGS) data-testid=format!("settings-{key}")><Icon name=icon/><span class="cut">{name}</span></a> }
                }).collect_view()}
            </aside>
            {move || match section.get().as_str() {
                "csd" => view! { <CsdPart/> }.into_any(),
                "personas" => view! { <PeoplePart/> }.into_any(),
                "dispositivos" => view! { <DevicesPart inviting/> }.into_any(),
                "sincronia" => view! { <SyncPart/> }.into_any(),
                "respaldos" => view! { <BackupPart/> }.into_any(),
                "bloqueo" => view! { <LockSection/> }.into_any(),
                "apariencia" => view! { <div class="pane"><div class="sheet col gap-3"><SectionHead title=tr!(looks.theme)/><Looks/></div></div> }.into_any(),
                "acerca" => view! { <AboutPart/> }.into_any(),
                _ => view! { <CompanyPart/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn AboutPart() -> impl IntoView {
    let session = use_session();
    view! {
        <div class="pane"><div class="sheet">
            <SectionHead title=tr!(settings.about)/>
            <dl class="dl dl--left"><dt>"Zuclubit"</dt><dd class="tn">{move || session.get().map(|boot| boot.version.clone())}</dd><dt>{tr!(settings.licence)}</dt><dd>"Apache-2.0"</dd></dl>
        </div></div>
    }
}
