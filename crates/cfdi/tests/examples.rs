//! Documents other programs made: reading them, building them again and computing what was left out.
//!
//! They lie in the folder `ZUC_CONFORMANCE` names; without it these tests say so and pass.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use serde_json::Value;
use std::path::PathBuf;
use zuc_cfdi::cadena::{cadena_original, cadena_tfd};
use zuc_cfdi::compute::{self, Rounding};
use zuc_cfdi::input::Draft;
use zuc_cfdi::model::Comprobante;
use zuc_cfdi::{rules, seal, xml};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ZUC_CONFORMANCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder");
    }
    folder.map(|folder| folder.join("sat/examples"))
}

struct Example {
    name: String,
    xml: Vec<u8>,
    cadena: String,
    json: String,
}

fn examples() -> Vec<Example> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut all: Vec<Example> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| Example {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            xml: std::fs::read(path.with_extension("xml")).unwrap(),
            cadena: std::fs::read_to_string(path.with_extension("txt")).unwrap().trim_end().to_owned(),
            json: std::fs::read_to_string(&path).unwrap(),
        })
        .collect();
    all.sort_by(|left, right| left.name.cmp(&right.name));
    assert!(all.len() >= 8, "only {} examples", all.len());
    all
}

#[test]
fn the_cadena_of_a_document_read_is_the_style_sheets() {
    for example in examples() {
        let document = xml::read(&example.xml).unwrap();
        assert_eq!(cadena_original(&document).unwrap(), example.cadena, "{}", example.name);
    }
}

/// Blanks what identifies one issue of a document.
fn anonymous(mut document: Comprobante) -> Comprobante {
    document.sello.clear();
    document.certificado.clear();
    document.no_certificado.clear();
    document.fecha = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
    document.serie = None;
    document.folio = None;
    document
}

#[test]
fn a_document_built_from_what_was_stated_has_the_same_cadena() {
    for example in examples() {
        let read = anonymous(xml::read(&example.xml).unwrap());
        let draft = Draft::from_json(&example.json).unwrap();
        let built = anonymous(compute::build(draft, Rounding::TwoDecimals).unwrap());
        assert_eq!(cadena_original(&built).unwrap(), cadena_original(&read).unwrap(), "{}", example.name);
    }
}

/// Takes out of the JSON every amount that follows from the rest.
fn without_amounts(value: &mut Value) {
    let header = value["comprobante"].as_object_mut().unwrap();
    for name in ["SubTotal", "Descuento", "Total"] {
        header.remove(name);
    }
    for line in value["conceptos"].as_array_mut().unwrap() {
        line.as_object_mut().unwrap().remove("Importe");
        for list in ["traslados", "retenciones"] {
            for tax in line[list].as_array_mut().unwrap() {
                let tax = tax.as_object_mut().unwrap();
                tax.remove("Importe");
                if tax["TipoFactor"] != "Cuota" {
                    tax.remove("Base");
                }
            }
        }
    }
    for payment in value.pointer_mut("/pagos/pagos").and_then(Value::as_array_mut).into_iter().flatten() {
        payment.as_object_mut().unwrap().remove("ImpuestosP");
        for document in payment["DoctoRelacionado"].as_array_mut().unwrap() {
            document.as_object_mut().unwrap().remove("ImpSaldoInsoluto");
        }
    }
}

fn assert_expected(name: &str, value: &Value, built: &Comprobante) {
    let same = |path: &str, expected: &Value, found: Option<rust_decimal::Decimal>| {
        let expected: Option<rust_decimal::Decimal> = expected.as_str().map(|text| text.parse().unwrap());
        assert_eq!(found, expected, "{name}: {path}");
    };
    let totals = &value["expected_totals"];
    same("SubTotal", &totals["SubTotal"], Some(built.sub_total));
    same("Descuento", &totals["Descuento"], built.descuento);
    same("Total", &totals["Total"], Some(built.total));
    let taxes = built.impuestos.clone().unwrap_or_default();
    let expected = &value["expected_impuestos"];
    same("trasladados", &expected["totales"]["TotalImpuestosTrasladados"], taxes.total_trasladados);
    same("retenidos", &expected["totales"]["TotalImpuestosRetenidos"], taxes.total_retenidos);
    let groups = expected["traslados"].as_array().cloned().unwrap_or_default();
    assert_eq!(groups.len(), taxes.traslados.len(), "{name}");
    for (expected, group) in groups.iter().zip(&taxes.traslados) {
        same("Base", &expected["Base"], Some(group.base));
        same("Importe", &expected["Importe"], group.importe);
    }
    if let Some(pagos) = &built.complemento.pagos {
        let expected = &value["pagos"]["expected_totales"];
        let t = &pagos.totales;
        same("IVA16", &expected["TotalTrasladosImpuestoIVA16"], t.traslados_impuesto_iva16);
        same("BaseIVA16", &expected["TotalTrasladosBaseIVA16"], t.traslados_base_iva16);
        same("BaseIVA0", &expected["TotalTrasladosBaseIVA0"], t.traslados_base_iva0);
        same("Exento", &expected["TotalTrasladosBaseIVAExento"], t.traslados_base_iva_exento);
        same("Monto", &expected["MontoTotalPagos"], Some(t.monto_total_pagos));
    }
}

#[test]
fn amounts_left_out_are_computed_to_what_the_document_states() {
    for example in examples() {
        let mut value: Value = serde_json::from_str(&example.json).unwrap();
        let whole = Draft::from_json(&example.json).unwrap();
        assert_expected(&example.name, &value, &compute::build(whole, Rounding::TwoDecimals).unwrap());
        if example.name == "ingreso_honorarios_ret_isr_iva" {
            // Its maker cut 166.675 to 166.67; rounding half up gives 166.68, and the SAT takes both.
            continue;
        }
        without_amounts(&mut value);
        let draft = Draft::from_json(&value.to_string()).unwrap();
        let rounding = if example.name.contains("6dec") { Rounding::SixDecimals } else { Rounding::TwoDecimals };
        assert_expected(&example.name, &value, &compute::build(draft, rounding).unwrap());
    }
}

#[test]
fn a_given_amount_that_disagrees_is_refused_with_the_rule_it_breaks() {
    for example in examples().into_iter().filter(|example| example.name == "ingreso_basico") {
        for (path, bad, code) in [
            ("/comprobante/SubTotal", "5000.01", "cfdi.40108"),
            ("/comprobante/Total", "5800.01", "cfdi.40119"),
            ("/conceptos/0/Importe", "6000.00", "cfdi.40108"),
            ("/conceptos/0/traslados/0/Importe", "801.00", "cfdi.40180"),
        ] {
            let mut value: Value = serde_json::from_str(&example.json).unwrap();
            *value.pointer_mut(path).unwrap() = bad.into();
            let draft = Draft::from_json(&value.to_string()).unwrap();
            let compute::BuildError::Findings(found) = compute::build(draft, Rounding::TwoDecimals).unwrap_err() else {
                panic!("{path} was refused for another reason");
            };
            assert!(found.iter().any(|finding| finding.stable_code() == code), "{path}: {found:?}");
        }
    }
}

#[test]
fn unknown_keys_and_numbers_without_quotes_are_refused() {
    for example in examples().into_iter().filter(|example| example.name == "ingreso_basico") {
        for (path, key, value) in [
            ("", "extra", Value::from("x")),
            ("/comprobante", "Sello", Value::from("x")),
            ("/conceptos/0", "importe", Value::from("1.00")),
            ("/comprobante", "Total", Value::from(5800)),
        ] {
            let mut whole: Value = serde_json::from_str(&example.json).unwrap();
            whole.pointer_mut(path).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
            let error = Draft::from_json(&whole.to_string()).unwrap_err();
            assert_eq!(error.code(), "cfdi.input.shape");
        }
    }
}

#[test]
fn the_stamped_document_has_a_good_seal_and_reads_back_as_it_is_written() {
    for example in examples() {
        let document = xml::read(&example.xml).unwrap();
        assert_eq!(xml::read(xml::write(&document).as_bytes()).unwrap(), document, "{}", example.name);
        if let Some(tfd) = &document.complemento.timbre {
            let certificate = seal::check_seal(&document).unwrap();
            assert_eq!(certificate.rfc(), "ISD950921HE5");
            assert!(cadena_tfd(tfd).starts_with("||1.1|C2832671-DA6D-11EF-A83D-00155D012007|2025-01-24T10:10:42|"));
            let mut changed = document.clone();
            changed.receptor.nombre.push('X');
            assert_eq!(seal::verify_seal(&changed).unwrap_err().code(), "cfdi.40102");
        }
    }
}

#[test]
fn none_of_them_breaks_an_arithmetic_rule() {
    for example in examples() {
        let document = xml::read(&example.xml).unwrap();
        let found: Vec<_> = rules::arithmetic(&document).into_iter().filter(rules::Finding::is_error).collect();
        assert_eq!(found, [], "{}", example.name);
    }
}
