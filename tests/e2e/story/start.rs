//! A fresh laptop becomes a company, and every page says what it is for while there is nothing on it.

use crate::place::Place;

pub(crate) async fn story() {
    let place = Place::new("start");
    let window = place.window("/", &[]).await;
    window.see("[data-testid=start-create]").await;
    window.portrait("bienvenida").await;
    window.click("[data-testid=start-create]").await;
    window.fill("[data-testid=create-person]", "Luis Robles Ñáñez").await;
    window.fill("[data-testid=create-rfc]", "EKU9003173C9").await;
    window.fill("[data-testid=create-cp]", "42501").await;
    window.fill("[data-testid=create-name]", "ESCUELA KEMPER URGATE").await;
    window.choose("[data-testid=create-regimen]", "601").await;
    window.portrait("empresa-nueva").await;
    window.click("[data-testid=create-submit]").await;
    window.see("[data-testid=recovery-code]").await;
    window.portrait("recuperacion").await;
    window.close().await;
}
