//! Two leads made one and parted again, and a lead that changes its team, as the window and the terminal do it.

use zuc_app::Office;
use zuc_ipc::{
    attachment::FileNew,
    lead::{ActivityNew, LeadEdit, LeadMerge, LeadMove, LeadNew, LeadPair, LeadQuery, Qualification},
    people::RightsSet,
};

use crate::world::{
    World,
    company::settle,
    servers::Options,
    shop::{Shop, capture, refused, search},
};

async fn lead(office: &Office, company: &str, email: &str, city: &str) -> String {
    let new = LeadNew {
        company: company.to_owned(),
        full_name: "Ana Ruiz".to_owned(),
        email: email.to_owned(),
        city: city.to_owned(),
        ..LeadNew::default()
    };
    capture(office, new).await
}

async fn call(office: &Office, id: &str, text: &str) {
    let touch = ActivityNew {
        subject_id: id.to_owned(),
        channel: "call".to_owned(),
        direction: "out".to_owned(),
        text: text.to_owned(),
    };
    office.lead_log(touch).await.expect("a touch");
}

/// Two leads that are alike, each with something that hangs on it.
async fn pair(shop: &Shop, office: &Office) -> (String, String) {
    let stays = lead(office, "Ferretería Ñandú", "ana@nandu.example", "León").await;
    let goes = lead(office, "Ferreteria Nandu SA de CV", "compras@nandu.example", "Celaya").await;
    call(office, &stays, "Pide precios").await;
    call(office, &goes, "Pide muestras").await;
    let file = FileNew { subject_id: goes.clone(), path: shop.file("plano.txt", "un plano") };
    office.file_add(file).await.expect("a file");
    (stays, goes)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_leads_are_found_alike_compared_made_one_and_parted_again() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let (stays, goes) = pair(&shop, &office).await;
    let alike = office.lead_duplicates(stays.clone()).await.expect("who is alike");
    assert_eq!(alike.iter().map(|one| one.row.id.as_str()).collect::<Vec<_>>(), [goes.as_str()]);
    assert!(alike[0].likeness >= 70 && alike[0].reasons.contains(&"same_name".to_owned()), "{alike:?}");
    let asked = LeadPair { survivor: stays.clone(), other: goes.clone() };
    let both = office.lead_compare(asked.clone()).await.expect("both");
    let differs: Vec<_> = both.fields.iter().filter(|field| field.differs).map(|field| field.field.as_str()).collect();
    assert_eq!(differs, ["company", "email", "city"]);
    assert_eq!(both.touches, (1, 1));

    // somebody writes to one of them while they are looked at
    let edit =
        LeadEdit { id: goes.clone(), field: "industry".to_owned(), old: String::new(), new: "Ferretería".to_owned() };
    office.lead_edit(edit).await.expect("an edit");
    let merge = |seen: &str| LeadMerge {
        survivor: stays.clone(),
        other: goes.clone(),
        take: vec!["city".to_owned()],
        seen: seen.to_owned(),
    };
    refused(office.lead_merge(merge(&both.seen)).await, "app.stale");
    let both = office.lead_compare(asked).await.expect("both");
    let done = office.lead_merge(merge(&both.seen)).await.expect("a merge");

    let one = office.lead_get(goes.clone()).await.expect("whoever asks for the other finds the one");
    assert_eq!((one.row.id.as_str(), one.row.city.as_str()), (stays.as_str(), "Celaya"));
    assert_eq!(
        (one.industry.as_str(), one.other_emails.as_slice()),
        ("Ferretería", ["compras@nandu.example".to_owned()].as_slice())
    );
    assert_eq!(one.merged, ["Ana Ruiz"]);
    let mut told: Vec<_> = one.timeline.iter().map(|row| row.text.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["Pide muestras", "Pide precios"]);
    assert_eq!(office.file_list(stays.clone()).await.expect("files").len(), 1);
    assert_eq!(search(&office, "nandu").await.len(), 1, "one of them is in the list");
    assert_eq!(office.lead_duplicates(stays.clone()).await.expect("who is alike"), []);
    assert_eq!(office.verify().await.expect("a check").problems, [""; 0]);
    let merged = LeadEdit { id: goes.clone(), field: "city".to_owned(), old: "Celaya".to_owned(), new: "X".to_owned() };
    refused(office.lead_edit(merged).await, "lead.merged");

    let token = done.undo.expect("a token");
    office.undo(token.clone()).await.expect("an undo");
    let (one, other) = (office.lead_get(stays.clone()).await, office.lead_get(goes.clone()).await);
    let (one, other) = (one.expect("a lead"), other.expect("a lead"));
    assert_eq!((one.row.city.as_str(), other.row.city.as_str()), ("León", "Celaya"));
    assert_eq!((one.timeline.len(), other.timeline.len(), one.other_emails.len()), (1, 1, 0));
    assert_eq!((one.industry.as_str(), other.industry.as_str()), ("", "Ferretería"));
    refused(office.undo(token).await, "undo.changed_since");
    assert_eq!(office.verify().await.expect("a check").problems, [""; 0]);
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_converted_and_is_merged_away_stays_the_customer_of_the_one_that_stays() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let (stays, goes) = pair(&shop, &office).await;
    for id in [&goes, &stays] {
        let gate = Qualification {
            id: id.clone(),
            need: "Muestras".to_owned(),
            budget: true,
            authority: true,
            timeline: String::new(),
        };
        office.lead_qualify(gate).await.expect("the gate");
    }
    let converted = office.lead_convert(goes.clone()).await.expect("a customer");
    let merge = LeadMerge { survivor: stays.clone(), other: goes, ..LeadMerge::default() };
    office.lead_merge(merge).await.expect("a merge");
    let one = office.lead_get(stays.clone()).await.expect("a lead");
    assert_eq!(one.customer_id.as_deref(), Some(converted.customer_id.as_str()));
    let again = office.lead_convert(stays).await.expect("a customer");
    assert_eq!((again.customer_id, again.contact_id), (converted.customer_id, converted.contact_id), "the same one");
    assert_eq!(office.verify().await.expect("a check").problems, [""; 0]);
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opposes_being_written_to_opposes_it_after_a_merge_and_the_undo_leaves_the_other_as_it_was() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let (stays, goes) = pair(&shop, &office).await;
    office.person_oppose(goes.clone(), true).await.expect("noted");
    let merge = LeadMerge { survivor: stays.clone(), other: goes.clone(), ..LeadMerge::default() };
    let done = office.lead_merge(merge).await.expect("a merge");
    let one = office.lead_get(stays.clone()).await.expect("a lead");
    assert!(!one.opposed_at.is_empty() && one.factors.is_empty(), "nobody scores them any more");
    office.undo(done.undo.expect("a token")).await.expect("an undo");
    assert!(office.lead_get(stays).await.expect("a lead").opposed_at.is_empty());
    assert!(!office.lead_get(goes).await.expect("a lead").opposed_at.is_empty());
    shop.leave(desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_in_two_teams_says_in_which_a_lead_is_and_lets_one_go_to_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(folder.path(), Options::default()).await;
    world.found().await;
    let desk = world.desk("luis").await;
    let office = desk.office().await.expect("an office");
    let people = office.people_view().await.expect("people");
    let me = people.rows.iter().find(|row| row.this).expect("whoever sits here").clone();
    assert_eq!(office.lead_teams().await.expect("teams"), [1]);
    let rights = RightsSet { person: me.id, roles: me.roles, teams: vec![1, 2] };
    office.rights_set(rights).await.expect("a second team");
    assert_eq!(office.lead_teams().await.expect("teams"), [1, 2]);

    let new = LeadNew { company: "Dulces Colibrí".to_owned(), team: 2, ..LeadNew::default() };
    let there = capture(&office, new).await;
    assert_eq!(office.lead_get(there.clone()).await.expect("a lead").team, 2);
    let none = LeadNew { company: "Otra".to_owned(), team: 7, ..LeadNew::default() };
    refused(office.lead_create(none).await, "person.no_such_team");

    let here = lead(&office, "Ferretería Ñandú", "ana@nandu.example", "León").await;
    call(&office, &here, "Pide precios").await;
    let shown = office.lead_get(here.clone()).await.expect("a lead");
    assert_eq!((shown.team, shown.teams.as_slice(), shown.row.state.as_str()), (1, [2].as_slice(), "working"));
    refused(office.lead_move(LeadMove { id: here.clone(), team: 1 }).await, "lead.same_team");
    let done = office.lead_move(LeadMove { id: here.clone(), team: 2 }).await.expect("a move");
    let moved = office.lead_get(here.clone()).await.expect("whoever asks for it finds it where it is");
    assert_ne!(moved.row.id, here);
    assert_eq!((moved.team, moved.row.state.as_str(), moved.row.email.as_str()), (2, "working", "ana@nandu.example"));
    assert_eq!(moved.row.owner, shown.row.owner, "they work in that team too");
    assert_eq!((moved.timeline.len(), moved.merged.len(), moved.incomplete_since.as_str()), (1, 0, ""));
    let page = office.lead_list(LeadQuery { text: "nandu".to_owned(), limit: 9, ..LeadQuery::default() }).await;
    assert_eq!(page.expect("leads").rows.len(), 1);
    assert_eq!(office.verify().await.expect("a check").problems, [""; 0]);

    office.undo(done.undo.expect("a token")).await.expect("an undo");
    assert_eq!(office.lead_get(here.clone()).await.expect("a lead").row.id, here);
    settle(&office).await;
    world.leave("luis", desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_merges_too_and_says_how_it_is_taken_back() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let (stays, goes) = pair(&shop, &office).await;
    shop.leave(desk, office).await;
    for arguments in [
        &["lead", "duplicates", &stays][..],
        &["lead", "merge", &stays, &goes, "--compare"],
        &["lead", "merge", &stays, &goes, "--take", "city,company"],
    ] {
        let ran = shop.run(arguments).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    let (desk, office) = shop.office().await;
    let one = office.lead_get(goes).await.expect("a lead");
    assert_eq!((one.row.id, one.row.city.as_str()), (stays, "Celaya"));
    assert_eq!(one.row.company, "Ferreteria Nandu SA de CV");
    shop.leave(desk, office).await;
}
