//! Data sealed by a passphrase, asked for with none, with a wrong one and with the right one; and one home opened twice.

use std::{fs, path::Path};

use crate::{
    place::{PASSPHRASE, Place},
    window::{Window, test},
};

/// Where the passphrase would be read from.
const FROM: &str = "ZUC_PASSPHRASE_FILE";
/// Put in the place of the passphrase.
const OTHER: &str = "otra frase de varias palabras";
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
    by_hand(&place).await;
    asked_again(&place).await;
    forgotten(&place, &recovery).await;
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
    enter(&window, PASSPHRASE).await;
    window.see(&test("empty-import")).await;
    window.close().await;
}

/// Locked while somebody writes: nothing answers, and what was typed is there again.
async fn by_hand(place: &Place) {
    let window = place.window("/prospectos", &[(FROM, Path::new("/dev/null"))]).await;
    enter(&window, PASSPHRASE).await;
    window.click(&test("lead-new")).await;
    window.fill(&test("new-name"), "Julia Cano").await;
    window.press(&["ctrl+l"]);
    window.see(&test("lock-phrase")).await;
    window
        .until("the rooms out of sight", "return document.querySelector('.app').getClientRects().length === 0", &[])
        .await;
    denies_everything(&window).await;
    enter(&window, PASSPHRASE).await;
    assert_eq!(window.value(&test("new-name")).await, "Julia Cano");
    window.press(&["Escape"]);

    window.go("/ajustes/bloqueo").await;
    window.fill(&test("lock-current"), "no es esta").await;
    window.fill(&test("lock-phrase-new"), OTHER).await;
    window.fill(&test("lock-phrase-again"), OTHER).await;
    window.click(&test("lock-put")).await;
    window.read(".err", "La frase de acceso no es correcta").await;
    window.portrait("ajustes-bloqueo").await;
    window.fill(&test("lock-current"), PASSPHRASE).await;
    window.click(&test("lock-put")).await;
    window.read(".toast", "La frase quedó puesta").await;
    window.click(&test("lock-now")).await;
    enter(&window, OTHER).await;
    window.close().await;
}

/// What is dangerous asks for the passphrase once more when it was typed long ago; the act waits meanwhile, and goes on.
async fn asked_again(place: &Place) {
    let window = place.window("/ajustes/bloqueo", &[(FROM, Path::new("/dev/null"))]).await;
    window.fill(&test("lock-phrase"), OTHER).await;
    window.click(&test("lock-open")).await;
    for field in ["lock-current", "lock-phrase-new", "lock-phrase-again"] {
        window.fill(&test(field), OTHER).await;
    }
    // the shell's own refusal, five minutes early
    let early = "const ask = window.fetch; window.fetch = (url, ...rest) => { \
        if (!String(url).endsWith('/lock_put')) return ask(url, ...rest); \
        window.fetch = ask; \
        const headers = { 'content-type': 'application/json', 'Tauri-Response': 'error' }; \
        return Promise.resolve(new Response(JSON.stringify({ code: 'lock.ask' }), { headers })) }";
    window.run(early, &[]).await;
    window.click(&test("lock-put")).await;
    window.fill(&test("proof-phrase"), "no es esta").await;
    window.click(&test("proof-go")).await;
    window.read("[data-testid=proof] .err", "La frase de acceso no es correcta").await;
    window.portrait("frase-otra-vez").await;
    window.fill(&test("proof-phrase"), OTHER).await;
    window.click(&test("proof-go")).await;
    window.miss("[data-testid=proof][open]").await;
    window.read(".toast", "La frase quedó puesta").await;
    window.close().await;
}

/// Every command is asked, and none but what a locked window needs answers.
async fn denies_everything(window: &Window) {
    // the first waits for a person who chooses a file
    let asked: Vec<_> = zuc_ipc::COMMANDS.iter().copied().filter(|name| *name != "pick_file").collect();
    let ask = "window.said = {}; for (const name of arguments[0].split(' ')) \
               window.__TAURI_INTERNALS__.invoke(name, { args: {} }).then(() => said[name] = true, () => said[name] = false)";
    window.run(ask, &[&asked.join(" ")]).await;
    let all = format!("return Object.keys(said).length === {}", asked.len());
    window.until("an answer to each", &all, &[]).await;
    let answered = window.run("return Object.keys(said).filter((name) => said[name]).sort().join(' ')", &[]).await;
    assert_eq!(answered.as_str(), Some("boot lock_now touch"));
}

/// With the printed code another passphrase is chosen.
async fn forgotten(place: &Place, recovery: &str) {
    let code = fs::read_to_string(recovery).expect("the code was written there");
    let window = place.window("/", &[(FROM, Path::new("/dev/null"))]).await;
    window.click(&test("lock-forgotten")).await;
    window.fill(&test("lock-code"), code.trim()).await;
    window.fill(&test("lock-new"), "corta").await;
    window.click(&test("lock-by-code")).await;
    window.read(".err", "ocho letras").await;
    window.portrait("bloqueo-codigo").await;
    window.fill(&test("lock-new"), PASSPHRASE).await;
    window.click(&test("lock-by-code")).await;
    window.read(&test("company-name"), COMPANY).await;
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
    enter(&window, PASSPHRASE).await;
    window.close().await;
}

async fn enter(window: &Window, phrase: &str) {
    window.fill(&test("lock-phrase"), phrase).await;
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
