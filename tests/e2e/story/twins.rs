//! One prospect was written down twice: the panel says so, and one of both is made of them.

use crate::{
    place::Place,
    window::{Window, test},
};

/// Both lie side by side, the other's city stays, and one press parts them again.
pub(crate) async fn story(place: &Place) {
    let window = place.window("/prospectos", &[]).await;
    write(&window, "Gemelos Industriales", "Rosa Íñiguez", "León").await;
    write(&window, "Gemelos Industriales SA de CV", "Rosa Íñiguez Peña", "Silao").await;
    window.until("two rows", "return document.querySelectorAll('[data-testid=lead-row]').length === 2", &[]).await;
    window.click("[data-testid=lead-row] [data-testid=cell-company] .m").await;
    let title = window.text(&test("panel-title")).await;
    window.see(&test("duplicate")).await;
    window.click(&test("duplicate-compare")).await;
    window.see(&test("merge-field")).await;
    window.click("[data-testid=merge-take][data-field=city]").await;
    window.portrait("prospecto-repetido").await;
    let city = window.text("[data-testid=merge-take][data-field=city]").await;
    window.click(&test("merge-save")).await;
    window.until("one row", "return document.querySelectorAll('[data-testid=lead-row]').length === 1", &[]).await;
    window.read(&test("panel-title"), &title).await;
    window.read(&test("panel-merged"), "Rosa Íñiguez").await;
    window.read(&test("lead-panel"), city.trim()).await;
    window.click(&test("toast-undo")).await;
    window.until("two rows", "return document.querySelectorAll('[data-testid=lead-row]').length === 2", &[]).await;
    window.see(&test("duplicate")).await;
    window.close().await;
}

async fn write(window: &Window, company: &str, name: &str, city: &str) {
    window.click(&test("lead-new")).await;
    window.fill(&test("new-company"), company).await;
    window.fill(&test("new-name"), name).await;
    window.fill(&test("new-phone"), "477 123 4567").await;
    window.fill(&test("new-city"), city).await;
    window.click(&test("new-save")).await;
    window.miss("[data-testid=lead-new-dialog][open]").await;
}
