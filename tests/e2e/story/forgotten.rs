//! Whoever bought is forgotten: what the law keeps of them is shut, and Carla reads it by saying why. And Luis looks after what else
//! is the company's: which team has a lead, what room files take.

use crate::{
    company::{Company, text},
    window::{Window, test},
};

/// A person of the SAT's list of test taxpayers.
const RFC: &str = "XIQB891116QE4";
const NAME: &str = "BERENICE XIMO QUEZADA";

pub(crate) async fn story() {
    let company = Company::found("olvido");
    company.admit_ana();
    company.admit_carla();
    let customer = company.sell();
    company.until_drafted();
    issued(&company, &customer);
    company.luis.zuc(&["sync"]);
    company.luis.zuc(&["person", "erase", &customer]);
    company.luis.zuc(&["sync"]);
    company.carla.zuc(&["sync"]);
    for_the_law_alone(&company).await;
    looked_after(&company).await;
}

/// Carla stamps what Ana sold to a person.
fn issued(company: &Company, customer: &str) {
    let carla = &company.carla;
    let csd = company.csd();
    let password = carla.file("csd-password");
    std::fs::write(&password, &csd.password).expect("the folder can be written");
    carla.zuc(&["csd", "add", text(&csd.cer), text(&csd.key), "--password-file", text(&password)]);
    let fiscal = ["--rfc", RFC, "--name", NAME, "--regimen", "612", "--cp", "26015", "--uso", "G03"];
    let list = carla.zuc(&["invoice", "list"]);
    let id = list["rows"][0]["id"].as_str().expect("the sale left a draft");
    carla.zuc(&[&["customer", "fiscal", customer], &fiscal[..]].concat());
    carla.zuc(&[&["invoice", "fiscal", id], &fiscal[..]].concat());
    let stamped = carla.zuc(&["invoice", "issue", id]);
    assert_eq!(stamped["row"]["fiscal_state"], "stamped", "{stamped}");
    carla.zuc(&["sync"]);
}

/// The invoice lies apart, says nothing of who bought, and opens to whoever says why; then it is kept longer.
async fn for_the_law_alone(company: &Company) {
    let carla = company.carla.window("/facturas", &[]).await;
    carla.click(&test("invoices-blocked")).await;
    carla.read(&test("invoice-row"), "Bloqueada hasta").await;
    assert!(!carla.text("body").await.contains(NAME), "the list names who was forgotten");
    carla.portrait("facturas-bloqueadas").await;
    carla.click("[data-testid=invoice-row] a").await;
    carla.see(&test("invoice-blocked")).await;
    assert!(!carla.text("body").await.contains(RFC), "nobody has said why yet");
    carla.portrait("factura-bloqueada").await;
    carla.fill(&test("blocked-reason"), "Requerimiento del SAT 500-2026").await;
    carla.click(&test("blocked-open")).await;
    carla.see(&test("invoice-hold")).await;
    carla.fill(&test("hold-until"), "2040-03-31").await;
    carla.fill(&test("hold-reason"), "Sigue un juicio").await;
    carla.portrait("factura-bloqueada-abierta").await;
    carla.click(&test("hold-go")).await;
    carla.read(&test("invoice-blocked-until"), "2040").await;
    carla.close().await;
}

/// Luis sells in two teams: a lead goes to the other one. And he looks at what room files take here.
async fn looked_after(company: &Company) {
    let luis = &company.luis;
    let roles = ["--role", "ventas", "--role", "gerencia", "--role", "administracion", "--team", "1", "--team", "2"];
    luis.zuc(&[&["person", "rights", "Luis Robles Ñáñez"], &roles[..]].concat());
    luis.zuc(&["sync"]);
    let window = luis.window("/prospectos", &[]).await;
    window.click("[data-testid=lead-row] [data-testid=cell-company] .m").await;
    window.read(&test("panel-team"), "1").await;
    let lead = window.text(&test("panel-title")).await;
    window.click(&test("lead-move")).await;
    window.choose(&test("move-team"), "2").await;
    window.portrait("prospecto-mover").await;
    window.click(&test("move-save")).await;
    moved(&window, &lead).await;
    window.click("[data-testid=toast] .btn--icon").await;
    window.miss(&test("toast")).await;
    window.go("/ajustes/respaldos").await;
    window.see(&test("space-here")).await;
    window.run("document.querySelector('[data-testid=file-space]').scrollIntoView()", &[]).await;
    window.portrait("respaldos-archivos").await;
    window.close().await;
}

/// It is a lead of the other team, with what it said.
async fn moved(window: &Window, lead: &str) {
    window.miss("[data-testid=lead-move-dialog][open]").await;
    window.fill(&test("leads-search"), lead).await;
    window.read(&test("cell-company"), lead).await;
    window.click("[data-testid=lead-row] [data-testid=cell-company] .m").await;
    window.read(&test("panel-team"), "2").await;
}
