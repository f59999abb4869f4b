//! Bytes that nobody meant as a list: every answer is an error or a plan, never a panic.

use std::ops::ControlFlow;

use proptest::prelude::*;
use zuc_sample::{LeadList, ListSpec};

use super::*;

/// The whole way of a file through an import.
fn drive(bytes: &[u8]) {
    if let Ok(table) = Table::read(bytes) {
        let mapping = Mapping::guess(&table);
        if let Ok(plan) = Plan::dry_run(&table, &mapping, &NoLeads, |_| ControlFlow::Continue(())) {
            serde_json::to_string(&plan.report(None)).unwrap();
            let _ = rejects::to_csv(&table, &plan);
            let leads = plan.leads();
            assert_eq!(leads.len() as u64, plan.totals.created);
        }
    }
    let _ = products::read(bytes);
}

#[test]
fn every_prefix_of_a_list_is_answered() {
    let bytes = LeadList::generate(&ListSpec { warned: 300, rejected: 300, ..ListSpec::new(1, 4) }).to_bytes();
    for length in 0..bytes.len() {
        drive(&bytes[..length]);
    }
}

#[test]
fn a_spoiled_byte_anywhere_in_a_list_is_answered() {
    let bytes = LeadList::generate(&ListSpec::new(4, 3)).to_bytes();
    for at in (0..bytes.len()).step_by(5) {
        for spoiled in [0x00, b'"', b'\n', 0xFF] {
            let mut bytes = bytes.clone();
            bytes[at] = spoiled;
            drive(&bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn noise_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        drive(&bytes);
    }

    #[test]
    fn noise_under_a_header_is_answered(cells in "(?s).{0,400}", delimiter in "[;,\t|]") {
        let header = ["Nombre", "Empresa", "Correo", "Teléfono", "RFC", "Empleados", "Monto", "Fecha de alta", "C.P.", "Apertura", "Demo"];
        drive(format!("{}\n{cells}\n", header.join(&delimiter)).as_bytes());
    }

    #[test]
    fn odd_cells_are_answered(
        size in "[-+0-9., a-z>]{0,12}",
        amount in "[-+0-9.,$ ()%a-zA-Z']{0,20}",
        date in "[0-9/ :a-zñ.,-]{0,20}",
        phone in "[+0-9 ()./xy-]{0,24}",
        rfc in "[A-ZÑ&0-9 -]{0,16}",
        email in "[a-z@.<>;, ñ]{0,24}",
    ) {
        drive(format!("Empresa|Empleados|Monto|Alta|Teléfono|RFC|Correo\nX|{size}|{amount}|{date}|{phone}|{rfc}|{email}\n").as_bytes());
    }

    #[test]
    fn noise_behind_an_archives_signature_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drive(&[b"PK\x03\x04".as_slice(), &bytes].concat());
    }
}
