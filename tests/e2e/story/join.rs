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
    apart(&mut company, &luis, &ana, &name).await;
    let luis = rebuilt(&mut company, luis, &ana).await;
    promoted(&luis, &ana).await;
    revoked(&luis, &ana).await;
    ana.close().await;
    offline(&mut company, &luis).await;
    luis.close().await;
}

/// Luis gives Ana another role, and what she may follows while she works; it cannot be taken from the only one who has it.
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
    luis.read("[data-testid=person-panel] [data-testid=form-failure]", "Es la única persona que lee").await;
}

/// Without a network both put another amount on one lead. Once it is back both are asked; Luis decides, and nobody is
/// asked any more.
async fn apart(company: &mut Company, luis: &Window, ana: &Window, name: &str) {
    luis.miss(&test("status-conflicts")).await;
    luis.go("/conflictos").await;
    luis.see(&test("empty")).await;
    luis.empty("conflictos").await;
    luis.click(&test("nav-leads")).await;
    luis.read(&test("cell-company"), name).await;
    company.relay_off();
    for (window, amount, shown) in [(luis, "1340000", "$1,340,000"), (ana, "1385000", "$1,385,000")] {
        window.read(&test("sync-status"), "Sin conexión").await;
        edit_amount(window, amount).await;
        window.read(&test("cell-amount"), shown).await;
    }
    company.relay_on();
    for window in [luis, ana] {
        window.read(&test("status-conflicts"), "1 conflicto").await;
        window.click(&test("status-conflicts")).await;
        window.read(&test("conflict-question"), name).await;
        window.read(&test("conflict-row"), "Monto estimado").await;
    }
    luis.read(&test("conflict-mine"), "$1,340,000.00").await;
    luis.read(&test("conflict-theirs"), "$1,385,000.00").await;
    ana.read(&test("conflict-mine"), "$1,385,000.00").await;
    luis.portrait("conflictos").await;
    luis.click(&test("conflict-theirs")).await;
    luis.click(&test("conflict-settle")).await;
    for window in [luis, ana] {
        window.see(&test("empty")).await;
        window.miss(&test("status-conflicts")).await;
        window.click(&test("nav-leads")).await;
        window.read(&test("cell-amount"), "$1,385,000").await;
    }
    luis.click("[data-testid=lead-row] [data-testid=cell-company] .m").await;
    luis.click(&test("history-open")).await;
    luis.read(&test("history-row"), "Monto estimado").await;
    luis.read(&test("history-row"), "Ana Beltrán").await;
    luis.read(&test("history-row"), "sin conexión").await;
    luis.choose(&test("history-by"), "Ana Beltrán").await;
    luis.read(&test("history-row"), "Monto estimado").await;
    luis.portrait("historia").await;
    luis.click(&test("history-close")).await;
    luis.click(&test("panel-close")).await;
    luis.click(&test("nav-settings")).await;
}

/// The relay's data are deleted. Ana is told, and for whom the stamping waits; once Luis is there all is back, and goes on.
async fn rebuilt(company: &mut Company, luis: Window, ana: &Window) -> Window {
    luis.close().await;
    company.relay_lost();
    ana.read(&test("sync-status"), "Sin conexión").await;
    company.relay_on();
    ana.read(&test("sync-status"), "Al día").await;
    ana.click(&test("status-lost")).await;
    ana.read(&test("relay-lost-waits"), "Luis Robles Ñáñez").await;
    ana.portrait("relevo-perdido").await;

    let luis = company.luis.window("/prospectos", &[]).await;
    luis.read(&test("cell-amount"), "$1,385,000").await;
    luis.read(&test("sync-status"), "Al día").await;
    ana.click(&test("nav-leads")).await;
    edit_amount(ana, "1400000").await;
    luis.read(&test("cell-amount"), "$1,400,000").await;
    luis.click(&test("nav-settings")).await;
    luis
}

/// Types an amount into the grid, as two presses on its cell and the Enter key do.
async fn edit_amount(window: &Window, amount: &str) {
    window.see(&test("cell-amount")).await;
    let open = "const cell = document.querySelector('[data-testid=cell-amount]'); \
        cell.dispatchEvent(new MouseEvent('dblclick', { bubbles: true, cancelable: true })); return true";
    window.run(open, &[]).await;
    window.fill(&test("cell-input"), amount).await;
    let keep = "document.querySelector('[data-testid=cell-input]') \
        .dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })); return true";
    window.run(keep, &[]).await;
    window.miss(&test("cell-input")).await;
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
