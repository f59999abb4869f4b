//! `bench_seal CER KEY N`: builds and seals N three-line invoices and prints one line of JSON.
//!
//! Rates are by the CPU time of this process, so that a busy machine does not count against it. The password is the one
//! of the SAT's public test keys.

#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "the figures are this program's output")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot read its key has nothing to measure")]

use rust_decimal::Decimal;
use std::time::Instant;
use zuc_cfdi::compute::{self, Rounding};
use zuc_cfdi::csd::Csd;
use zuc_cfdi::input::{Draft, DraftEmisor, DraftHeader, DraftLine, DraftReceptor, DraftTax};
use zuc_cfdi::model::TipoDeComprobante;
use zuc_cfdi::seal;

const PASSWORD: &[u8] = b"12345678a";

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

/// A figure of `/proc/self/status`, in kB.
fn status_kb(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Seconds of CPU this thread has used, from the scheduler's nanoseconds.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_ascii_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cer, key, count] = arguments.as_slice() else {
        println!("usage: bench_seal CER KEY N");
        std::process::exit(2);
    };
    let count: usize = count.parse().unwrap();
    let csd = Csd::open(&std::fs::read(cer).unwrap(), &std::fs::read(key).unwrap(), PASSWORD).unwrap();
    let mut bytes = 0;
    let mut one = |number: usize| {
        let document = compute::build(invoice(number), Rounding::TwoDecimals).unwrap();
        bytes = seal::seal(document, &csd).unwrap().xml.len();
    };
    one(0);

    let mut latencies = Vec::with_capacity(count);
    let before = cpu_seconds();
    for number in 1..=count {
        let start = Instant::now();
        one(number);
        latencies.push(start.elapsed());
    }
    let cpu = cpu_seconds() - before;

    // The same key's bare signing rate, for the ratio.
    let text = "||4.0|".repeat(100);
    let before = cpu_seconds();
    for _ in 0..count {
        csd.sign(&text).unwrap();
    }
    let signing = cpu_seconds() - before;

    latencies.sort();
    let millis = |part: usize| latencies[(count * part / 100).min(count - 1)].as_secs_f64() * 1e3;
    let n = f64::from(u32::try_from(count).unwrap());
    println!(
        "{{\"peer\": \"zuc-cfdi\", \"n\": {count}, \"invoices_per_s\": {:.1}, \"signatures_per_s\": {:.1}, \
         \"of_signing_rate\": {:.3}, \"p50_ms\": {:.3}, \"p99_ms\": {:.3}, \"peak_rss_mb\": {:.1}, \"bytes\": {bytes}}}",
        n / cpu,
        n / signing,
        signing / cpu,
        millis(50),
        millis(99),
        status_kb("VmHWM") / 1024.0,
    );
}
