//! Data sealed by a passphrase, asked for with none, with a wrong one and with the right one; and one home opened twice.

use std::{fs, path::Path};

use crate::{
    place::{PASSPHRASE, Place},
    window::{Window, test},
};

/// Where the passphrase would be read from.
const FROM: &str = "ZUC_PASSPHRASE_FILE";
/// Who is let in.
const COMPANY: &str = "ESCUELA KEMPER URGATE";

pub(crate) async fn story() {
    let place = Place::new("llave");
    let recovery = place.file("recovery").display().to_string();
    place.zuc(&[
        "company",
        "create",
        "--rfc",
        "EKU9003173C9",
        "--name",
        COMPANY,
        "--cp",
        "42501",
        "--recovery-out",
        &recovery,
    ]);
    nobody_told(&place).await;
    told_wrong(&place).await;
    twice(&place).await;
}

/// With no passphrase the window asks, says no in words, and opens with the right one.
async fn nobody_told(place: &Place) {
    let window = place.window("/prospectos", &[(FROM, Path::new("/dev/null"))]).await;
    window.see(&test("lock-phrase")).await;
    window.empty("bloqueo").await;
    window.until("the hand in the field", "return document.activeElement?.type === 'password'", &[]).await;
    window.write("no es esta");
    window.press(&["Return"]);
    window.read(".err", "La frase de acceso no es correcta").await;
    assert_eq!(window.count(".app").await, 0, "nothing of the company is on the page");
    window.portrait("bloqueo").await;
    enter(&window).await;
    window.see(&test("empty-import")).await;
    window.close().await;
}

/// A wrong one from outside is not the end: whoever sits there may know the right one.
async fn told_wrong(place: &Place) {
    let wrong = place.file("wrong");
    fs::write(&wrong, "otra frase\n").expect("the folder can be written");
    let window = place.window("/", &[(FROM, &wrong)]).await;
    window.read(".err", "La frase de acceso no es correcta").await;
    window.fill(&test("lock-phrase"), "tampoco esta").await;
    window.click(&test("lock-open")).await;
    window.read(&test("lock-open"), "Desbloquear").await;
    window.read(".err", "La frase de acceso no es correcta").await;
    enter(&window).await;
    window.close().await;
}

async fn enter(window: &Window) {
    window.fill(&test("lock-phrase"), PASSPHRASE).await;
    window.click(&test("lock-open")).await;
    window.read(&test("company-name"), COMPANY).await;
}

/// At the same screen a second start brings the first window to the front and leaves; from another session it says that
/// the data are open elsewhere, and opens them once they are not.
async fn twice(place: &Place) {
    let first = place.window("/", &[]).await;
    first.read(&test("company-name"), COMPANY).await;
    assert!(first.start_again(), "the second start leaves, content");
    first.read(&test("company-name"), COMPANY).await;

    let second = place.window("/", &[]).await;
    second.read(&test("failure"), "ya está abierto").await;
    assert_eq!(second.count(".app").await, 0, "nothing of the company is on the page");
    second.portrait("ya-abierto").await;
    // the first is not disturbed
    first.click(&test("nav-leads")).await;
    first.see(&test("empty-import")).await;
    first.close().await;
    second.click(&test("retry")).await;
    second.read(&test("company-name"), COMPANY).await;
    second.close().await;
}
