//! What the copy and the receipt must say of her.

use serde_json::{Value, json};

use super::{CALL, EDITS, MAIL, NAME, NEED, NOTE, PHONE, RFC};
use crate::world::company::Deal;

/// What was put in about her through use cases, field by field.
pub(super) fn everything_is_there(copy: &Value, text: &str, deal: &Deal, label: &str) {
    assert_eq!(
        (&copy["format"], &copy["version"], &copy["status"]),
        (&json!("zuclubit.person_export"), &json!(1), &json!("held"))
    );
    let of = |kind: &str| {
        let records = copy["records"].as_array().expect("records");
        records.iter().find(|record| record["kind"] == kind).unwrap_or_else(|| panic!("her {kind}"))
    };
    let lead = of("lead");
    let truth = json!({
        "full_name": NAME, "company": "Huertos Cenzontle", "email": MAIL, "phone": format!("+52{PHONE}"), "rfc": RFC,
        "source": "expo", "city": "Zapotlán", "industry": EDITS[0].1, "company_size": 613, "postal_code": "26015",
        "notes": EDITS[3].1, "next_step": { "text": "Mandarle el catálogo de riego", "due": "2026-12-24" },
        "estimated_amount": { "value": "12345.67", "currency": "MXN" },
    });
    for (field, value) in truth.as_object().expect("fields") {
        assert_eq!(&lead["data"][field], value, "{field}: {lead}");
    }
    assert_eq!((&lead["id"], &lead["data"]["converted"]["customer"]), (&json!(deal.lead), &json!(deal.customer)));
    let contact = &of("contact")["data"];
    assert_eq!(
        (&contact["name"], &contact["email"], &contact["phone"]),
        (&json!(NAME), &json!(MAIL), &lead["data"]["phone"])
    );
    let customer = of("customer");
    let profile = &customer["data"]["fiscal_profile"];
    assert_eq!(customer["id"], json!(deal.customer));
    for (field, value) in
        [("rfc", RFC), ("regimen_fiscal", "612"), ("domicilio_cp", "26015"), ("uso_cfdi_default", "G03")]
    {
        assert_eq!(profile[field], value, "{profile}");
    }
    assert_eq!(profile["legal_name"], NAME.to_uppercase());

    let score = &copy["scores"][0]["score"];
    let points: i64 =
        score["factors"].as_array().expect("reasons").iter().filter_map(|why| why["points"].as_i64()).sum();
    assert_eq!(score["score"].as_i64(), Some(points), "its reasons add up: {score}");
    let size = score["factors"].as_array().is_some_and(|why| why.iter().any(|why| why["code"] == "company_size"));
    assert!(size && copy["scores"][0]["lead"] == json!(deal.lead), "{score}");
    let activities = copy["activities"].as_array().expect("activities");
    for said in [CALL, NOTE] {
        let found = activities.iter().find(|activity| activity["data"]["text"] == said);
        assert_eq!(found.map(|activity| &activity["by"]), Some(&json!("Carla")), "{said}: {activities:?}");
    }
    assert!(text.contains(NEED), "what she needs was noted");
    assert_eq!(copy["deals"][0]["owner"], "Carla");
    let proposal = &copy["proposals"][0];
    let signer = &proposal["signature"]["signer"];
    assert_eq!(
        (&proposal["id"], &signer["name"], &signer["email"]),
        (&json!(deal.proposal), &json!(NAME), &json!(MAIL))
    );
    let drawn = zuc_app::base64(&zuc_sample::signature(1).expect("a picture"));
    assert_eq!((&signer["role"], &proposal["drawn"]), (&json!("Dirección"), &json!(drawn)));
    assert_eq!(copy["contracts"].as_array().map(Vec::len), Some(1));
    let invoice = &copy["invoices"][0];
    assert_eq!((&invoice["label"], &invoice["receptor"]["rfc"]), (&json!(label), &json!(RFC)));
    let kept = &copy["kept_by_law"][0];
    assert_eq!((&kept["label"], &kept["basis"]), (&json!(label), &json!("CFF 30")));
    assert!(kept["until"].as_str().is_some_and(|until| until.ends_with("-03-31")), "{kept}");

    let events: Vec<&str> =
        copy["events"].as_array().expect("events").iter().filter_map(|event| event["type"].as_str()).collect();
    for named in ["Lead.Created", "Lead.Converted", "Customer.Created", "Contact.Added", "Proposal.Accepted"] {
        assert!(events.iter().any(|event| event.starts_with(named)), "{named}: {events:?}");
    }
    assert!(!text.contains("\"sealed\""), "nothing is handed out shut");
    let history = copy["history"].as_array().expect("history");
    for (field, _) in EDITS {
        let found = history.iter().find(|change| change["field"] == field && change["record"] == json!(deal.lead));
        assert_eq!(found.map(|change| &change["by"]["name"]), Some(&json!("Carla")), "{field}");
    }
    let readers: Vec<&str> = copy["readers"][0]["devices"]
        .as_array()
        .expect("devices")
        .iter()
        .filter_map(|reader| reader["by"]["name"].as_str())
        .collect();
    assert!(readers.contains(&"Carla") && readers.contains(&"Luis"), "{readers:?}");
    assert_eq!(copy["coverage"]["not_read"], json!(["fiscal"]), "Luis invoices nobody");
}

/// What is gone, what stays until when, and who has not heard of it.
pub(super) fn says_what_became_of_it(receipt: &Value, deal: &Deal, label: &str) {
    let records = receipt["destroyed"]["records"].as_array().expect("records");
    let fields = |id: &str| {
        let found = records.iter().find(|record| record["id"] == id).unwrap_or_else(|| panic!("{id}: {receipt}"));
        found["fields"].as_array().expect("fields").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    let lead = fields(&deal.lead);
    for field in ["full_name", "email", "phone", "rfc"] {
        assert!(lead.contains(field), "{field}: {lead}");
    }
    let customer = fields(&deal.customer);
    for field in ["fiscal_profile", "legal_name", "/email", "/name"] {
        assert!(customer.contains(field), "{field}: {customer}");
    }
    assert_eq!(fields(&deal.proposal), "acceptance/signer");
    assert_eq!(receipt["destroyed"]["facts"], 1, "what she drew");
    assert!(receipt["destroyed"]["events"].as_u64().is_some_and(|events| events >= 4), "{receipt}");
    let stays = receipt["stays"].as_array().expect("what stays");
    let invoice = stays.iter().find(|stays| stays["kind"] == "invoice").expect("her invoice stays");
    assert_eq!((&invoice["label"], &invoice["why"]), (&json!(label), &json!("law")));
    assert!(invoice["until"].as_str().is_some_and(|until| until.ends_with("-03-31")), "{invoice}");
    assert_eq!(stays.iter().filter(|stays| stays["kind"] == "activity" && stays["why"] == "free_text").count(), 3);
    let devices = &receipt["devices"];
    assert_eq!((&devices["here"], &devices["confirmed"]), (&json!(true), &json!([])));
    assert_eq!(devices["waiting"].as_array().map(Vec::len), Some(1), "Carla has not heard of it: {devices}");
    assert_eq!(receipt["not_read"], json!(["fiscal"]));
}
