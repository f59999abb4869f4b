//! Our documents before the reference checker, and broken ones refused by both with the same code.
//!
//! The checker and the SAT's schemas, style sheets and catalogues lie in the folder `ZUC_CONFORMANCE` names; without it
//! these tests say so and pass.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::assigning_clones, reason = "each break reads as one assignment")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod common;

use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use zuc_cfdi::catalogs::{self, Catalog};
use zuc_cfdi::csd::Csd;
use zuc_cfdi::model::{Comprobante, InformacionGlobal, RetencionTotal, TipoFactor};
use zuc_cfdi::{rules, sandbox, seal};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ZUC_CONFORMANCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder");
    }
    folder.map(|folder| folder.join("sat"))
}

fn sat_csd(folder: &Path) -> Csd {
    let read = |extension| std::fs::read(folder.join(format!("test-certs/EKU9003173C9_csd.{extension}"))).unwrap();
    Csd::open(&read("cer"), &read("key"), b"12345678a").unwrap()
}

struct Verdict {
    ok: bool,
    cadena: String,
    /// Codes of the checks that failed.
    failed: BTreeSet<String>,
    rows: String,
}

/// Runs the checker once over many documents: it is slow to start.
fn verdicts(folder: &Path, documents: &[String]) -> Vec<Verdict> {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new("python3");
    command.arg(folder.join("verify_cfdi.py")).arg("--json").arg("--sat-certs").arg(place.path());
    std::fs::write(place.path().join("pac.cer"), &common::sandbox().pac.cer).unwrap();
    for (index, document) in documents.iter().enumerate() {
        let path = place.path().join(format!("{index:03}.xml"));
        std::fs::write(&path, document).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let parsed: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let all: Vec<Verdict> = parsed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let rows = one["checks"].as_array().unwrap();
            Verdict {
                ok: one["ok"].as_bool().unwrap(),
                cadena: one["cadena"].as_str().unwrap().to_owned(),
                failed: rows
                    .iter()
                    .filter(|row| row[0] == "FAIL")
                    .map(|row| row[1].as_str().unwrap().to_owned())
                    .collect(),
                rows: rows.iter().filter(|row| row[0] == "FAIL").map(ToString::to_string).collect(),
            }
        })
        .collect();
    assert_eq!(all.len(), documents.len());
    all
}

type Sample = (&'static str, fn() -> Comprobante);

const SAMPLES: [Sample; 8] = [
    ("ingreso", common::ingreso),
    ("egreso", common::egreso),
    ("pago", common::pago),
    ("traslado", common::traslado),
    ("global", common::global),
    ("dolares", common::dolares),
    ("hospedaje", common::hospedaje),
    ("seis decimales", common::seis_decimales),
];

#[test]
fn what_we_seal_and_stamp_the_reference_accepts_with_the_same_cadena() {
    let Some(folder) = folder() else { return };
    let (csd, pac) = (sat_csd(&folder), common::pac());
    let sealed: Vec<_> = SAMPLES.iter().map(|(_, make)| seal::seal(make(), &csd).unwrap()).collect();
    let mut documents: Vec<String> = sealed.iter().map(|one| one.xml.clone()).collect();
    for one in &sealed {
        let uuid = "5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E";
        documents.push(sandbox::stamp(one.xml.as_bytes(), uuid, one.document.fecha, &pac).unwrap());
    }
    for (index, verdict) in verdicts(&folder, &documents).iter().enumerate() {
        let (name, _) = SAMPLES[index % SAMPLES.len()];
        assert!(verdict.ok, "{name}: {}", verdict.rows);
        assert_eq!(verdict.cadena, sealed[index % SAMPLES.len()].cadena, "{name}");
    }
    for one in &sealed {
        let found: Vec<_> = rules::check(&one.document).into_iter().filter(rules::Finding::is_error).collect();
        assert_eq!(found, []);
    }
}

#[test]
fn the_schema_and_the_style_sheet_agree_with_what_we_write() {
    let Some(folder) = folder() else { return };
    let csd = sat_csd(&folder);
    let place = tempfile::tempdir().unwrap();
    let schemas = folder.join("schemas/cfd/4");
    for (name, make) in [SAMPLES[0], SAMPLES[1], SAMPLES[3], SAMPLES[4], SAMPLES[5]] {
        let sealed = seal::seal(make(), &csd).unwrap();
        let path = place.path().join(format!("{name}.xml"));
        std::fs::write(&path, &sealed.xml).unwrap();
        let schema = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .arg(schemas.join("cfdv40.xsd"))
            .arg(&path)
            .output()
            .unwrap();
        assert!(schema.status.success(), "{name}: {}", String::from_utf8_lossy(&schema.stderr));
        let style = Command::new("xsltproc")
            .args(["--nonet"])
            .arg(schemas.join("cadenaoriginal_4_0/cadenaoriginal_4_0.xslt"))
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(style.stdout).unwrap().trim_end(), sealed.cadena, "{name}");
    }
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

type Break = (&'static str, fn() -> Comprobante, fn(&mut Comprobante));

fn first_tax(c: &mut Comprobante) -> &mut zuc_cfdi::model::Traslado {
    &mut c.conceptos[0].impuestos.as_mut().unwrap().traslados[0]
}

fn first_withheld(c: &mut Comprobante) -> &mut zuc_cfdi::model::Retencion {
    &mut c.conceptos[0].impuestos.as_mut().unwrap().retenciones[0]
}

fn taxes(c: &mut Comprobante) -> &mut zuc_cfdi::model::Impuestos {
    c.impuestos.as_mut().unwrap()
}

fn pagos(c: &mut Comprobante) -> &mut zuc_cfdi::model::Pagos {
    c.complemento.pagos.as_mut().unwrap()
}

/// One way to break each rule, on a document that is otherwise sound.
const BREAKS: &[Break] = &[
    ("CFDI40103", common::pago, |c| c.forma_pago = Some("03".to_owned())),
    ("CFDI40105", common::ingreso, |c| c.forma_pago = Some("03".to_owned())),
    ("CFDI40107", common::ingreso, |c| c.sub_total.rescale(3)),
    ("CFDI40108", common::ingreso, |c| c.sub_total += d("1")),
    ("CFDI40109", common::traslado, |c| c.sub_total = d("1")),
    ("CFDI40110", common::ingreso, |c| c.descuento = Some(d("99999.00"))),
    ("CFDI40111", common::ingreso, |c| c.descuento = Some(d("51.24"))),
    ("CFDI40112", common::ingreso, |c| c.descuento = Some(d("51.250"))),
    ("CFDI40114", common::ingreso, |c| c.tipo_cambio = Some(d("2"))),
    ("CFDI40115", common::dolares, |c| c.tipo_cambio = None),
    ("CFDI40116", common::pago, |c| c.tipo_cambio = Some(d("1"))),
    ("CFDI40119", common::ingreso, |c| c.total += d("0.01")),
    ("CFDI40122", common::ingreso, |c| c.exportacion = "02".to_owned()),
    ("CFDI40125", common::pago, |c| c.metodo_pago = Some("PUE".to_owned())),
    ("CFDI40130", common::global, |c| c.receptor.nombre = "MARIA PEREZ".to_owned()),
    ("CFDI40132", common::global, |c| global(c, "05", "15")),
    ("CFDI40134", common::global, |c| global(c, "04", "15")),
    ("CFDI40135", common::global, |c| global(c, "05", "06")),
    ("CFDI40136", common::global, |c| c.informacion_global.as_mut().unwrap().anio = "2024".to_owned()),
    ("CFDI40141", common::ingreso, |c| c.emisor.regimen_fiscal = "605".to_owned()),
    ("CFDI40149", common::global, |c| c.receptor.domicilio_fiscal = "06600".to_owned()),
    ("CFDI40151", common::ingreso, |c| c.receptor.residencia_fiscal = Some("USA".to_owned())),
    ("CFDI40152", common::dolares, |c| c.receptor.residencia_fiscal = Some("MEX".to_owned())),
    ("CFDI40153", common::dolares, |c| c.receptor.residencia_fiscal = None),
    ("CFDI40154", common::ingreso, |c| c.receptor.num_reg_id_trib = Some("1".to_owned())),
    ("CFDI40158", common::ingreso, |c| c.receptor.regimen_fiscal = "605".to_owned()),
    ("CFDI40160", common::ingreso, |c| c.receptor.uso_cfdi = "P01".to_owned()),
    ("CFDI40161", common::ingreso, |c| c.receptor.uso_cfdi = "D01".to_owned()),
    ("CFDI40166", common::ingreso, |c| c.conceptos[0].valor_unitario = d("0.00")),
    ("CFDI40167", common::ingreso, |c| c.conceptos[0].importe += d("100")),
    ("CFDI40168", common::ingreso, |c| c.conceptos[0].descuento = Some(d("51.251"))),
    ("CFDI40169", common::ingreso, |c| c.conceptos[0].descuento = Some(d("9999.99"))),
    ("CFDI40171", common::ingreso, |c| c.conceptos[0].impuestos = None),
    ("CFDI40172", common::ingreso, |c| c.conceptos[0].objeto_imp = "01".to_owned()),
    ("CFDI40177", common::ingreso, |c| first_tax(c).tipo_factor = TipoFactor::Exento),
    ("CFDI40178", common::ingreso, |c| first_tax(c).importe = None),
    ("CFDI40179", common::ingreso, |c| first_tax(c).tasa_o_cuota = Some(d("0.150000"))),
    ("CFDI40180", common::ingreso, |c| first_tax(c).importe = Some(d("601.00"))),
    ("CFDI40184", common::ingreso, |c| first_withheld(c).tipo_factor = TipoFactor::Exento),
    ("CFDI40185", common::ingreso, |c| first_withheld(c).tasa_o_cuota = d("0.360000")),
    ("CFDI40186", common::ingreso, |c| first_withheld(c).importe = d("400.00")),
    ("CFDI40201", common::traslado, |c| c.impuestos = common::egreso().impuestos),
    ("CFDI40202", common::ingreso, |c| taxes(c).total_retenidos.as_mut().unwrap().rescale(3)),
    ("CFDI40203", common::ingreso, |c| *taxes(c).total_retenidos.as_mut().unwrap() += d("0.01")),
    ("CFDI40204", common::ingreso, |c| taxes(c).total_trasladados.as_mut().unwrap().rescale(3)),
    ("CFDI40205", common::ingreso, |c| *taxes(c).total_trasladados.as_mut().unwrap() += d("0.01")),
    ("CFDI40206", common::ingreso, |c| taxes(c).total_retenidos = None),
    ("CFDI40208", common::ingreso, |c| {
        let again = RetencionTotal { impuesto: "001".to_owned(), importe: d("1.00") };
        taxes(c).retenciones.push(again);
    }),
    ("CFDI40210", common::ingreso, |c| taxes(c).retenciones[0].importe.rescale(3)),
    ("CFDI40211", common::ingreso, |c| taxes(c).retenciones[0].importe += d("0.01")),
    ("CFDI40212", common::ingreso, |c| taxes(c).total_trasladados = None),
    ("CFDI40214", common::ingreso, |c| taxes(c).traslados[0].base.rescale(3)),
    ("CFDI40215", common::ingreso, |c| taxes(c).traslados[0].base += d("0.01")),
    ("CFDI40218", common::ingreso, |c| {
        let again = taxes(c).traslados[0].clone();
        taxes(c).traslados.push(again);
    }),
    ("CFDI40220", common::ingreso, |c| taxes(c).traslados[1].importe.as_mut().unwrap().rescale(3)),
    ("CFDI40221", common::ingreso, |c| *taxes(c).traslados[1].importe.as_mut().unwrap() += d("0.01")),
    ("CRP20102", common::pago, |c| c.exportacion = "03".to_owned()),
    ("CRP20103", common::pago, |c| c.total.rescale(2)),
    ("CRP20104", common::pago, |c| c.moneda = "MXN".to_owned()),
    ("CRP20107", common::pago, |c| c.condiciones_de_pago = Some("CONTADO".to_owned())),
    ("CRP20111", common::pago, |c| c.conceptos[0].descripcion = "Pago de factura".to_owned()),
    ("CRP20201", common::pago, |c| pagos(c).totales.retenciones_iva = Some(d("1.00"))),
    ("CRP20211", common::pago, |c| pagos(c).totales.monto_total_pagos += d("1")),
    ("CRP20212", common::pago, |c| pagos(c).pagos[0].forma_de_pago = "99".to_owned()),
    ("CRP20214", common::pago, |c| pagos(c).pagos[0].tipo_cambio = None),
    ("CRP20215", common::pago, |c| pagos(c).pagos[0].tipo_cambio = Some(d("1.000000"))),
    ("CRP20217", common::pago, |c| pagos(c).pagos[0].monto = d("1159.99")),
    ("CRP20236", common::pago, |c| pagos(c).pagos[0].documentos[0].moneda = "XXX".to_owned()),
    ("CRP20237", common::pago, |c| pagos(c).pagos[1].documentos[0].equivalencia = None),
    ("CRP20238", common::pago, |c| pagos(c).pagos[0].documentos[0].equivalencia = Some(d("2"))),
    ("CRP20244", common::pago, |c| pagos(c).pagos[0].documentos[0].imp_saldo_insoluto += d("1")),
    ("CRP20246", common::pago, |c| pagos(c).pagos[0].documentos[0].impuestos = None),
    ("CRP20247", common::pago, |c| pagos(c).pagos[0].documentos[0].objeto_imp = "01".to_owned()),
    ("CRP20254", common::pago, |c| document_taxes(c, 1).retenciones[0].importe = d("176.5")),
    ("CRP20258", common::pago, |c| document_taxes(c, 1).traslados[0].importe = Some(d("0"))),
    ("CRP20259", common::pago, |c| document_taxes(c, 0).traslados[0].importe = None),
    ("CRP20261", common::pago, |c| document_taxes(c, 0).traslados[0].importe = Some(d("165"))),
    ("CRP20263", common::pago, |c| pagos(c).pagos[1].impuestos.as_mut().unwrap().retenciones.clear()),
    ("CRP20265", common::pago, |c| pagos(c).pagos[1].impuestos.as_mut().unwrap().retenciones[0].importe += d("1")),
    ("CRP20268", common::pago, |c| pagos(c).pagos[0].impuestos.as_mut().unwrap().traslados[0].base += d("1")),
    ("CRP20271", common::pago, |c| pagos(c).pagos[0].impuestos = None),
    ("CRP20274", common::pago, |c| {
        pagos(c).pagos[0].impuestos.as_mut().unwrap().traslados[0].importe = Some(d("165"));
    }),
];

fn global(c: &mut Comprobante, periodicidad: &str, meses: &str) {
    c.informacion_global = Some(InformacionGlobal {
        periodicidad: periodicidad.to_owned(),
        meses: meses.to_owned(),
        anio: "2026".to_owned(),
    });
}

fn document_taxes(c: &mut Comprobante, index: usize) -> &mut zuc_cfdi::model::ImpuestosDr {
    pagos(c).pagos[index].documentos[0].impuestos.as_mut().unwrap()
}

fn ours(document: &Comprobante) -> BTreeSet<&'static str> {
    rules::check(document).into_iter().filter(rules::Finding::is_error).map(|finding| finding.code).collect()
}

#[test]
fn every_break_is_found_with_the_code_it_is_known_by() {
    for (code, make, alter) in BREAKS {
        let mut document = make();
        assert_eq!(ours(&document), BTreeSet::new(), "{code}: the document was broken before");
        alter(&mut document);
        let found = ours(&document);
        assert!(found.contains(code), "{code}: found {found:?}");
    }
}

#[test]
fn broken_documents_are_refused_here_and_by_the_reference_with_the_same_code() {
    let Some(folder) = folder() else { return };
    let csd = sat_csd(&folder);
    let broken: Vec<String> = BREAKS
        .iter()
        .map(|(code, make, alter)| {
            let mut document = make();
            alter(&mut document);
            seal::seal(document, &csd).unwrap_or_else(|error| panic!("{code}: {error}")).xml
        })
        .collect();
    assert!(broken.len() >= 20);
    for ((code, ..), verdict) in BREAKS.iter().zip(verdicts(&folder, &broken)) {
        // The reference joins neighbours under one name: `CRP20218-19`, `CRP20201-11`.
        let same = verdict.failed.iter().any(|failed| covers(failed, code));
        assert!(!verdict.ok && same, "{code}: the reference says {:?}", verdict.failed);
    }
}

fn covers(failed: &str, code: &str) -> bool {
    let Some((first, last)) = failed.split_once(['-', '/']) else { return failed == code };
    if first == code {
        return true;
    }
    let number = |text: &str| text.trim_start_matches(char::is_alphabetic).parse::<u32>().ok();
    let (Some(first), Some(last), Some(code)) = (number(first), number(last), number(code)) else { return false };
    // The last digits alone are written after the dash.
    let last = first - first % 100 + last;
    (first..=last).contains(&code)
}

/// Rows of a catalogue of the reference, by key.
fn rows(folder: &Path, name: &str, key: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let script =
        "import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1],encoding='utf-8',newline='')))))";
    let path = folder.join(format!("catalogs/{name}.csv"));
    let output = Command::new("python3").args(["-c", script]).arg(path).output().unwrap();
    let all: Vec<BTreeMap<String, String>> = serde_json::from_slice(&output.stdout).unwrap();
    all.into_iter()
        .filter(|row| row.get("vigencia_hasta").is_none_or(String::is_empty))
        .map(|row| (row[key].clone(), row))
        .collect()
}

#[test]
fn the_catalogues_are_the_sats_key_by_key() {
    let Some(folder) = folder() else { return };
    let names = [
        (Catalog::RegimenFiscal, "c_RegimenFiscal"),
        (Catalog::UsoCfdi, "c_UsoCFDI"),
        (Catalog::FormaPago, "c_FormaPago"),
        (Catalog::MetodoPago, "c_MetodoPago"),
        (Catalog::Moneda, "c_Moneda"),
        (Catalog::ObjetoImp, "c_ObjetoImp"),
        (Catalog::TipoRelacion, "c_TipoRelacion"),
        (Catalog::Periodicidad, "c_Periodicidad"),
        (Catalog::Meses, "c_Meses"),
        (Catalog::Exportacion, "c_Exportacion"),
        (Catalog::TipoDeComprobante, "c_TipoDeComprobante"),
        (Catalog::Impuesto, "c_Impuesto"),
        (Catalog::Pais, "c_Pais"),
        (Catalog::Estado, "c_Estado"),
    ];
    assert_eq!(names.len(), Catalog::ALL.len());
    for (catalog, name) in names {
        let key = if catalog == Catalog::Estado { "estado" } else { "id" };
        let reference = rows(&folder, name, key);
        let ours: BTreeMap<_, _> =
            catalogs::entries(catalog).map(|(clave, texto)| (clave.to_owned(), texto.to_owned())).collect();
        let theirs: BTreeMap<_, _> =
            reference.iter().map(|(clave, row)| (clave.clone(), row["texto"].clone())).collect();
        assert_eq!(ours, theirs, "{name}");
        for (clave, row) in &reference {
            assert_same_rules(catalog, clave, row);
        }
    }
}

fn assert_same_rules(catalog: Catalog, clave: &str, row: &BTreeMap<String, String>) {
    use zuc_cfdi::rfc::Persona;
    let personas = [(Persona::Fisica, "aplica_fisica"), (Persona::Moral, "aplica_moral")];
    match catalog {
        Catalog::RegimenFiscal => {
            for (persona, column) in personas {
                assert_eq!(catalogs::regimen_fits(clave, persona), row[column] == "1", "{clave}");
            }
        }
        Catalog::UsoCfdi => {
            let allowed: BTreeSet<&str> = row["regimenes_fiscales_receptores"].split(',').map(str::trim).collect();
            for (regimen, _) in catalogs::entries(Catalog::RegimenFiscal) {
                for (persona, column) in personas {
                    let expected = row[column] == "1" && allowed.contains(regimen);
                    assert_eq!(catalogs::uso_fits(clave, regimen, persona), expected, "{clave} {regimen}");
                }
            }
        }
        Catalog::Moneda => {
            assert_eq!(catalogs::decimals(clave), row["decimales"].parse().ok(), "{clave}");
        }
        Catalog::FormaPago => {
            let found = catalogs::bank_rules(clave).unwrap();
            assert_eq!(found.bancarizado, row["es_bancarizado"] == "1", "{clave}");
            assert_eq!(found.ordenante, row["permite_cuenta_ordenante"] == "1", "{clave}");
            assert_eq!(found.beneficiario, row["permite_cuenta_beneficiario"] == "1", "{clave}");
            assert_eq!(found.cadena, row["permite_tipo_cadena_pago"] == "1", "{clave}");
        }
        _ => {}
    }
}

#[test]
fn the_rates_are_the_sats() {
    use catalogs::{Direction, rate_is_legal};
    let Some(folder) = folder() else { return };
    let path = folder.join("catalogs/c_TasaOCuota.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let mut fixed: BTreeSet<(String, String, String, bool)> = BTreeSet::new();
    let mut ranges = Vec::new();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split(',').collect();
        let impuesto = match columns[3] {
            "ISR" => "001",
            name if name.starts_with("IVA") => "002",
            _ => "003",
        };
        for (flag, charged) in [(columns[5], true), (columns[6], false)] {
            if flag != "1" {
                continue;
            }
            if columns[0] == "Fijo" {
                fixed.insert((impuesto.to_owned(), columns[4].to_owned(), columns[2].to_owned(), charged));
            } else {
                ranges.push((impuesto, columns[4].to_owned(), d(columns[1]), d(columns[2]), charged));
            }
        }
    }
    // Every rate there is, and a step beside each, for every tax, factor and direction.
    let mut rates: BTreeSet<Decimal> = fixed.iter().map(|(_, _, rate, _)| d(rate)).collect();
    rates.extend(ranges.iter().flat_map(|(_, _, low, high, _)| [*low, *high]));
    let beside: Vec<Decimal> =
        rates.iter().flat_map(|rate| [*rate + d("0.000001"), (*rate - d("0.000001")).max(d("0"))]).collect();
    rates.extend(beside);
    for impuesto in ["001", "002", "003"] {
        for factor in [TipoFactor::Tasa, TipoFactor::Cuota] {
            for direction in [Direction::Charged, Direction::Withheld] {
                let charged = direction == Direction::Charged;
                for rate in &rates {
                    let is_fixed = fixed.iter().any(|(tax, kind, value, way)| {
                        tax == impuesto && kind == factor.clave() && d(value) == *rate && *way == charged
                    });
                    let in_range = ranges.iter().any(|(tax, kind, low, high, way)| {
                        *tax == impuesto && kind == factor.clave() && low <= rate && rate <= high && *way == charged
                    });
                    let found = rate_is_legal(impuesto, factor, *rate, direction);
                    assert_eq!(found, is_fixed || in_range, "{impuesto} {factor:?} {rate} {direction:?}");
                }
            }
        }
    }
}
