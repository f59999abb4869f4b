//! Three lines with their discounts, signed by the client on the seller's screen, and the PDF of what was signed.

use crate::{
    figure::{micro, random, random_amount, random_name, written},
    place::Place,
    story::pdf_text,
    window::{Window, test},
};

/// Brings the list of products in, takes it back, and brings it in again.
pub(crate) async fn products(window: &Window) {
    window.click(&test("nav-proposals")).await;
    window.see(&test("empty")).await;
    window.click(&test("products-import")).await;
    window.click(&test("import-choose")).await;
    window.see(&test("import-result")).await;
    window.portrait("productos-importar").await;
    let created = window.text(&test("import-created")).await;
    window.click(&test("import-undo")).await;
    window.see(&test("import-choose")).await;
    window.click(&test("import-choose")).await;
    window.see(&test("import-result")).await;
    // were they not taken back, none would be new
    window.read(&test("import-created"), &created).await;
    window.click(&test("import-see")).await;
    window.see(&test("products-import")).await;
}

/// Offers, and has it signed.
pub(crate) async fn sell(ana: &Place) {
    let prices = reprice(ana).await;
    let open = random_amount();
    ana.put(&[format!(
        "UPDATE lead_opportunity SET amount = '{open}', currency = 'MXN', amount_micro = {} WHERE open = 1",
        micro(&open)
    )])
    .await;
    let window = ana.window("/", &[]).await;
    window.read(&test("home-pipeline"), &written(&open)).await;
    window.click(&test("nav-customers")).await;
    window.see(&test("customer-row")).await;
    window.portrait("clientes").await;
    window.click("[data-testid=customer-row] a").await;
    window.click(&test("customer-new-proposal")).await;
    window.see(&test("line-add")).await;
    window.portrait("propuesta-nueva").await;
    let total = edit(&window, &prices).await;
    window.portrait("propuesta-editor").await;
    window.click(&test("proposal-sign")).await;
    sign(&window, &total).await;
    window.read(&test("proposal-state"), "Aceptada").await;
    window.read(&test("proposal-acceptance"), "Rosa Núñez").await;
    window.portrait("propuesta-firmada").await;

    window.click(&test("proposal-pdf")).await;
    let paper = pdf_text(&ana.saved_as("pdf"));
    for words in ["Aceptada y firmada", "Rosa Núñez", "Instalación en 10 días", "M.N.", &total] {
        assert!(paper.contains(words), "the PDF does not say «{words}»:\n{paper}");
    }
    window.click(&test("nav-proposals")).await;
    window.read("[data-testid=proposals-table]", &total).await;
    window.close().await;
    let window = reread(ana).await;
    window.click(&test("nav-home")).await;
    window.see(&test("home-pipeline")).await;
    window.portrait("inicio-rep").await;
    window.close().await;
}

/// The list and the editor show what only the data know.
async fn reread(ana: &Place) -> Window {
    let (total, title) = (random_amount(), random_name("Renovación de la línea"));
    ana.put(&[format!(
        "UPDATE proposal_row SET title = '{title}', total = '{total}', total_micro = {}",
        micro(&total)
    )])
    .await;
    let window = ana.window("/propuestas", &[]).await;
    window.read(&test("proposal-row"), &written(&total)).await;
    window.portrait("propuestas").await;
    window.click("[data-testid=proposal-row] a").await;
    window.read(&test("page-title"), &title).await;
    window.see(&test("proposal-title")).await;
    assert_eq!(window.value(&test("proposal-title")).await, title);
    window
}

/// A product and what it costs now.
struct Priced {
    sku: String,
    pesos: u64,
}

/// Gives three products prices that only the data know: multiples of 250 pesos, with which no discount and no tax below
/// has anything to round.
async fn reprice(ana: &Place) -> Vec<Priced> {
    let mut priced = Vec::new();
    for index in 0..3 {
        let sku = ana.ask(&format!("SELECT sku FROM proposal_product ORDER BY sku LIMIT 1 OFFSET {index}")).await;
        let pesos = 1_000 + random() % 33 * 250;
        ana.put(&[format!(
            "UPDATE proposal_product SET price = '{pesos}.00', price_micro = {pesos} * 1000000 WHERE sku = '{sku}'"
        )])
        .await;
        priced.push(Priced { sku, pesos });
    }
    priced
}

/// Two of the first at 5 % less, one of the second, the third every year; 3 % off the whole. The total as it is written.
async fn edit(window: &Window, prices: &[Priced]) -> String {
    for (index, product) in prices.iter().enumerate() {
        window.fill(&test("line-add"), &product.sku).await;
        window.read(&test("picker-0"), &product.sku).await;
        window.read(&test("picker-0"), &written(&format!("{}.00", product.pesos))).await;
        window.click(&test("picker-0")).await;
        // the hand is led on to the quantity: whoever types before that types there
        window
            .until(
                "the focus on the new line",
                "return document.activeElement === document.querySelector(arguments[0])",
                &[&format!("[data-testid=line]:nth-child({}) [data-testid=line-quantity]", index + 1)],
            )
            .await;
    }
    let cell = |line: u32, name: &str| format!("[data-testid=line]:nth-child({line}) [data-testid=line-{name}]");
    window.fill(&cell(1, "quantity"), "2").await;
    window.fill(&cell(1, "discount"), "5").await;
    for line in [1, 2] {
        window.choose(&cell(line, "recurrence"), "none").await;
    }
    window.choose(&cell(3, "recurrence"), "yearly").await;
    window.fill(&test("proposal-title"), "Renovación de la línea de empaque").await;
    window.fill(&test("proposal-notes"), "Instalación en 10 días. Incluye capacitación.").await;
    window.fill(&test("proposal-discount"), "3").await;

    // pesos times the hundredths that stay of each: exact in whole cents
    let net = (prices[0].pesos * 2 * 95 + (prices[1].pesos + prices[2].pesos) * 100) * 97;
    let cents = net * 116 / 10_000;
    let total = written(&format!("{}.{:02}", cents / 100, cents % 100));
    window.read(&test("proposal-total"), &total).await;
    window.read(&test("proposal-saved"), "Guardad").await;
    let arr = prices[2].pesos * 97;
    window.read(&test("proposal-arr"), &written(&format!("{}.{:02}", arr / 100, arr % 100))).await;
    total
}

/// The client reads, signs and accepts.
async fn sign(window: &Window, total: &str) {
    window.read(&test("sign-total"), total).await;
    window.empty("propuesta-firma").await;
    window.fill(&test("sign-name"), "Rosa Núñez").await;
    window.fill(&test("sign-role"), "Compras").await;
    window.click(&test("sign-consent")).await;
    window
        .draw(
            &test("sign-pad"),
            &[&[(20, 60), (26, 30), (32, 62), (38, 34), (44, 60)], &[(48, 52), (56, 44), (64, 56), (76, 40)]],
        )
        .await;
    window.portrait("propuesta-firma").await;
    window.click(&test("sign-accept")).await;
}
