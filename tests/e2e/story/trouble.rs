//! What goes wrong, on the sample company: names that would be code, an answer that is long in coming, a row that is
//! damaged, and no relay at all.

use crate::{
    place::Place,
    window::{Window, test},
};

/// Names that a browser or a spreadsheet would run.
const HOSTILE: [&str; 3] = ["<b>x</b>", "=1+1", "<img src=x onerror=\"document.title='roto'\">"];

pub(crate) async fn story() {
    let place = Place::new("apuros");
    let recovery = place.file("recovery").display().to_string();
    place.zuc(&["company", "create", "--sample", "--recovery-out", &recovery]);
    for (index, name) in HOSTILE.into_iter().enumerate() {
        place.zuc(&["lead", "create", "--name", &format!("Hostil {index}"), "--company", name]);
    }
    let window = place.window("/", &[]).await;
    window.see(&test("nav-leads")).await;
    slow(&window).await;
    hostile(&window).await;
    without_relay(&window).await;
    window.close().await;
    damaged(&place).await;
}

/// While the first answer is on its way the page has its shape, and nothing that could be taken for an answer.
async fn slow(window: &Window) {
    window.hold().await;
    window.click(&test("nav-leads")).await;
    window.waiting("cargando").await;
    window.read(&test("leads-count"), "Abriendo").await;
    assert_eq!(window.count(&test("lead-row")).await, 0);
    assert_eq!(window.count(&test("empty")).await, 0, "nothing says that there are none");
    window.release().await;
    window.see(&test("lead-row")).await;
    window.miss(&test("skeleton")).await;
    for (room, table) in [("customers", "customers-table"), ("proposals", "proposals-table")] {
        window.hold().await;
        window.click(&test(&format!("nav-{room}"))).await;
        window.see(&test("skeleton")).await;
        assert_eq!(window.count(&test("empty")).await, 0, "{room}");
        window.release().await;
        window.see(&test(table)).await;
        window.miss(&test("skeleton")).await;
    }
}

/// Text is text: in the grid, in the panel, in the palette.
async fn hostile(window: &Window) {
    window.click(&test("nav-leads")).await;
    window.fill(&test("leads-search"), "Hostil").await;
    for name in HOSTILE {
        window.read(&test("cell-company"), name).await;
    }
    let inside = "[data-testid=cell-company] b, [data-testid=cell-company] img";
    assert_eq!(window.count(inside).await, 0, "a name became a part of the page");
    window.click("[data-testid=lead-row] [data-testid=cell-company] .m").await;
    window.see(&test("panel-title")).await;
    let said = window.text(&test("panel-title")).await;
    assert!(HOSTILE.contains(&said.as_str()), "the panel says {said}");
    window.click(&test("panel-close")).await;
    window.press(&["ctrl+k"]);
    window.fill(&test("palette-input"), "Hostil").await;
    for name in HOSTILE {
        window.read("[data-testid^=palette-option]", name).await;
    }
    assert_ne!(window.run("return document.title", &[]).await, "roto", "a name was run");
    window.press(&["Escape"]);
    window.miss(&test("palette-input")).await;
}

/// What needs a relay says so before it is asked for.
async fn without_relay(window: &Window) {
    window.read(&test("sync-status"), "Solo en este equipo").await;
    window.go("/ajustes/dispositivos").await;
    window.read(&test("offline"), "todavía no tiene relevo").await;
    window.click(&test("device-add")).await;
    window.read("[data-testid=invite-panel] [data-testid=offline]", "no se crea la invitación").await;
}

/// A row that cannot be read: the page says why, with its code, and shows it once it was mended.
async fn damaged(place: &Place) {
    let lead = "(SELECT id FROM lead_row WHERE open = 1 AND amount IS NOT NULL ORDER BY score DESC, n LIMIT 1)";
    let customer = "(SELECT id FROM customer_row ORDER BY name_sort LIMIT 1)";
    let amount = place.ask(&format!("SELECT amount FROM lead_row WHERE id = {lead}")).await;
    let owner = place.ask(&format!("SELECT hex(owner) FROM customer_row WHERE id = {customer}")).await;
    let mut data = place.beside().await;
    data.put(&[
        format!("UPDATE lead_row SET amount = 'rota' WHERE id = {lead}"),
        format!("UPDATE customer_row SET owner = x'00' WHERE id = {customer}"),
    ])
    .await;
    let window = place.window("/prospectos", &[]).await;
    failed(&window).await;
    window.portrait("no-se-pudo").await;
    window.click(&test("retry")).await;
    failed(&window).await;
    data.put(&[format!("UPDATE lead_row SET amount = '{amount}' WHERE amount = 'rota'")]).await;
    window.click(&test("retry")).await;
    window.see(&test("lead-row")).await;
    window.miss(&test("failure")).await;

    window.click(&test("nav-customers")).await;
    failed(&window).await;
    data.put(&[format!("UPDATE customer_row SET owner = x'{owner}' WHERE owner = x'00'")]).await;
    window.click(&test("retry")).await;
    window.see(&test("customer-row")).await;
    window.close().await;
}

/// The sentence, and the code for whoever helps.
async fn failed(window: &Window) {
    window.read(&test("failure"), "Hay un dato dañado en esta computadora").await;
    window.read(&test("retry"), "Reintentar").await;
    window.run("document.querySelector('[data-testid=failure] details').open = true", &[]).await;
    window.read("[data-testid=failure] details", "store.corrupt").await;
}
