//! A file that is no list is refused by its code and its sentence, and the home is as it was; what a spreadsheet would
//! run comes in as text and goes out disarmed.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use zip::{ZipWriter, write::SimpleFileOptions};
use zuc_ipc::lead::LeadNew;

use crate::{Shop, capture, find, from, import, refused, seen};

/// A workbook of a few kilobytes whose sheet inflates to 64 MiB.
fn bomb() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("[Content_Types].xml", vec![b' '; 64]), ("xl/worksheets/sheet1.xml", vec![0; 64 << 20])] {
        archive.start_file(name, SimpleFileOptions::default()).expect("an entry");
        archive.write_all(&content).expect("its bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

fn columns(count: usize) -> String {
    let mut header = "Empresa,Correo".to_owned();
    (2..count).for_each(|number| write!(header, ",C{number}").expect("memory"));
    format!("{header}\nFerretería,a@b.example\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_refused_and_changes_nothing() {
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    capture(&office, LeadNew { email: "ana@nandu.example".to_owned(), ..company("Ferretería Ñandú") }).await;
    let before = seen(&office).await;
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 1, 2, 3, 250, 251].repeat(200)].concat();
    let long = format!("Empresa,Correo\n\"{}\",a@b.example\n", "x".repeat((1 << 20) + 1));
    let files: [(&str, Vec<u8>, &str); 7] = [
        ("foto.csv", picture, "import.not_text"),
        (
            "datos.csv",
            b"Ana Ruiz,ana@nandu.example,5512345678\nLuis Paz,luis@condor.example,5587654321\n".to_vec(),
            "import.no_header",
        ),
        ("ancha.csv", columns(10_000).into_bytes(), "import.too_many_columns"),
        ("larga.csv", long.into_bytes(), "import.row_too_long"),
        ("bomba.xlsx", bomb(), "import.zip_bomb"),
        ("rota.xlsx", b"PK\x03\x04 y nada que sea un libro".to_vec(), "import.bad_workbook"),
        ("vacia.csv", b"Empresa,Correo\n".to_vec(), "import.empty"),
    ];
    for (name, bytes, code) in files {
        let source = from(&shop.file(name, bytes));
        refused(office.import_preview(source.clone()).await, code);
        refused(office.import_commit(source.clone()).await, code);
        refused(office.products_import(source).await, code);
        assert_eq!(seen(&office).await, before, "{name}");
    }
    refused(office.import_commit(from("/no/hay.csv")).await, "file.not_read");
    shop.leave(desk, office).await;
}

fn company(name: &str) -> LeadNew {
    LeadNew { company: name.to_owned(), ..LeadNew::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_and_markup_come_in_as_text_and_go_out_disarmed() {
    const FORMULA: &str = "=cmd|'/C calc'!A0";
    const MARKUP: &str = "<img src=x onerror=alert(1)> Dulces";
    let shop = Shop::open().await;
    let (desk, office) = shop.office().await;
    let list = format!(
        "Nombre,Empresa,Correo\n{FORMULA},Talleres Cóndor,luis@condor.example\nEva Sol,{MARKUP},eva@colibri.example\n\
         {FORMULA},+Suma(A1),no es un correo\n"
    );
    let done = import(&office, shop.list(list)).await;
    assert_eq!((done.totals.created, done.totals.rejected, done.totals.warned), (2, 1, 2));
    assert_eq!(find(&office, "luis@condor.example").await.full_name, FORMULA);
    assert_eq!(find(&office, "eva@colibri.example").await.company, MARKUP);
    let rejects = office.import_rejects().await.expect("the row to mend");
    let text = String::from_utf8(rejects.clone()).expect("UTF-8");
    let row = text.lines().nth(1).expect("a row");
    assert_eq!(row, format!("'{FORMULA},'+Suma(A1),no es un correo,El correo no es válido"));
    // and mended, it comes back as it was
    let mended = text.replace("no es un correo", "pepe@suma.example");
    import(&office, from(&shop.file("fuera.csv", mended))).await;
    let back = find(&office, "pepe@suma.example").await;
    assert_eq!((back.full_name.as_str(), back.company.as_str()), (FORMULA, "+Suma(A1)"));
    shop.leave(desk, office).await;
}
