//! Ana sells without a network: a list comes in, a lead becomes a customer, a proposal is signed on the screen.

use std::fs;

use crate::{
    company::{Company, write_leads, write_products},
    figure::{micro, random_amount, random_name, written},
    window::{Window, test},
};

/// What the attached file says.
const PAPER: &[u8] = b"%PDF-1.7 constancia de prueba";

pub(crate) async fn story() {
    let mut company = Company::found("ventas");
    company.admit_ana();
    company.relay_off();
    let list = company.ana.file("prospectos.csv");
    let truth = write_leads(&list, 2026, 140).truth;
    let shelf = company.ana.file("productos.csv");
    write_products(&shelf);
    let paper = company.ana.file("Constancia fiscal.pdf");
    fs::write(&paper, PAPER).expect("a file to attach");
    let picks = [
        ("ZUC_PICK_LEADS", list.as_path()),
        ("ZUC_PICK_PRODUCTS", shelf.as_path()),
        ("ZUC_PICK_FILE", paper.as_path()),
    ];

    let window = company.ana.window("/", &picks).await;
    window.read(&test("sync-status"), "Sin conexión").await;
    window.see(&test("home-pipeline")).await;
    window.empty("inicio-rep").await;
    window.click(&test("nav-leads")).await;
    window.click(&test("empty-import")).await;
    window.see(&test("import-choose")).await;
    window.portrait("prospectos-importar").await;
    import(&window, &company, &truth).await;
    held(&window).await;
    window.close().await;

    // a held row, and the first row of the list, show what only the data know
    let (amount, twin) = (random_amount(), random_name("Gemela"));
    let best = "SELECT id FROM lead_row WHERE open = 1 ORDER BY score DESC, n LIMIT 1";
    company
        .ana
        .put(&[format!(
            "UPDATE lead_row SET amount = '{amount}', currency = 'MXN', amount_micro = {} WHERE id = ({best})",
            micro(&amount)
        )])
        .await;
    company.ana.put(&[format!("UPDATE lead_held SET body = json_set(body, '$.company', '{twin}')")]).await;
    let window = company.ana.window("/prospectos/duplicados", &picks).await;
    window.read(&test("held-row"), &twin).await;
    window.click(&test("nav-leads")).await;
    window.read(&test("cell-amount"), &written(&amount)).await;
    leads(&window, &company).await;
    super::proposal::products(&window).await;
    window.close().await;
    super::proposal::sell(&company.ana).await;
}

/// Dry run, rejected rows saved, import, undo, and in again.
async fn import(window: &Window, company: &Company, truth: &zuc_sample::Truth) {
    window.click(&test("import-choose")).await;
    window.see(&test("import-row")).await;
    window.read(&test("page-about"), "prospectos.csv").await;
    window.read(&test("import-rejected"), &truth.rejected.len().to_string()).await;
    let duplicates: u64 = number(window, "import-merged").await + number(window, "import-probable").await;
    let expected = truth.duplicates_of_earlier_rows.len() as u64;
    assert!(duplicates * 100 >= expected * 97, "{duplicates} of {expected} duplicates were seen");
    window.portrait("importacion-ensayo").await;

    window.click(&test("outcome-rejected")).await;
    let bad = &truth.rejected[0];
    window.see(&format!("[data-testid=import-row][data-row='{}'][data-outcome=rejected]", bad.row)).await;
    window.click(&test("import-save-rejects")).await;
    let saved = company.ana.saved("prospectos-por-corregir.csv");
    crate::display::wait_for("the rejected rows", std::time::Duration::from_secs(20), || saved.exists());

    let created = number(window, "import-created").await;
    window.click(&test("import-commit")).await;
    window.see(&test("import-result")).await;
    window.read(&test("import-created"), &created.to_string()).await;
    window.portrait("importacion-hecha").await;
    window.click(&test("import-undo")).await;
    window.see(&test("import-choose")).await;
    window.click(&test("nav-leads")).await;
    window.see(&test("empty-import")).await;

    window.click(&test("empty-import")).await;
    window.click(&test("import-choose")).await;
    window.click(&test("import-commit")).await;
    window.click(&test("import-see")).await;
    window.read(&test("leads-count"), &created.to_string()).await;
}

/// A person decides on what the import held.
async fn held(window: &Window) {
    window.click(&test("view-held")).await;
    window.see(&test("held-row")).await;
    let before = window.count(&test("held-row")).await;
    window.portrait("duplicados").await;
    window.click(&test("held-merge")).await;
    window
        .until(
            "one held row less",
            "return document.querySelectorAll('[data-testid=held-row]').length === Number(arguments[0])",
            &[&(before - 1).to_string()],
        )
        .await;
}

/// A file hangs on the lead in the panel: there without a network, saved as it was, taken away and brought back.
async fn files(window: &Window, company: &Company) {
    window.click(&test("file-add")).await;
    window.read(&test("file-name"), "Constancia fiscal.pdf").await;
    window.read(&test("file-state"), "En esta computadora").await;
    window.click(&test("file-save")).await;
    let saved = company.ana.saved("Constancia fiscal.pdf");
    let whole = || fs::read(&saved).is_ok_and(|bytes| bytes == PAPER);
    crate::display::wait_for("the saved file", std::time::Duration::from_secs(20), whole);
    fs::remove_file(&saved).expect("it was just there");
    window.click(&test("file-remove")).await;
    window.miss(&test("file-row")).await;
    window.click(&test("toast-undo")).await;
    window.read(&test("file-name"), "Constancia fiscal.pdf").await;
}

/// Filter, edit, log, qualify, convert.
async fn leads(window: &Window, company: &Company) {
    window.portrait("prospectos").await;
    let all = number(window, "page-about").await;
    window.choose(&test("filter-band"), "A").await;
    window
        .until(
            "fewer leads, all of band A",
            "const rows = [...document.querySelectorAll('[data-testid=lead-row] [data-testid=cell-score] b')]; \
             return rows.length > 0 && rows.every(band => band.innerText === 'A')",
            &[],
        )
        .await;
    assert!(number(window, "page-about").await < all);
    window.click(&test("filter-clear")).await;
    window.read(&test("page-about"), &all.to_string()).await;

    window.press(&["j"]);
    window
        .until(
            "the hand in the list",
            "return document.activeElement.closest('[data-testid=cell-company]') !== null",
            &[],
        )
        .await;
    window.press(&["F2"]);
    window.see(&test("cell-input")).await;
    window.write("Talleres Prueba 77");
    window.press(&["Return"]);
    window.read(&test("cell-company"), "Talleres Prueba 77").await;
    window.see(&test("toast")).await;

    window.click("[data-testid=lead-row] [data-testid=cell-company] .m").await;
    window.read(&test("panel-title"), "Talleres Prueba 77").await;
    files(window, company).await;
    window.portrait("prospecto").await;
    window.click(&test("lead-log")).await;
    window.fill(&test("log-text"), "Pidió precios por teléfono").await;
    window.click(&test("log-save")).await;
    window.read(&test("timeline"), "Pidió precios por teléfono").await;
    window.click(&test("lead-qualify")).await;
    window.fill(&test("qualify-need"), "Renovar la línea de empaque").await;
    window.click(&test("qualify-budget")).await;
    window.click(&test("qualify-authority")).await;
    window.click(&test("qualify-save")).await;
    window.read(&test("panel-state"), "Calificado").await;
    window.click(&test("lead-convert")).await;
    window.read(&test("page-title"), "Talleres Prueba 77").await;
    window.see(&test("customer-new-proposal")).await;
    window.empty("cliente-360").await;
}

async fn number(window: &Window, name: &str) -> u64 {
    window.text(&test(name)).await.replace(',', "").parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}
