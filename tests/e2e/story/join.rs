//! Two laptops, two windows, one relay: Ana comes in by invite, and what she writes appears on Luis's screen.

use crate::{
    company::Company,
    figure::random,
    window::{Window, test},
};

pub(crate) async fn story() {
    let mut company = Company::found("union");
    let luis = company.luis.window("/ajustes/dispositivos", &[]).await;
    luis.click(&test("device-add")).await;
    luis.fill(&test("invite-name"), "Ana Beltrán").await;
    luis.click(&test("invite-make")).await;
    luis.see(&test("invite-code")).await;
    luis.portrait("dispositivos-invitar").await;
    let invite = luis.value(&test("invite-code")).await;

    let ana = company.ana.window("/", &[]).await;
    ana.click(&test("start-join")).await;
    ana.fill(&test("join-invite"), &invite).await;
    ana.fill(&test("join-person"), "Ana Beltrán").await;
    ana.click(&test("join-submit")).await;
    ana.see(&test("join-code")).await;
    let hers = code(&ana, "join-code").await;
    ana.portrait("enrolar-nuevo").await;
    luis.see(&test("device-request")).await;
    assert_eq!(code(&luis, "device-code").await, hers, "both screens show one code");
    luis.portrait("enrolar-admin").await;
    luis.click(&test("device-approve")).await;

    ana.read(&test("company-name"), company.issuer.name).await;
    ana.read(&test("sync-status"), "Al día").await;
    luis.miss(&test("device-request")).await;
    luis.until("two devices", "return document.querySelectorAll('[data-testid=device-row]').length === 2", &[]).await;
    luis.portrait("ajustes-dispositivos").await;

    luis.click(&test("nav-leads")).await;
    luis.see(&test("empty")).await;
    let name = format!("Herrajes Ñandú {}", random() % 1_000_000);
    ana.click(&test("nav-leads")).await;
    ana.click(&test("lead-new")).await;
    ana.fill(&test("new-name"), "Julia Cano").await;
    ana.fill(&test("new-company"), &name).await;
    ana.fill(&test("new-email"), "no es un correo").await;
    ana.click(&test("new-save")).await;
    ana.see("[data-testid=lead-new-dialog] .err").await;
    ana.portrait("prospecto-nuevo").await;
    ana.fill(&test("new-email"), "julia@herrajes.example").await;
    ana.click(&test("new-save")).await;
    ana.read(&test("cell-company"), &name).await;
    luis.read(&test("cell-company"), &name).await;
    luis.click(&test("sync-status")).await;
    luis.see("[data-testid=sync-log] li").await;
    luis.portrait("sync-log").await;
    luis.click(&test("nav-settings")).await;
    luis.click(&test("settings-sincronia")).await;
    luis.portrait("ajustes-sincronia").await;
    promoted(&luis, &ana).await;
    revoked(&luis, &ana).await;
    ana.close().await;
    offline(&mut company, &luis).await;
    luis.close().await;
}

/// Luis gives Ana another role and takes it back; what she sees follows while she works.
async fn promoted(luis: &Window, ana: &Window) {
    luis.click(&test("settings-personas")).await;
    luis.click("[data-testid=person-row]:nth-child(2) [data-testid=person-name]").await;
    luis.read(&test("person-panel"), "2 de 6 llaves").await;
    luis.portrait("ajustes-personas").await;
    luis.click(&test("right-finanzas")).await;
    luis.read(&test("person-panel"), "5 de 6 llaves").await;
    luis.click(&test("rights-give")).await;
    luis.read(&test("people-table"), "Ventas, Finanzas").await;
    ana.read(&test("person-roles"), "Ventas, Finanzas").await;
    luis.click(&test("right-finanzas")).await;
    luis.click(&test("rights-give")).await;
    let gone = "return !document.querySelector('[data-testid=person-roles]').textContent.includes('Finanzas')";
    ana.until("no word of finance", gone, &[]).await;
}

/// Ana's laptop is stolen: Luis takes it out, and nothing of the company is left on it.
async fn revoked(luis: &Window, ana: &Window) {
    luis.click(&test("settings-dispositivos")).await;
    luis.click(&test("device-revoke")).await;
    luis.click("[data-testid=device-why] button:last-child").await;
    luis.read(&test("device-revoke-dialog"), "borra todo lo de la empresa").await;
    luis.portrait("dispositivo-revocar").await;
    luis.click(&test("device-revoke-confirm")).await;
    luis.read(&test("devices-table"), "Revocada").await;
    luis.miss(&test("device-revoke")).await;
    luis.portrait("dispositivos-revocada").await;
    ana.read(&test("device-out"), "ya no tiene nada de la empresa").await;
    ana.portrait("equipo-borrado").await;
}

/// Whoever would let somebody in reads that it needs the relay, and why it did not work; nothing else is taken away.
async fn offline(company: &mut Company, luis: &Window) {
    luis.click(&test("settings-dispositivos")).await;
    luis.click(&test("device-add")).await;
    luis.fill(&test("invite-name"), "Beto Sosa").await;
    luis.miss(&test("offline")).await;
    company.relay_off();
    luis.read(&test("sync-status"), "Sin conexión").await;
    luis.read(&test("offline"), "ni se le puede autorizar").await;
    luis.read("[data-testid=invite-panel] [data-testid=offline]", "no se crea la invitación").await;
    luis.click(&test("invite-make")).await;
    luis.read(&test("form-failure"), "No hay conexión").await;
    luis.portrait("dispositivos-sin-conexion").await;
    company.relay_on();
    luis.read(&test("sync-status"), "Al día").await;
    luis.miss(&test("offline")).await;
    luis.click(&test("invite-make")).await;
    luis.see(&test("invite-code")).await;
}

/// The code that people compare aloud.
async fn code(window: &Window, name: &str) -> String {
    let css = format!("[data-testid={name}] .code");
    window.see(&css).await;
    let code = window.run("return document.querySelector(arguments[0]).dataset.code", &[&css]).await;
    code.as_str().expect("a code has letters").to_owned()
}
