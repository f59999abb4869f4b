//! What the sandbox refuses, code by code, and what it remembers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use rust_decimal::Decimal;
use zuc_cfdi::{
    csd::{Certificate, Csd},
    model::Comprobante,
    seal,
};
use zuc_relay::{
    pac::{Answer, Pac as _},
    sandbox::Profile,
};

use crate::bench::{Bench, PASSWORD, csd, dated, invoice, keys, open, sealed};

pub(crate) type Break = (&'static str, fn(&mut Comprobante));

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn tax(c: &mut Comprobante) -> &mut zuc_cfdi::model::Traslado {
    &mut c.conceptos[0].impuestos.as_mut().unwrap().traslados[0]
}

fn totals(c: &mut Comprobante) -> &mut zuc_cfdi::model::Impuestos {
    c.impuestos.as_mut().unwrap()
}

/// So much more is withheld by the header, and the total agrees with it.
fn withhold(c: &mut Comprobante, more: &str) {
    *totals(c).total_retenidos.as_mut().unwrap() += d(more);
    c.total -= d(more);
}

/// Twenty-four ways to break a sound invoice, each with the SAT's code; all else in it agrees with what was broken.
pub(crate) const BREAKS: &[Break] = &[
    ("CFDI40105", |c| c.forma_pago = Some("03".to_owned())),
    ("CFDI40107", |c| c.sub_total.rescale(3)),
    ("CFDI40108", |c| c.sub_total += d("1")),
    ("CFDI40110", |c| c.descuento = Some(d("99999.00"))),
    ("CFDI40111", |c| c.descuento = Some(d("51.24"))),
    ("CFDI40114", |c| c.tipo_cambio = Some(d("2"))),
    ("CFDI40119", |c| c.total += d("0.01")),
    ("CFDI40122", |c| "02".clone_into(&mut c.exportacion)),
    ("CFDI40141", |c| "605".clone_into(&mut c.emisor.regimen_fiscal)),
    ("CFDI40151", |c| c.receptor.residencia_fiscal = Some("USA".to_owned())),
    ("CFDI40158", |c| "605".clone_into(&mut c.receptor.regimen_fiscal)),
    ("CFDI40160", |c| "P01".clone_into(&mut c.receptor.uso_cfdi)),
    ("CFDI40161", |c| "D01".clone_into(&mut c.receptor.uso_cfdi)),
    ("CFDI40166", |c| c.conceptos[0].valor_unitario = d("0.00")),
    ("CFDI40167", |c| {
        for amount in [&mut c.conceptos[0].importe, &mut c.sub_total, &mut c.total] {
            *amount += d("100");
        }
    }),
    ("CFDI40171", |c| c.conceptos[0].impuestos = None),
    ("CFDI40172", |c| "01".clone_into(&mut c.conceptos[0].objeto_imp)),
    ("CFDI40178", |c| tax(c).importe = None),
    ("CFDI40179", |c| tax(c).tasa_o_cuota = Some(d("0.150000"))),
    ("CFDI40180", |c| tax(c).importe = Some(d("601.00"))),
    ("CFDI40203", |c| withhold(c, "0.01")),
    ("CFDI40205", |c| {
        *totals(c).total_trasladados.as_mut().unwrap() += d("0.01");
        c.total += d("0.01");
    }),
    ("CFDI40206", |c| {
        let withheld = totals(c).total_retenidos.take().unwrap();
        c.total += withheld;
    }),
    ("CFDI40211", |c| {
        totals(c).retenciones[0].importe += d("0.01");
        withhold(c, "0.01");
    }),
];

/// A broken document with a good seal: only the rule is at fault.
pub(crate) fn broken(alter: fn(&mut Comprobante)) -> String {
    let mut document = invoice();
    alter(&mut document);
    sealed(document)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_broken_document_is_refused_and_none_is_stamped() {
    let bench = Bench::start(Profile::default()).await;
    for (code, alter) in BREAKS {
        let xml = broken(*alter);
        let document = zuc_cfdi::xml::read(xml.as_bytes()).unwrap();
        let found: Vec<_> = zuc_cfdi::rules::check(&document)
            .into_iter()
            .filter(zuc_cfdi::rules::Finding::is_error)
            .map(|finding| finding.code)
            .collect();
        assert!(found.contains(code), "{code}: {found:?}");
        let refused = bench.send(code, &xml).await.unwrap_err();
        assert_eq!(refused, *code, "of {found:?}");
    }
    assert!(bench.pac.timbres().await.unwrap().is_empty());
}

/// Puts another certificate's seal on a document: what a careless program would send.
fn resealed(csd: &Csd, mut document: Comprobante) -> String {
    csd.certificate().number().clone_into(&mut document.no_certificado);
    csd.certificate_base64().clone_into(&mut document.certificado);
    let cadena = zuc_cfdi::cadena::cadena_original(&document).unwrap();
    document.sello = csd.sign(&cadena).unwrap();
    zuc_cfdi::xml::write(&document)
}

#[tokio::test(flavor = "multi_thread")]
async fn seals_certificates_and_dates_have_the_general_codes() {
    let trusted = keys().authority.certificate_der().unwrap();
    let hex = hex::encode(trusted);
    let bench = Bench::start(Profile { authorities: vec![hex], ..Profile::default() }).await;
    let good = sealed(invoice());
    let refused = async |xml: &str| bench.send("r", xml).await.unwrap_err();

    assert_eq!(refused("<cfdi:Comprobante/>").await, "301");
    let doctype = good.replacen("<cfdi:Comprobante", "<!DOCTYPE x><cfdi:Comprobante", 1);
    assert_eq!(refused(&doctype).await, "301");
    assert_eq!(refused(&good.replace("Consultoría", "Consultoria")).await, "CFDI40102");
    let at = good.find(" Sello=\"").unwrap();
    let unsealed = format!("{}{}", &good[..at], &good[at + good[at + 8..].find('"').unwrap() + 9..]);
    assert!(["301", "302"].contains(&refused(&unsealed).await.as_str()));

    let mut other = invoice();
    other.emisor.rfc = "KIJ0906199R1".to_owned();
    assert_eq!(refused(&resealed(&csd(), other)).await, "303");
    assert_eq!(refused(&resealed(&open(&keys().expired), invoice())).await, "305");
    assert_eq!(refused(&sealed(dated(73 * 3_600))).await, "401");
    assert_eq!(refused(&sealed(dated(-3_600))).await, "401");

    assert_eq!(refused(&sealed_with_fiel()).await, "306");

    let stranger = Bench::start(Profile::default()).await;
    let hex = hex::encode(stranger.pac.pac_certificate());
    bench.pac.set_profile(Profile { authorities: vec![hex], ..Profile::default() });
    assert_eq!(refused(&good).await, "308");
    assert!(bench.pac.timbres().await.unwrap().is_empty());

    let unlisted = Profile { unlisted_issuers: vec!["EKU9003173C9".into()], ..Profile::default() };
    bench.pac.set_profile(unlisted);
    assert_eq!(refused(&good).await, "402");
}

/// No part of this product signs with an e.firma, so the library does.
fn sealed_with_fiel() -> String {
    let fiel = &keys().fiel;
    let mut document = invoice();
    Certificate::from_der(&fiel.cer).unwrap().number().clone_into(&mut document.no_certificado);
    document.certificado = STANDARD.encode(&fiel.cer);
    let cadena = zuc_cfdi::cadena::cadena_original(&document).unwrap();
    let key = PKey::private_key_from_pkcs8_passphrase(&fiel.key, PASSWORD.as_bytes()).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    document.sello = STANDARD.encode(signer.sign_oneshot_to_vec(cadena.as_bytes()).unwrap());
    zuc_cfdi::xml::write(&document)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dedupes_only_where_its_profile_says_so() {
    let bench = Bench::start(Profile::default()).await;
    let (first, second) = (sealed(invoice()), sealed(dated(7_200)));
    let stamped = bench.send("ref-1", &first).await.unwrap();
    // The identical bytes: 307 with the earlier document.
    let again = bench.sw.stamp("ref-1", first.as_bytes()).await.unwrap();
    assert_eq!(again, Answer::Before(stamped.clone().into_bytes()));
    // The same reference with other bytes: CFDI3307; its document is fetched from the data warehouse.
    let clash = bench.sw.stamp("ref-1", second.as_bytes()).await.unwrap();
    assert_eq!(clash, Answer::Before(stamped.clone().into_bytes()));
    assert_eq!(bench.pac.timbres().await.unwrap().len(), 1);
    // A stamped document is no document to stamp.
    let again = bench.sw.stamp("ref-2", stamped.as_bytes()).await.unwrap_err();
    assert_eq!(again.code, "pac.duplicate_without_timbre");

    bench.pac.set_profile(Profile { dedupes_bytes: false, dedupes_reference: false, ..Profile::default() });
    let twice = bench.send("ref-1", &first).await.unwrap();
    assert_ne!(twice, stamped);
    assert_eq!(bench.pac.timbres().await.unwrap().len(), 2, "and so it would be billed twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lets_in_who_has_its_token_and_issues_certificates_for_its_own_companies() {
    let bench = Bench::start(Profile { token: "secreto".into(), ..Profile::default() }).await;
    bench.sw.ready().await.unwrap();
    bench.send("r", &sealed(invoice())).await.unwrap();
    let client = reqwest::Client::new();
    let bare = client.post(format!("{}/v4/cfdi33/stamp/v4", bench.url)).send().await.unwrap();
    assert!(bare.status().is_client_error());

    let wanted = serde_json::json!({ "rfc": "EKU9003173C9", "name": "ESCUELA KEMPER URGATE" });
    let answer = client.post(format!("{}/sandbox/v1/csd", bench.url)).json(&wanted).send().await.unwrap();
    let issued: serde_json::Value = answer.json().await.unwrap();
    let unhex = |name: &str| -> Vec<u8> {
        let text = issued[name].as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let csd = Csd::open(&unhex("cer"), &unhex("key"), issued["password"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(csd.certificate().number(), issued["number"].as_str().unwrap());
    let xml = seal::seal(dated(1_800), &csd).unwrap().xml;
    bench.send("own", &xml).await.unwrap();

    let ledger = client.get(format!("{}/ledger", bench.url)).send().await.unwrap();
    let ledger: serde_json::Value = ledger.json().await.unwrap();
    let references: Vec<_> =
        ledger["timbres"].as_array().unwrap().iter().map(|row| row["reference"].as_str().unwrap()).collect();
    assert_eq!(references, ["r", "own"]);
}
