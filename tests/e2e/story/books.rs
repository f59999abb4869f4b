//! Carla invoices what Ana sold: certificate, fiscal profile, stamp, papers. Luis sees it on his boards.

use std::{fs, path::Path};

use crate::{
    company::Company,
    figure::{micro, random_amount, random_name, written},
    place::Place,
    story::pdf_text,
    window::{Window, test},
};

pub(crate) async fn story() {
    let mut company = Company::found("libros");
    company.admit_ana();
    company.admit_carla();
    let idle = company.carla.window("/", &[]).await;
    idle.see(&test("home-to-stamp")).await;
    idle.empty("inicio-finanzas").await;
    idle.close().await;
    let customer = company.sell();
    company.until_drafted();
    let csd = company.csd();

    // what the pages say of total and balance is what the data say
    let (total, owed) = (random_amount(), random_amount());
    company.carla.put(&[figures(&total, &owed)]).await;
    let picks = [("ZUC_PICK_CER", csd.cer.as_path()), ("ZUC_PICK_KEY", csd.key.as_path())];
    let carla = company.carla.window("/facturas", &picks).await;
    carla.read("[data-testid=invoices-table]", &written(&owed)).await;
    carla.portrait("facturas-por-timbrar").await;
    load(&carla, &csd.password).await;
    carla.click(&test("nav-home")).await;
    carla.read(&test("home-queue"), &written(&total)).await;
    carla.portrait("inicio-finanzas").await;
    carla.click(&test("nav-invoices")).await;
    carla.click("[data-testid=invoice-row] a").await;
    carla.read(&test("invoice-total"), &written(&total)).await;
    carla.read(&test("invoice-outstanding"), &written(&owed)).await;
    complete(&carla).await;
    offline(&mut company, &carla).await;
    let (label, uuid) = issue(&carla).await;
    save(&company, &carla, &uuid).await;
    carla.click(&test("nav-invoices")).await;
    carla.read("[data-testid=invoices-table]", &label).await;
    carla.portrait("facturas").await;
    carla.close().await;
    desk(&company).await;

    boards(&company, &customer, &label).await;
}

/// A wrong password is refused in words and nothing is kept; the right one opens the key.
async fn load(window: &Window, password: &str) {
    window.click(&test("nav-settings")).await;
    window.click(&test("settings-csd")).await;
    for wrong in [true, false] {
        window.click(&test("csd-pick-cer")).await;
        window.click(&test("csd-pick-key")).await;
        window.fill(&test("csd-password"), if wrong { "no es esta" } else { password }).await;
        window.click(&test("csd-load")).await;
        if wrong {
            window.see("form .err, form .note.bad, [data-testid=form-failure]").await;
            assert_eq!(window.count(&test("csd-row")).await, 0);
            window.portrait("csd-rechazado").await;
        }
    }
    window.see(&test("csd-row")).await;
    window.portrait("ajustes-csd").await;
}

/// Total and balance of every invoice.
fn figures(total: &str, owed: &str) -> String {
    format!(
        "UPDATE financial_invoice SET total = '{total}', total_micro = {}, outstanding = '{owed}', outstanding_micro = {}",
        micro(total),
        micro(owed)
    )
}

/// Finance's desk after the stamp: what was stamped this month, and what is owed.
async fn desk(company: &Company) {
    let (stamped, owed) = (random_amount(), random_amount());
    company
        .carla
        .put(&[
            figures(&stamped, &owed),
            format!("UPDATE analytics_sales_summary SET invoiced_micro = {} WHERE invoices > 0", micro(&stamped)),
        ])
        .await;
    let window = company.carla.window("/", &[]).await;
    window.read(&test("home-stamped-month"), &written(&stamped)).await;
    window.read(&test("home-receivables"), &written(&owed)).await;
    window.close().await;
}

/// Without the relay nothing is sealed, queued or promised: the page says so before and after it was asked.
async fn offline(company: &mut Company, window: &Window) {
    window.miss(&test("offline")).await;
    company.relay_off();
    window.read(&test("sync-status"), "Sin conexión").await;
    window.read(&test("offline"), "la factura sigue como pre-factura").await;
    window.click(&test("invoice-issue")).await;
    window.read(&test("form-failure"), "No hay conexión").await;
    window.read(&test("invoice-state"), "Pre-factura").await;
    window.portrait("factura-sin-conexion").await;
    company.relay_on();
    window.read(&test("sync-status"), "Al día").await;
    window.miss(&test("offline")).await;
    window.read(&test("invoice-state"), "Pre-factura").await;
}

/// Completes the draft that is open.
async fn complete(window: &Window) {
    window.see(&test("invoice-panel")).await;
    window.portrait("factura-nueva").await;
    let buyer = zuc_sample::SampleCompany::buyer(7);
    window.fill(&test("fiscal-rfc"), &buyer.rfc).await;
    window.fill(&test("fiscal-cp"), buyer.cp).await;
    // the company's kind is no part of its name for the SAT
    window.fill(&test("fiscal-name"), &format!("{} S.A. DE C.V.", buyer.name)).await;
    window.choose(&test("fiscal-regimen"), buyer.regimen_fiscal).await;
    window.read(&test("fiscal-clean"), buyer.name).await;
    window.click(&test("fiscal-clean")).await;
    window
        .until(
            "the clean name",
            "return document.querySelector(arguments[0]).value === arguments[1]",
            &[&test("fiscal-name"), buyer.name],
        )
        .await;
    window.choose(&test("fiscal-uso"), "G03").await;
    window.choose(&test("invoice-metodo"), "PPD").await;
    window.choose(&test("invoice-forma"), "99").await;
    window.portrait("factura-por-timbrar").await;
}

/// Stamps it; its label and its UUID.
async fn issue(window: &Window) -> (String, String) {
    window.click(&test("invoice-issue")).await;
    window.read(&test("invoice-state"), "Timbrada").await;
    window.portrait("factura").await;
    (window.text(&test("page-title")).await, window.text(&test("invoice-uuid")).await)
}

/// XML and PDF say the same UUID.
async fn save(company: &Company, window: &Window, uuid: &str) {
    window.click(&test("invoice-xml")).await;
    window.click(&test("invoice-pdf")).await;
    let xml = fs::read_to_string(company.carla.saved_as("xml")).expect("XML is text");
    assert!(xml.to_uppercase().contains(&uuid.to_uppercase()), "the XML does not hold {uuid}");
    let paper = pdf_text(&company.carla.saved_as("pdf"));
    for words in [uuid, "representación impresa de un CFDI", "M.N."] {
        assert!(paper.to_uppercase().contains(&words.to_uppercase()), "the PDF does not say «{words}»:\n{paper}");
    }
}

/// The funnel, the revenue, the new invoice; and all of one customer.
async fn boards(company: &Company, customer: &str, label: &str) {
    let luis = &company.luis;
    luis.zuc(&["sync"]);
    let (arr, revenue, owed, name) = (random_amount(), random_amount(), random_amount(), random_name("EMPRESA"));
    luis.put(&[
        format!("UPDATE financial_invoice SET outstanding = '{owed}', outstanding_micro = {}", micro(&owed)),
        format!(
            "UPDATE fact SET body = json_set(body, '$.profile.legal_name', '{name}') WHERE kind = 'company.profile'"
        ),
        format!("UPDATE customer_contract SET arr = '{arr}', arr_micro = {}", micro(&arr)),
        format!("UPDATE analytics_sales_summary SET net_micro = {} WHERE invoices > 0", micro(&revenue)),
    ])
    .await;
    let receipt = luis.file("acuse.json");
    let window = luis.window("/", &[("ZUC_PICK_JSON", receipt.as_path())]).await;
    window.read(&test("home-revenue-month"), &written(&revenue)).await;
    window.read(&test("home-arr"), &written(&arr)).await;
    window.read(&test("home-new-invoices"), label).await;
    window.see(&test("home-funnel")).await;
    window.portrait("inicio-gerencia").await;
    window.read(&test("company-name"), &name).await;
    window.click(&test("nav-customers")).await;
    window.read(&test("customers-table"), &written(&arr)).await;
    window.read(&test("customers-table"), &written(&owed)).await;
    window.click("[data-testid=customer-row] a").await;
    window.until("the customer's address", "return location.pathname.endsWith(arguments[0])", &[customer]).await;
    window.read(&test("customer-arr"), &written(&arr)).await;
    window.read(&test("customer-invoice"), label).await;
    window.see(&test("customer-proposal")).await;
    window.read(&test("contract-row"), "Activo").await;
    window.portrait("cliente-360").await;
    person(&window, luis, &receipt).await;
    window.press(&["ctrl+k"]);
    window.see(&test("palette-input")).await;
    window.fill(&test("palette-input"), "suministro").await;
    window.read(&test("palette-option-0"), "Suministro y soporte").await;
    window.portrait("paleta").await;
    window.press(&["Escape"]);
    window.miss(&test("palette-input")).await;
    window.click(&test("nav-settings")).await;
    window.read(&test("settings-name"), &name).await;
    window.click(&test("settings-personas")).await;
    window.click(&test("receipt-check")).await;
    window.see(&test("receipt-good")).await;
    window.close().await;
}

/// Luis saves the copy of what is held on the customer's contact and forgets them; the receipt is saved.
async fn person(window: &Window, luis: &Place, receipt: &Path) {
    window.click("[data-testid=contact-row] [data-testid=person-open]").await;
    window.see(&test("person-held")).await;
    let name = window.text(&test("person-called")).await;
    window.portrait("persona").await;
    window.click(&test("person-copy")).await;
    let saved = luis.saved_as("json");
    let copy = fs::read_to_string(&saved).expect("JSON is text");
    assert!(copy.contains("zuclubit.person_export") && copy.contains(&name), "the copy is not {name}'s");
    fs::remove_file(&saved).expect("it was just there");

    window.click(&test("person-forget")).await;
    window.fill(&test("person-typed"), "Otra Persona").await;
    window.click(&test("person-erase")).await;
    window.read(&test("person"), "El nombre no es el de la persona").await;
    window.portrait("persona-borrar").await;
    window.fill(&test("person-typed"), &name).await;
    window.click(&test("person-erase")).await;
    window.see(&test("person-erased")).await;
    window.portrait("persona-borrada").await;
    window.click(&test("person-receipt")).await;
    let said = fs::read_to_string(luis.saved_as("json")).expect("JSON is text");
    assert!(said.contains("zuclubit.erasure_receipt") && !said.contains(&name), "the receipt names {name}");
    fs::write(receipt, said).expect("the folder can be written");
    window.click(&test("person-close")).await;
    window.read(&test("contact-row"), "Persona eliminada").await;
}
