//! A person asks what is held on them, and then to be forgotten: the copy has everything that was put in and nothing of
//! somebody like them, the receipt says what became of it, and nobody can write another.

mod told;

use std::{fs, path::Path};

use serde_json::{Value, json};
use zuc_app::Office;
use zuc_ipc::{
    customer::{FiscalProfile, FiscalProfileSet},
    lead::{ActivityNew, LeadEdit, LeadNew, LeadQuery, Qualification},
};

use crate::{
    CARLA, Stage, refused,
    world::{
        World,
        company::{Deal, sign_as},
    },
};
use told::{everything_is_there, says_what_became_of_it};

const NAME: &str = "Berenice Ximo Quezada";
const MAIL: &str = "berenice@cenzontle.example";
const PHONE: &str = "5581234567";
const RFC: &str = "XIQB891116QE4";
/// What identifies her; nothing of it may be left.
const IDENTIFIERS: [&str; 6] = ["Berenice", "BERENICE", MAIL, PHONE, RFC, "Cenzontle"];
/// Fields that are edited after she is captured.
const EDITS: [(&str, &str); 5] = [
    ("industry", "Horticultura canaria"),
    ("company_size", "613"),
    ("postal_code", "26015"),
    ("notes", "Prefiere que la llamen por la tarde"),
    ("next_step", "Mandarle el catálogo de riego|2026-12-24"),
];
const CALL: &str = "Pidió ver el riego por goteo";
const NOTE: &str = "Conoce a don Hilario";
const NEED: &str = "Cambiar las bombas viejas";

/// Somebody like her, at the same company and the same telephone.
const OTHER_NAME: &str = "Berenice Ximo Quesada";
const OTHER_MAIL: &str = "bere.quesada@cenzontle.example";
const OTHER_NOTE: &str = "Esta nota es de otra persona";

async fn lead(office: &Office, name: &str, email: &str, rfc: &str) -> String {
    let new = LeadNew {
        full_name: name.to_owned(),
        company: "Huertos Cenzontle".to_owned(),
        email: email.to_owned(),
        phone: PHONE.to_owned(),
        rfc: rfc.to_owned(),
        source: "expo".to_owned(),
        amount: "12345.67".to_owned(),
        city: "Zapotlán".to_owned(),
        ..LeadNew::default()
    };
    office.lead_create(new).await.expect("a lead");
    let query = LeadQuery { text: email.to_owned(), limit: 5, ..LeadQuery::default() };
    let rows = office.lead_list(query).await.expect("leads").rows;
    rows.into_iter().find(|row| row.email == email).expect("the lead").id
}

async fn edit(office: &Office, lead: &str, field: &str, new: &str) {
    let old = office.lead_field(lead, field).await.expect("a field");
    let edit = LeadEdit { id: lead.to_owned(), field: field.to_owned(), old, new: new.to_owned() };
    office.lead_edit(edit).await.unwrap_or_else(|error| panic!("{field}: {error}"));
}

async fn log(office: &Office, lead: &str, channel: &str, text: &str) {
    let touch = ActivityNew {
        subject_id: lead.to_owned(),
        channel: channel.to_owned(),
        direction: "out".to_owned(),
        text: text.to_owned(),
    };
    office.lead_log(touch).await.expect("a touch");
}

/// She is captured, worked on, converted, invoiced; the other one is there too. Gives her records and the other's lead.
async fn known(stage: &Stage) -> (Deal, String) {
    let desk = stage.world.desk(CARLA).await;
    let office = desk.office().await.expect("Carla's office");
    let hers = Box::pin(lead(&office, NAME, MAIL, RFC)).await;
    for (field, value) in EDITS {
        Box::pin(edit(&office, &hers, field, value)).await;
    }
    log(&office, &hers, "call", CALL).await;
    log(&office, &hers, "note", NOTE).await;
    let gate = Qualification {
        id: hers.clone(),
        need: NEED.to_owned(),
        budget: true,
        authority: true,
        timeline: "Este mes".to_owned(),
    };
    office.lead_qualify(gate).await.expect("the gate");
    let other = Box::pin(lead(&office, OTHER_NAME, OTHER_MAIL, "")).await;
    Box::pin(edit(&office, &other, "notes", OTHER_NOTE)).await;
    log(&office, &other, "call", OTHER_NOTE).await;
    let made = office.lead_convert(hers.clone()).await.expect("a customer");
    let profile = FiscalProfile {
        rfc: RFC.to_owned(),
        legal_name: NAME.to_uppercase(),
        regimen_fiscal: "612".to_owned(),
        domicilio_cp: "26015".to_owned(),
        uso_cfdi: "G03".to_owned(),
    };
    let customer_id = made.customer_id.clone();
    let seen = office.customer_fiscal(&customer_id).await.expect("what is shown");
    let set = FiscalProfileSet { customer_id, seen, profile };
    office.customer_set_fiscal(set).await.expect("a fiscal profile");
    let deal = Deal { lead: hers, customer: made.customer_id, proposal: String::new() };
    let deal = Box::pin(sign_as(&office, &deal, NAME, MAIL)).await;
    stage.world.leave(CARLA, desk, office).await;
    (deal, other)
}

/// The saga drafts the invoice, Carla issues it; gives its label.
async fn invoiced(world: &World) -> String {
    world.ask(CARLA, &["sync"]).await;
    let list = world.ask(CARLA, &["invoice", "list"]).await;
    let rows = list["rows"].as_array().expect("invoices");
    let hers = rows.iter().find(|row| row["rfc"] == RFC).unwrap_or_else(|| panic!("her invoice: {list}"));
    let issued = world.ask(CARLA, &["invoice", "issue", hers["id"].as_str().expect("an id")]).await;
    world.ask(CARLA, &["sync"]).await;
    issued["row"]["label"].as_str().unwrap_or_else(|| panic!("a folio: {issued}")).to_owned()
}

/// The two files of a folder, the first as text.
fn files(folder: &Path) -> (String, Vec<u8>) {
    let (mut json, mut pdf) = (None, None);
    for file in fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).expect("readable");
        match path.extension().and_then(|end| end.to_str()) {
            Some("json") => json = Some(String::from_utf8(bytes).expect("text")),
            _ => pdf = Some(bytes),
        }
    }
    (json.expect("a file for programs"), pdf.expect("a paper"))
}

async fn export(stage: &Stage, who: &str, name: &str) -> (Value, String) {
    let folder = stage.world.root.join(name);
    stage.world.ask("luis", &["person", "export", who, "--out", &folder.display().to_string()]).await;
    let (text, pdf) = files(&folder);
    assert!(pdf.starts_with(b"%PDF-"), "a paper to read");
    (serde_json::from_str(&text).expect("JSON"), text)
}

/// Two leads that are one person, of whom the second's mail and telephone stand beside the first's from then on.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_became_one_is_found_by_each_mail_and_telephone_they_had() {
    let stage = Stage::with_luis().await;
    let mut ids = Vec::new();
    for (company, mail, phone) in [
        ("Herrajes Ñandú", "ximena@nandu.example", "4425550101"),
        ("Ñandú Herrajes", "compras@nandu.example", "4425550202"),
    ] {
        let new = ["lead", "create", "--name", "Ximena Ñuño", "--company", company, "--email", mail, "--phone", phone];
        stage.world.ask(CARLA, &new).await;
        let list = stage.world.ask(CARLA, &["lead", "list", "--text", mail]).await;
        ids.push(list["rows"][0]["id"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned());
    }
    stage.world.ask(CARLA, &["lead", "merge", &ids[0], &ids[1]]).await;
    stage.world.ask(CARLA, &["sync"]).await;
    stage.world.ask("luis", &["sync"]).await;
    for (place, who) in ["ximena@nandu.example", "compras@nandu.example", "4425550202"].into_iter().enumerate() {
        let (copy, text) = export(&stage, who, &format!("copia-{place}")).await;
        assert!(text.contains("ximena@nandu.example") && text.contains("compras@nandu.example"), "{who}: {copy}");
    }
}

/// A company's lead gets its first mail on one computer and its first telephone on another, neither of which knows of the
/// other: they are sealed under two keys.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_identified_on_two_computers_at_once_is_forgotten_on_both() {
    let mut stage = Stage::with_luis().await;
    stage.world.ask(CARLA, &["lead", "create", "--company", "Huertos Cenzontle"]).await;
    let list = stage.world.ask(CARLA, &["lead", "list", "--text", "Cenzontle"]).await;
    let lead = list["rows"][0]["id"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned();
    for who in [CARLA, "luis"] {
        stage.world.ask(who, &["sync"]).await;
    }
    stage.world.servers.kill_relay().await;
    for (who, field, value) in [("luis", "email", MAIL), (CARLA, "phone", PHONE)] {
        let desk = stage.world.desk(who).await;
        let office = desk.office().await.expect("an office");
        Box::pin(edit(&office, &lead, field, value)).await;
        stage.world.leave(who, desk, office).await;
    }
    stage.world.servers.start_relay().await;
    let url = stage.world.servers.relay_url();
    for who in ["luis", CARLA] {
        stage.world.ask(who, &["company", "relay", &url]).await;
    }
    for who in [CARLA, "luis"] {
        stage.world.ask(who, &["sync", "--wait", "25"]).await;
    }
    let (_, text) = export(&stage, &lead, "copia").await;
    assert!(text.contains(MAIL) && text.contains(PHONE), "{text}");
    stage.world.ask("luis", &["person", "erase", &lead]).await;
    let (left, text) = export(&stage, &lead, "despues").await;
    assert_eq!(left["status"], "erased");
    assert!(!text.contains(MAIL) && !text.contains(PHONE), "{text}");
    let desk = stage.world.desk("luis").await;
    let office = desk.office().await.expect("Luis's office");
    for field in ["email", "phone"] {
        assert_eq!(office.lead_field(&lead, field).await.expect("a field"), "", "{field}");
    }
    stage.world.leave("luis", desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_gets_all_of_theirs_and_once_forgotten_nothing_but_a_receipt() {
    let stage = Stage::with_luis().await;
    let world = &stage.world;
    let (deal, other) = Box::pin(known(&stage)).await;
    let label = invoiced(world).await;
    world.ask("luis", &["sync"]).await;

    let (copy, text) = export(&stage, &deal.lead, "copia").await;
    everything_is_there(&copy, &text, &deal, &label);
    for theirs in [&other, OTHER_NAME, OTHER_MAIL, OTHER_NOTE] {
        assert!(!text.contains(theirs), "{theirs} is somebody else's");
    }
    let (mut by_mail, _) = export(&stage, MAIL, "por-correo").await;
    by_mail["made_at"] = copy["made_at"].clone();
    by_mail["record"] = copy["record"].clone();
    assert_eq!(by_mail, copy, "whoever is found by mail is the same person");
    let here = world.root.join("nada").display().to_string();
    let asks = |who| ["person", "export", who, "--out", &here];
    refused(&world.run("luis", &asks(PHONE)).await, "privacy.several_found", 1);
    refused(&world.run("luis", &asks("nadie@cenzontle.example")).await, "privacy.nobody_found", 1);
    refused(&world.run(CARLA, &asks(&deal.lead)).await, "auth.forbidden", 1);

    let folder = world.root.join("acuse");
    let receipt = ["person", "receipt", &deal.lead];
    refused(&world.run("luis", &receipt).await, "privacy.not_erased", 1);
    let erased = world.ask("luis", &["person", "erase", MAIL, "--out", &folder.display().to_string()]).await;
    let (said, paper) = files(&folder);
    assert!(paper.starts_with(b"%PDF-"));
    assert_eq!(erased["receipt"], serde_json::from_str::<Value>(&said).expect("JSON"));
    says_what_became_of_it(&erased["receipt"]["receipt"], &deal, &label);
    let owed = &erased["receipt"]["receipt"]["owed"];
    assert_eq!((&owed[0]["scope"], &owed[0]["roles"]), (&json!("fiscal"), &json!(["finanzas"])), "Luis lacks that bag");
    assert_eq!(owed[0]["devices"].as_array().map(Vec::len), Some(1), "Carla's computer does it: {owed}");
    for gone in IDENTIFIERS.iter().chain(&[CALL, NOTE]) {
        assert!(!said.contains(gone), "{gone} stands in the receipt");
    }
    nobody_else_can_write_one(world, &folder, &said).await;

    let (left, text) = export(&stage, &deal.lead, "despues").await;
    assert_eq!((&left["status"], &left["kept_by_law"][0]["label"]), (&json!("erased"), &json!(label)));
    assert!(left["records"].as_array().is_some_and(|records| records.iter().all(|record| record["data"].is_null())));
    for gone in IDENTIFIERS.iter().chain(&[CALL, NOTE, NEED]) {
        assert!(!text.contains(gone), "{gone} is still handed out");
    }
    refused(&world.run("luis", &asks(MAIL)).await, "privacy.nobody_found", 1);
    refused(&world.run("luis", &["person", "erase", &deal.lead]).await, "keys.erased", 1);
    let (_, others) = export(&stage, &other, "de-otra").await;
    assert!(others.contains(OTHER_MAIL) && others.contains(OTHER_NOTE) && !others.contains(MAIL));

    // Carla hears of it, and what she writes next says so
    world.ask(CARLA, &["sync"]).await;
    world.ask(CARLA, &["lead", "log", &other, "--channel", "note", "Otra nota"]).await;
    world.ask(CARLA, &["sync"]).await;
    world.ask("luis", &["sync"]).await;
    let again = world.ask("luis", &receipt).await;
    assert_eq!(again["receipt"]["devices"]["waiting"], json!([]), "{again}");
    assert_eq!(again["receipt"]["devices"]["confirmed"].as_array().map(Vec::len), Some(1));
    assert_eq!(again["receipt"]["owed"], Value::Null, "Carla's computer has made fiscal's keys anew: {again}");
    assert!(again["receipt"]["cleared"].as_array().is_some_and(|cleared| cleared.contains(&json!("fiscal"))));
    Box::pin(kept_for_the_law_alone(world, &label, &receipt)).await;
    world.ask("luis", &["verify"]).await;
    // the signed proposal is a paper still, without her hand
    let pdf = world.root.join("propuesta.pdf");
    world.ask("luis", &["proposal", "pdf", &deal.proposal, "--out", &pdf.display().to_string()]).await;
}

/// Her invoice is in no list and found by no word; Carla, who may, reads it by saying why, and keeps it longer.
async fn kept_for_the_law_alone(world: &World, label: &str, receipt: &[&str]) {
    let list = world.ask(CARLA, &["invoice", "list"]).await;
    let rows = list["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["label"] != label), "it is among the others: {list}");
    assert!(!world.ask(CARLA, &["search", "Berenice"]).await.to_string().contains("\"invoice\""));
    let blocked = world.ask(CARLA, &["invoice", "list", "--view", "blocked"]).await;
    let row = &blocked["rows"][0];
    assert_eq!((&row["label"], &row["customer"], &row["rfc"]), (&json!(label), &json!(""), &json!("")));
    assert!(row["blocked_until"].as_str().is_some_and(|until| until.ends_with("-03-31")), "{row}");
    refused(&world.run("luis", &["invoice", "list", "--view", "blocked"]).await, "auth.forbidden", 1);

    let id = row["id"].as_str().expect("an id");
    let xml = world.root.join("bloqueada.xml").display().to_string();
    refused(&world.run(CARLA, &["invoice", "show", id]).await, "invoice.blocked", 1);
    refused(&world.run("luis", &["invoice", "show", id]).await, "invoice.blocked", 1);
    refused(&world.run(CARLA, &["invoice", "xml", id, "--out", &xml]).await, "invoice.blocked", 1);
    refused(&world.run("luis", &["invoice", "show", id, "--reason", "curiosidad"]).await, "auth.forbidden", 1);
    refused(&world.run(CARLA, &["invoice", "show", id, "--reason", " "]).await, "invoice.no_reason", 1);
    let shown = world.ask(CARLA, &["invoice", "show", id, "--reason", "Revisión del SAT"]).await;
    assert_eq!(shown["receptor"]["rfc"], RFC, "what the law keeps is whole");
    world.ask(CARLA, &["invoice", "xml", id, "--out", &xml, "--reason", "Revisión del SAT"]).await;
    assert!(fs::read_to_string(&xml).expect("a document").contains(RFC));

    let hold = |until| ["invoice", "hold", id, "--until", until, "--reason", "Juicio 12/2031"];
    refused(&world.run(CARLA, &hold("2031-01-01")).await, "invoice.hold_not_later", 1);
    refused(&world.run("luis", &hold("2040-01-31")).await, "auth.forbidden", 1);
    world.ask(CARLA, &hold("2040-01-31")).await;
    for who in [CARLA, "luis"] {
        world.ask(who, &["sync"]).await;
    }
    let held = world.ask("luis", receipt).await;
    let stays = held["receipt"]["stays"].as_array().expect("what stays");
    let invoice = stays.iter().find(|stays| stays["kind"] == "invoice").expect("her invoice");
    assert_eq!((&invoice["why"], &invoice["until"]), (&json!("held"), &json!("2040-01-31")));
    world.ask(CARLA, &["verify"]).await;
}

async fn nobody_else_can_write_one(world: &World, folder: &Path, said: &str) {
    let check = async |text: &[u8]| {
        let file = folder.join("a-revisar");
        fs::write(&file, text).expect("a file");
        world.run("luis", &["person", "receipt", "--check", &file.display().to_string()]).await
    };
    let checked = check(said.as_bytes()).await;
    assert_eq!(
        (checked.code, checked.answer().map(|answer| answer["by"].clone())),
        (Some(0), Some(json!("Luis"))),
        "{}",
        checked.stderr
    );
    refused(
        &check(said.replacen("\"here\":true", "\"here\":null", 1).as_bytes()).await,
        "privacy.receipt_unreadable",
        1,
    );
    refused(&check(said.replacen("-03-31", "-03-30", 1).as_bytes()).await, "privacy.receipt_altered", 1);
    refused(&check(format!("{said}\n").as_bytes()).await, "privacy.receipt_altered", 1);
}
