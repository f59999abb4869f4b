//! A fresh laptop becomes a company, and every page says what it is for while there is nothing on it.

use std::{fs, path::Path};

use crate::{
    place::Place,
    window::{Window, test},
};

/// An id that no record has.
const NOBODY: &str = "019363f0-0000-7000-8000-000000000000";

pub(crate) async fn story() {
    let place = Place::new("start");
    let window = place.window("/", &[]).await;
    window.see(&test("start-create")).await;
    window.empty("bienvenida").await;
    window.portrait("bienvenida").await;
    join(&window).await;
    create(&window).await;
    window.see("[data-testid=recovery-code] span").await;
    window.close().await;

    // whoever closes the window before the code is on paper sees it again
    let window = place.window("/", &[]).await;
    let code = recover(&window).await;
    window.see(&test("page-title")).await;
    window.read(&test("company-name"), "ESCUELA KEMPER URGATE").await;
    window.read(&test("sync-status"), "Solo en este equipo").await;
    rooms(&window).await;
    window.close().await;

    let window = place.window("/ajustes/apariencia", &[("ZUC_THEME", Path::new("dark"))]).await;
    window.see("html[data-theme=dark]").await;
    window.see(&test("theme")).await;
    window.portrait("ajustes-apariencia").await;
    for (section, page) in [("acerca", "ajustes-acerca"), ("empresa", "ajustes-empresa")] {
        window.click(&test(&format!("settings-{section}"))).await;
        window.portrait(page).await;
    }
    window.read(&test("settings-rfc"), "EKU9003173C9").await;
    window.close().await;

    backups(&place, &code).await;
    shut(&place).await;
    super::twins::story(&place).await;
}

/// A backup is made and tried, and another laptop takes it back with the code that was printed.
async fn backups(place: &Place, code: &str) {
    let window = place.window("/ajustes/respaldos", &[]).await;
    window.click(&test("backup-now")).await;
    window.see(&test("backup-row")).await;
    window.click(&test("backup-drill")).await;
    window.read(&test("backup-tried"), "está completo").await;
    window.portrait("ajustes-respaldos").await;
    // taken back over what stands here
    window.click(&test("restore-row")).await;
    window.see(&test("restore-confirm")).await;
    window.portrait("respaldo-restaurar").await;
    window.click(&test("restore-confirm")).await;
    window.miss(&test("restore-confirm")).await;
    window.read(&test("backup-table"), "Antes de restaurar").await;
    window.read(&test("company-name"), "ESCUELA KEMPER URGATE").await;
    window.close().await;

    let listed = place.zuc(&["backup", "list"]);
    let rows = listed["rows"].as_array().expect("backups");
    let made = rows.iter().find(|row| row["reason"] == "manual").expect("it was just made");
    let backup = made["path"].as_str().expect("a file");
    let other = Place::new("start-restored");
    let window = other.window("/", &[("ZUC_PICK_ZUC", Path::new(backup))]).await;
    window.click(&test("start-restore")).await;
    window.see(&test("restore-code")).await;
    window.empty("restaurar").await;
    window.click(&test("restore-pick")).await;
    window.read(&test("restore-file"), ".zuc").await;
    window.fill(&test("restore-code"), "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-FFFFF-GGGGG-HHHHH").await;
    window.click(&test("restore-do")).await;
    window.see(".err, [data-testid=form-failure]").await;
    window.portrait("restaurar").await;
    window.fill(&test("restore-code"), code).await;
    window.click(&test("restore-do")).await;
    window.read(&test("company-name"), "ESCUELA KEMPER URGATE").await;
    window.close().await;
}

/// Data that do not open: the window says why, and opens them once it can.
async fn shut(place: &Place) {
    let (keys, away) = (place.home().join("keys.sealed"), place.file("keys.away"));
    fs::rename(&keys, &away).expect("the keys can be moved");
    let window = place.window("/", &[]).await;
    window.read(&test("failure"), "llave").await;
    window.empty("sin-abrir").await;
    window.portrait("sin-abrir").await;
    window.click(&test("retry")).await;
    window.read(&test("failure"), "Sigue sin abrirse").await;
    fs::rename(&away, &keys).expect("the keys can be put back");
    window.click(&test("retry")).await;
    window.read(&test("company-name"), "ESCUELA KEMPER URGATE").await;
    window.close().await;
}

/// An invite that is none is refused in words.
async fn join(window: &Window) {
    window.click(&test("start-join")).await;
    window.see(&test("join-invite")).await;
    window.empty("unirse").await;
    window.fill(&test("join-invite"), "zuc1:esto-no-es-una-invitacion").await;
    window.fill(&test("join-person"), "Ana Beltrán").await;
    window.click(&test("join-submit")).await;
    window.see(".err, [data-testid=form-failure]").await;
    window.portrait("unirse").await;
    window.click("form .btn--ghost").await;
}

async fn create(window: &Window) {
    window.click(&test("start-create")).await;
    window.see(&test("create-rfc")).await;
    window.empty("empresa-nueva").await;
    window.fill(&test("create-person"), "Luis Robles Ñáñez").await;
    window.fill(&test("create-rfc"), "EKU90031").await;
    window.fill(&test("create-cp"), "42501").await;
    window.fill(&test("create-name"), "ESCUELA KEMPER URGATE").await;
    window.choose(&test("create-regimen"), "601").await;
    window.click(&test("create-submit")).await;
    window.see(".err").await;
    window.fill(&test("create-rfc"), "EKU9003173C9").await;
    window.choose(&test("create-regimen"), "601").await;
    window.portrait("empresa-nueva").await;
    window.click(&test("create-submit")).await;
}

/// The code is typed back before the company opens.
async fn recover(window: &Window) -> String {
    window.see("[data-testid=recovery-code] span").await;
    window.empty("recuperacion").await;
    let shown = window.text(&test("recovery-code")).await;
    let code: Vec<&str> = shown.split_whitespace().filter(|word| word.len() > 2).collect();
    let code = code.join("-");
    window.fill(&test("recovery-group-1"), &code).await;
    window.portrait("recuperacion").await;
    window.click(&test("recovery-confirm")).await;
    code
}

/// Every room while it is empty.
async fn rooms(window: &Window) {
    window.see(&test("nav-home")).await;
    window.empty("inicio-gerencia").await;
    for (room, page) in
        [("leads", "prospectos"), ("customers", "clientes"), ("proposals", "propuestas"), ("invoices", "facturas")]
    {
        window.click(&test(&format!("nav-{room}"))).await;
        window.see(&test("empty")).await;
        window.empty(page).await;
    }
    window.click(&test("nav-proposals")).await;
    window.click(&test("products-import")).await;
    window.see(&test("import-choose")).await;
    window.empty("productos-importar").await;
    window.click(&test("nav-leads")).await;
    window.click(&test("view-held")).await;
    window.see(&test("empty")).await;
    window.empty("duplicados").await;
    window.click(&test("nav-leads")).await;
    window.click(&test("empty-import")).await;
    window.see(&test("import-choose")).await;
    window.empty("prospectos-importar").await;
    // a record whose address leads to none, and a page that there is not
    for (address, page) in [
        (format!("/facturas/{NOBODY}"), "factura"),
        (format!("/propuestas/{NOBODY}"), "propuesta-editor"),
        ("/no-existe".to_owned(), "sin-pagina"),
    ] {
        window.go(&address).await;
        window.read(&test("empty"), "Aquí no hay nada").await;
        window.empty(page).await;
    }
    window.portrait("sin-pagina").await;
    window.click(&test("nav-settings")).await;
    for section in
        ["empresa", "csd", "personas", "dispositivos", "sincronia", "respaldos", "bloqueo", "apariencia", "acerca"]
    {
        window.click(&test(&format!("settings-{section}"))).await;
        window.empty(&format!("ajustes-{section}")).await;
    }
    window.press(&["ctrl+k"]);
    window.see(&test("palette-input")).await;
    window.empty("paleta").await;
    window.press(&["Escape"]);
    window.miss(&test("palette-input")).await;
    window.press(&["question"]);
    window.see("[data-testid=shortcuts][open]").await;
    window.empty("atajos").await;
    window.portrait("atajos").await;
    window.press(&["Escape"]);
    window.click(&test("sync-status")).await;
    window.see(&test("sync-log")).await;
    window.empty("sync-log").await;
}
