//! The matcher: weights, caps, noise; and the lists whose truth is known.

use std::path::Path;

use super::*;

fn record(rfc: &str, email: &str, phone: &str, company: &str) -> MatchRecord {
    let rfc: Option<Rfc> = rfc.parse().ok();
    let email: Option<Email> = email.parse().ok();
    let phone: Option<Phone> = phone.parse().ok();
    MatchRecord::new(rfc.as_ref(), &email, &phone, Some(company).filter(|company| !company.is_empty()))
}

fn compare(left: &MatchRecord, right: &MatchRecord) -> (u16, Likeness, Vec<Criterion>) {
    let found = left.compare(right);
    assert_eq!(found, right.compare(left), "the order of a pair says nothing");
    (found.score.0, found.score.likeness(), found.reasons)
}

#[test]
fn each_criterion_alone_has_its_weight() {
    let ana = record("", "", "", "Aceros del Norte");
    let cases = [
        (record("EKU9003173C9", "", "", ""), record("EKU9003173C9", "", "", ""), 10_000, Criterion::Rfc),
        (record("", "a@gmail.com", "", ""), record("", "A@GMAIL.COM", "", ""), 9_500, Criterion::Email),
        (record("", "", "044 55 32782371", ""), record("", "", "+525532782371", ""), 8_500, Criterion::Phone),
        (ana.clone(), record("", "", "", "ACEROS DEL NORTE SA DE CV"), 7_500, Criterion::Name),
        (record("", "a@acero.mx", "", ""), record("", "b@acero.mx", "", ""), 6_000, Criterion::Domain),
    ];
    for (left, right, score, reason) in cases {
        assert_eq!(compare(&left, &right).0, score, "{reason}");
        assert_eq!(compare(&left, &right).2, [reason]);
    }
}

#[test]
fn criteria_add_up_as_chances_do() {
    let left = record("", "", "5532782371", "Aceros del Norte");
    let right = record("", "", "5532782371", "Aceros del Norte, S.A.");
    assert_eq!(compare(&left, &right), (9_625, Likeness::Certain, vec![Criterion::Phone, Criterion::Name]));
}

#[test]
fn a_name_and_a_domain_never_make_it_certain() {
    let left = record("", "a@acero.mx", "", "Aceros del Norte");
    let right = record("", "b@acero.mx", "", "Aceros del Norte");
    assert_eq!(compare(&left, &right).0, 8_900);
    assert_eq!(compare(&left, &right).1, Likeness::Probable);
}

#[test]
fn two_different_rfcs_are_two_companies_until_mail_or_phone_says_otherwise() {
    let left = record("EKU9003173C9", "", "", "Aceros del Norte");
    let right = record("URE180429TM6", "", "", "Aceros del Norte");
    assert_eq!(compare(&left, &right), (6_900, Likeness::None, vec![Criterion::Name]));
    let left = record("EKU9003173C9", "", "5532782371", "Aceros del Norte");
    let right = record("URE180429TM6", "", "5532782371", "Aceros del Norte");
    assert_eq!(compare(&left, &right).0, 8_900);
}

#[test]
fn the_generic_rfcs_say_nothing() {
    let left = record(Rfc::PUBLICO_EN_GENERAL, "", "", "");
    assert_eq!(compare(&left, &left.clone()).0, 0);
    assert!(left.keys().is_empty());
}

#[test]
fn a_name_counts_only_word_by_word_and_with_equal_digits() {
    let base = record("", "", "", "Laboratorios Tolteca 33");
    let name = |other: &str| compare(&base, &record("", "", "", other)).2 == [Criterion::Name];
    assert!(name("Laboratorio Tolteca 33"));
    assert!(name("LABORATORIOS TOLTECA 33 S.A.P.I. de C.V."));
    assert!(!name("Laboratorios Tolteca 34"));
    assert!(!name("Laboratorios Tolteca"));
    assert!(!name("Laboratorios Azteca 33"));
    assert!(!name("Tolteca Laboratorios 33"));
}

#[test]
fn the_same_door_adds_a_tenth() {
    let cp: PostalCode = "06600".parse().unwrap();
    let left = record("", "", "", "Aceros del Norte").at(&cp, "Reforma  222");
    let right = record("", "", "", "Aceros del Norte").at(&cp, "REFORMA 222");
    assert_eq!(compare(&left, &right).0, 8_500);
    assert_eq!(compare(&left, &record("", "", "", "Aceros del Norte")).0, 7_500);
}

#[test]
fn a_slip_of_the_pen_shares_a_key_with_what_was_meant() {
    let left: BTreeSet<_> = record("", "", "", "Laboratorios Tolteca 33").keys().into_iter().collect();
    let right: BTreeSet<_> = record("", "", "", "Laboratorio Toltecas 33").keys().into_iter().collect();
    assert!(left.intersection(&right).next().is_some());
}

#[test]
fn a_criterion_that_finds_too_many_is_noise() {
    let mut index = CandidateIndex::default();
    let asked = record("", "", "5532782371", "");
    for _ in 0..NOISE_LIMIT {
        index.add(asked.clone());
    }
    assert_eq!(index.matches(&asked).len(), NOISE_LIMIT);
    index.add(asked.clone());
    assert!(index.matches(&asked).is_empty());
}

#[test]
fn the_best_match_comes_first_and_of_equals_the_oldest() {
    let mut index = CandidateIndex::default();
    index.add(record("", "", "", "Aceros del Norte"));
    index.add(record("", "compras@acero.mx", "", "Aceros del Norte"));
    index.add(record("", "", "", "Aceros del Norte"));
    let found: Vec<usize> = index
        .matches(&record("", "compras@acero.mx", "", "Aceros del Norte"))
        .into_iter()
        .map(|(row, _)| row)
        .collect();
    assert_eq!(found, [1, 0, 2]);
}

/// Reads a list whose truth is known and says: of its duplicates, how many were found; which rows were taken for
/// duplicates and are none; which certain ones point to another row than the truth.
fn check(folder: &Path, name: &str, columns: [usize; 4], delimiter: u8) {
    let bytes = std::fs::read(folder.join(format!("fixtures/{name}.csv"))).unwrap();
    // Windows-1252 differs from Latin-1 only where these lists have nothing.
    let text =
        String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
    let truth = std::fs::read_to_string(folder.join(format!("fixtures/{name}.truth.json"))).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let numbers = |list: &str, field: &str| -> Vec<usize> {
        let number = |entry: &serde_json::Value| usize::try_from(entry[field].as_u64().unwrap()).unwrap();
        truth[list].as_array().unwrap().iter().map(number).collect()
    };
    let rejected = numbers("rejected", "row");
    let duplicates: HashMap<usize, usize> = numbers("duplicates_of_earlier_rows", "row")
        .into_iter()
        .zip(numbers("duplicates_of_earlier_rows", "of"))
        .collect();
    let mut index = CandidateIndex::default();
    let mut rows = Vec::new();
    let (mut found, mut held, mut mistaken) = (0, 0, Vec::new());
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    for (row, line) in (1..).zip(reader.records()) {
        let line = line.unwrap();
        if rejected.contains(&row) {
            continue;
        }
        let [rfc, email, phone, company] = columns.map(|column| &line[column]);
        let asked = record(rfc, email, phone, company);
        let best = index.matches(&asked).into_iter().next();
        match (best, duplicates.get(&row)) {
            (Some((match_row, best)), Some(of)) => {
                found += 1;
                if best.score.likeness() == Likeness::Certain && rows[match_row] != *of {
                    mistaken.push(row);
                }
            }
            (Some((_, best)), None) => match best.score.likeness() {
                Likeness::Certain => mistaken.push(row),
                _ => held += 1,
            },
            (None, _) => {}
        }
        if !duplicates.contains_key(&row) {
            index.add(asked);
            rows.push(row);
        }
    }
    assert!(found * 100 >= duplicates.len() * 97, "{name}: found {found} of {}", duplicates.len());
    assert!(held * 50 <= rows.len(), "{name}: held {held} of {} right rows", rows.len());
    assert_eq!(mistaken, Vec::<usize>::new(), "{name}: taken for the wrong record");
}

#[test]
fn lists_whose_truth_is_known_come_out_right() {
    let Some(folder) = std::env::var_os("ZUC_CONFORMANCE") else {
        eprintln!("skipped: ZUC_CONFORMANCE names no reference data");
        return;
    };
    check(Path::new(&folder), "prospectos_excel", [4, 2, 3, 1], b';');
    check(Path::new(&folder), "prospectos_odoo", [4, 2, 3, 1], b',');
}
