//! `bench_seal FOLDER`: builds and seals three-line invoices for the benchmark, as many as a line of JSON on its input asks
//! for, and answers with a line.
//!
//! The folder gets a certificate of the sandbox where it has none. Processor time and memory are read by whoever starts it.

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "the answers are this program's output")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot read its key has nothing to measure")]

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;
use zuc_cfdi::compute::{self, Rounding};
use zuc_cfdi::csd::Csd;
use zuc_cfdi::input::{Draft, DraftEmisor, DraftHeader, DraftLine, DraftReceptor, DraftTax};
use zuc_cfdi::model::TipoDeComprobante;
use zuc_cfdi::sandbox::{Authority, Holder, Kind, Validity};
use zuc_cfdi::seal;

/// As in the programs that seal.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The password of the sandbox's keys, which are nobody's secret.
const PASSWORD: &str = "12345678a";
const NUMBER: &str = "30001000000500003416";

fn line(clave: &str, quantity: Decimal, price: Decimal, words: &str) -> DraftLine {
    let mut line = DraftLine::new(clave.to_owned(), "E48".to_owned(), words.to_owned(), quantity, price);
    line.traslados.push(DraftTax::tasa("002", Decimal::new(160_000, 6)));
    line
}

fn invoice(number: usize) -> Draft {
    let fecha = jiff::civil::date(2026, 6, 1).at(10, 30, 0, 0);
    let mut comprobante = DraftHeader::new(TipoDeComprobante::Ingreso, fecha, "26015".to_owned());
    comprobante.serie = Some("B".to_owned());
    comprobante.folio = Some(number.to_string());
    comprobante.forma_pago = Some("03".to_owned());
    comprobante.metodo_pago = Some("PUE".to_owned());
    Draft {
        comprobante,
        informacion_global: None,
        relacionados: Vec::new(),
        emisor: DraftEmisor {
            rfc: "EKU9003173C9".to_owned(),
            nombre: "ESCUELA KEMPER URGATE".to_owned(),
            regimen_fiscal: "601".to_owned(),
            fac_atr_adquirente: None,
        },
        receptor: DraftReceptor {
            rfc: "URE180429TM6".to_owned(),
            nombre: "UNIVERSIDAD ROBOTICA ESPAÑOLA".to_owned(),
            domicilio_fiscal: "86991".to_owned(),
            residencia_fiscal: None,
            num_reg_id_trib: None,
            regimen_fiscal: "601".to_owned(),
            uso_cfdi: "G03".to_owned(),
        },
        conceptos: vec![
            line("81111500", Decimal::ONE, Decimal::new(150_050, 2), "Consultoria"),
            line("84111506", Decimal::from(3), Decimal::new(9_999, 2), "Soporte mensual"),
            line("43232408", Decimal::new(25, 1), Decimal::new(420_123_456, 6), "Licencia"),
        ],
        pagos: None,
        impuestos_locales: None,
    }
}

/// The certificate in the folder, made there once.
fn certificate(folder: &Path) -> Csd {
    let (cer, key) = (folder.join("csd.cer"), folder.join("csd.key"));
    if !key.exists() {
        let day = |year| format!("{year}-01-01T00:00:00Z").parse::<Timestamp>().unwrap();
        let validity = Validity { from: day(2026), until: day(2030) };
        let holder =
            Holder { rfc: "EKU9003173C9", representative: Some("XIQB891116QE4"), name: "ESCUELA KEMPER URGATE" };
        let issued = Authority::create(validity).unwrap().issue(holder, Kind::Csd, NUMBER, PASSWORD, validity).unwrap();
        std::fs::write(&cer, &issued.cer).unwrap();
        std::fs::write(&key, &*issued.key).unwrap();
    }
    Csd::open(&std::fs::read(cer).unwrap(), &std::fs::read(key).unwrap(), PASSWORD.as_bytes()).unwrap()
}

fn main() {
    let folder = std::env::args().nth(1).expect("usage: bench_seal FOLDER");
    let csd = certificate(Path::new(&folder));
    let mut bytes = 0;
    let mut one = |number: usize| {
        let document = compute::build(invoice(number), Rounding::TwoDecimals).unwrap();
        bytes = seal::seal(document, &csd).unwrap().xml.len();
        bytes
    };
    one(0);
    answer(&json!({ "ready": true }));
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let count = usize::try_from(request["n"].as_u64().unwrap()).unwrap();
        let mut times = Vec::with_capacity(count);
        for number in 1..=count {
            let start = Instant::now();
            one(number);
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get((count * share / 100).min(count - 1));
        answer(&json!({ "n": count, "p50_ms": at(50), "p99_ms": at(99), "bytes": one(0) }));
    }
}

fn answer(value: &Value) {
    println!("{value}");
    std::io::stdout().flush().unwrap();
}
