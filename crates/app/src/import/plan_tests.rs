//! What a dry run decides, on lists small enough to read.

use std::ops::ControlFlow;

use uuid::Uuid;
use zuc_domain::shared::LeadId;

use super::*;

fn dry_run(text: &str, existing: &dyn ExistingLeads) -> Plan {
    let table = Table::read(text.as_bytes()).unwrap();
    Plan::dry_run(&table, &Mapping::guess(&table), existing, |_| ControlFlow::Continue(())).unwrap()
}

fn outcomes(plan: &Plan) -> Vec<(Outcome, Option<u32>)> {
    plan.rows.iter().map(|row| (row.outcome, row.of())).collect()
}

fn error(bytes: &[u8]) -> &'static str {
    let read = Table::read(bytes)
        .and_then(|table| Plan::dry_run(&table, &Mapping::guess(&table), &NoLeads, |_| ControlFlow::Continue(())));
    read.unwrap_err().code()
}

#[test]
fn the_report_has_the_shape_that_is_printed() {
    let text = "Nombre,Empresa,Correo,Teléfono,RFC,No. empleados,Notas\n\
                Ana,Óptica Solar SA de CV,ana@optica.mx,55 1234 5678,,10,\n\
                Ana,Óptica Solar,ANA@OPTICA.MX,,,10,=1+1\n\
                Luis,OPTICA SOLAR S.C.,,5598765432,,10,\n\
                ,,x@y.mx,,PENDIENTE,-4,\n";
    let plan = dry_run(text, &NoLeads);
    let report = serde_json::to_string(&plan.report(None)).unwrap();
    assert_eq!(
        report,
        concat!(
            r#"{"format":{"encoding":"utf-8","delimiter":",","mapping":{"Nombre":"name","Empresa":"company","Correo":"email","#,
            r#""Teléfono":"phone_txt","RFC":"rfc","No. empleados":"size","Notas":"notes"}},"rows":["#,
            r#"{"row":1,"outcome":"created","of":null,"reasons":[],"warnings":[]},"#,
            r#"{"row":2,"outcome":"merged","of":1,"reasons":["same_email","same_name","same_domain"],"warnings":["formula"]},"#,
            r#"{"row":3,"outcome":"probable_duplicate","of":1,"reasons":["same_name"],"warnings":[]},"#,
            r#"{"row":4,"outcome":"rejected","of":null,"reasons":["no_name_no_company","rfc_format","negative_size"],"warnings":[]}],"#,
            r#""totals":{"rows":4,"created":1,"merged":1,"probable_duplicate":1,"rejected":1,"warned":1,"filled":0},"batch":null}"#,
        )
    );
}

#[test]
fn a_merged_row_lends_its_keys_to_the_record() {
    let text =
        "Empresa,Correo,Teléfono\nUno,a@uno.mx,\nUno,a@uno.mx,5512345678\nOtro nombre,,55 1234 5678\nMás,,5512345678\n";
    let expected = [
        (Outcome::Created, None),
        (Outcome::Merged, Some(1)),
        (Outcome::ProbableDuplicate, Some(1)),
        (Outcome::ProbableDuplicate, Some(1)),
    ];
    assert_eq!(outcomes(&dry_run(text, &NoLeads)), expected);
}

#[test]
fn two_rfcs_are_never_merged_even_by_way_of_a_third_row() {
    let text = "Empresa,Correo,RFC\n\
                Acero,a@acero.mx,EKU9003173C9\n\
                Acero,a@acero.mx,\n\
                Acero,a@acero.mx,URE180429TM6\n";
    let expected = [(Outcome::Created, None), (Outcome::Merged, Some(1)), (Outcome::ProbableDuplicate, Some(1))];
    assert_eq!(outcomes(&dry_run(text, &NoLeads)), expected);
}

#[test]
fn a_record_there_before_is_named_by_its_id() {
    let id = LeadId(Uuid::from_u128(7));
    let identity = Identity {
        emails: vec!["ana@optica.mx".parse().unwrap()],
        company: Some("Óptica".into()),
        ..Identity::default()
    };
    let known: KnownLeads = [KnownLead { id, identity }].into_iter().collect();
    let plan = dry_run("Nombre,Empresa,Correo\nAna,Óptica,ANA@optica.mx\nLuis,Óptica SA,\n", &known);
    assert_eq!(plan.rows[0].outcome, Outcome::Merged);
    assert_eq!(plan.rows[1].outcome, Outcome::ProbableDuplicate);
    assert!(plan.rows.iter().all(|row| row.of_id() == Some(id) && row.of().is_none()));
    let leads = plan.leads();
    assert_eq!((leads.len(), leads[0].origin, leads[0].rows.as_slice()), (1, Origin::Existing(id), &[1_u32][..]));
}

#[test]
fn a_record_brought_in_by_one_key_does_not_hide_another_under_its_second_key() {
    let known = |id: u128, phones: &[&str]| KnownLead {
        id: LeadId(Uuid::from_u128(id)),
        identity: Identity {
            phones: phones.iter().map(|phone| phone.parse().unwrap()).collect(),
            ..Identity::default()
        },
    };
    let leads: KnownLeads = [known(7, &["5511111111", "5522222222"]), known(1, &["5522222222"])].into_iter().collect();
    let plan = dry_run("Nombre,Teléfono\nAna,5511111111\nLuis,5522222222\n", &leads);
    let ids: Vec<Option<LeadId>> = plan.rows.iter().map(PlannedRow::of_id).collect();
    assert_eq!(ids, [7, 1].map(|id| Some(LeadId(Uuid::from_u128(id)))));
}

#[test]
fn many_rows_of_one_prospect_are_one_record_and_never_noise() {
    let rows = (0..80).map(|i| format!("Persona {i},Molino,ventas@molino.mx")).collect::<Vec<_>>().join("\n");
    let plan = dry_run(&format!("Nombre,Empresa,Correo\n{rows}"), &NoLeads);
    assert_eq!((plan.totals.created, plan.totals.merged), (1, 79));
    assert_eq!(plan.leads()[0].rows.len(), 80);
}

#[test]
fn a_generic_rfc_is_nobodys() {
    let plan = dry_run("Empresa,RFC\nAcero,XAXX010101000\nMolino,XAXX010101000\n", &NoLeads);
    assert_eq!(plan.totals.created, 2);
}

#[test]
fn a_key_of_too_many_records_is_skipped() {
    // One switchboard for a whole building: alone it holds a row, as noise it says nothing.
    let rows = |count: usize| {
        let rows: Vec<String> = (0..count).map(|i| format!("Empresa {i},{}", 5_512_345_000_u64 + i as u64)).collect();
        format!("Empresa,Teléfono\n{}", rows.join("\n"))
    };
    let known = |count: u128| -> KnownLeads {
        let identity = Identity { phones: vec!["5512345000".parse().unwrap()], ..Identity::default() };
        (1..=count).map(|id| KnownLead { id: LeadId(Uuid::from_u128(id)), identity: identity.clone() }).collect()
    };
    assert_eq!(dry_run(&rows(1), &known(30)).rows[0].outcome, Outcome::ProbableDuplicate);
    assert_eq!(dry_run(&rows(1), &known(31)).rows[0].outcome, Outcome::Created);
}

#[test]
fn files_that_cannot_be_imported_are_named() {
    let wide = (0..10_000).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
    let long = format!("Nombre,Notas\nAna,\"{}\"\n", "x".repeat(MAX_ROW_BYTES));
    let unclosed = format!("Nombre,Notas\nAna,\"{}", "fila\n".repeat(300_000));
    let cases: [(&[u8], &str); 10] = [
        (b"", "import.empty"),
        (b" \r\n\n", "import.empty"),
        (b"Nombre,Correo\n", "import.empty"),
        (b";;;\n;;\n", "import.empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "import.not_text"),
        (b"Ana,ana@optica.mx,5512345678\nLuis,luis@acero.mx,5587654321\n", "import.no_header"),
        (b"x1,x2\nAna,Luis\n", "import.no_header"),
        (wide.as_bytes(), "import.too_many_columns"),
        (long.as_bytes(), "import.row_too_long"),
        (unclosed.as_bytes(), "import.row_too_long"),
    ];
    for (bytes, code) in cases {
        assert_eq!(error(bytes), code, "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
    }
    assert_eq!(error(format!("{wide}\n{wide}\n").as_bytes()), "import.too_many_columns");
}

#[test]
fn titles_blank_lines_and_short_rows_do_not_disturb() {
    let text = "Reporte de la expo;;\n\n;;\nNombre;Empresa;Correo\nAna;Óptica\n;;\nLuis;Acero;l@acero.mx;sobra\n";
    let plan = dry_run(text, &NoLeads);
    let rows: Vec<u32> = plan.rows.iter().map(|row| row.row).collect();
    assert_eq!(rows, [1, 3]);
    assert_eq!(plan.rows[1].warnings, [Warning::ExtraCells]);
}

#[test]
fn amounts_that_are_none_are_refused_and_thousands_are_told_by_the_column() {
    let forty = "1".repeat(40);
    let text = format!("Empresa;Monto\nA1;1.365.000,50\nB2;2.000\nC3;-5\nD4;NaN\nE5;{forty}\n");
    let plan = dry_run(&text, &NoLeads);
    let amounts: Vec<Option<String>> =
        plan.rows.iter().map(|row| row.draft.amount.map(|amount| amount.amount().normalize().to_string())).collect();
    assert_eq!(amounts, [Some("1365000.5".into()), Some("2000".into()), None, None, None]);
    assert_eq!(plan.totals.rejected, 3);
    assert!(plan.rejected().all(|(_, reasons)| reasons == [Reason::Amount]));
}

#[test]
fn a_run_can_be_stopped() {
    let table = Table::read(b"Nombre\nAna\n").unwrap();
    let stopped = Plan::dry_run(&table, &Mapping::guess(&table), &NoLeads, |_| ControlFlow::Break(()));
    assert_eq!(stopped.unwrap_err(), ImportError::Cancelled);
}

#[test]
fn rejected_rows_can_be_mended_and_imported() {
    let text = "Nombre;Correo;Teléfono;Comentarios\nAna;ana(at)x;+528112345678;=1+1\nLuis;l@x.mx;;\n";
    let table = Table::read(text.as_bytes()).unwrap();
    let plan = Plan::dry_run(&table, &Mapping::guess(&table), &NoLeads, |_| ControlFlow::Continue(())).unwrap();
    let file = String::from_utf8(rejects::to_csv(&table, &plan).unwrap()).unwrap();
    let expected = "\u{feff}Nombre;Correo;Teléfono;Comentarios;Motivo del rechazo\n\
                    Ana;ana(at)x;'+528112345678;'=1+1;El correo no es válido\n";
    assert_eq!(file, expected);

    let mended = dry_run(&file.replace("(at)x", "@x.mx"), &NoLeads);
    let row = &mended.rows[0];
    assert_eq!((row.outcome, row.draft.phones.len()), (Outcome::Created, 1));
    assert_eq!(row.draft.notes.as_deref(), Some("=1+1"));
    assert_eq!(rejects::to_csv(&table, &mended), None);
}
