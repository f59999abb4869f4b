//! What every page owes: its picture in light, dark, empty and narrow. A page that lacks one is not done.

use std::{collections::HashMap, fs, path::Path};

use crate::display::pictures;

/// The window's own first size, and that of a small laptop's half screen.
pub(crate) const WIDE: (u32, u32) = (1440, 900);
pub(crate) const NARROW: (u32, u32) = (900, 720);

/// The looks of a page with what a person put on it.
const FULL: [&str; 3] = ["light", "dark", "narrow"];
/// And of the page before that. A form is empty while nobody has written; a record, when its address leads to none.
const EMPTY: &str = "empty";

/// Every page, by what its pictures are called.
const PAGES: &[&str] = &[
    "ajustes-acerca",
    "ajustes-apariencia",
    "ajustes-bloqueo",
    "ajustes-csd",
    "ajustes-dispositivos",
    "ajustes-empresa",
    "ajustes-personas",
    "ajustes-respaldos",
    "ajustes-sincronia",
    "atajos",
    "bienvenida",
    "bloqueo",
    "cliente-360",
    "clientes",
    "conflictos",
    "duplicados",
    "empresa-nueva",
    "factura",
    "facturas",
    "inicio-finanzas",
    "inicio-gerencia",
    "inicio-rep",
    "paleta",
    "productos-importar",
    "propuesta-editor",
    "propuesta-firma",
    "propuestas",
    "prospectos",
    "prospectos-importar",
    "recuperacion",
    "restaurar",
    "sin-abrir",
    "sin-pagina",
    "sync-log",
    "unirse",
];

/// Moments of those pages that have a look of their own; they are full by what they are.
const MOMENTS: &[&str] = &[
    "bloqueo-codigo",
    "cargando",
    "csd-rechazado",
    "dispositivo-revocar",
    "dispositivos-invitar",
    "dispositivos-revocada",
    "dispositivos-sin-conexion",
    "enrolar-admin",
    "enrolar-nuevo",
    "equipo-borrado",
    "factura-bloqueada",
    "factura-bloqueada-abierta",
    "factura-nueva",
    "factura-por-timbrar",
    "factura-sin-conexion",
    "facturas-bloqueadas",
    "facturas-por-timbrar",
    "frase-otra-vez",
    "historia",
    "importacion-ensayo",
    "importacion-hecha",
    "no-se-pudo",
    "persona",
    "persona-borrada",
    "persona-borrar",
    "propuesta-firmada",
    "propuesta-nueva",
    "prospecto",
    "prospecto-mover",
    "prospecto-nuevo",
    "prospecto-repetido",
    "relevo-perdido",
    "respaldo-restaurar",
    "respaldos-archivos",
    "ya-abierto",
];

/// Colours below which nothing was drawn: the letters of one word alone have more.
const COLOURS: usize = 16;
/// What is darker than this is of the dark theme: the veil behind a dialog is grey in the light one.
const DARK: u8 = 96;

/// Whether a picture of this name is owed by anybody.
pub(crate) fn holds(page: &str, look: &str) -> bool {
    PAGES.contains(&page) || (MOMENTS.contains(&page) && look != EMPTY)
}

/// Takes the pictures of earlier runs away, so that those that are looked for afterwards are of this one.
pub(crate) fn clear() {
    let folder = pictures();
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the build's folder can be written");
    }
}

/// Looks at every picture that is owed.
///
/// # Panics
/// With the name of each that is missing, of another size, blank, dark where it should be light, or another page's.
pub(crate) fn check() {
    let owed = PAGES
        .iter()
        .flat_map(|page| FULL.into_iter().chain([EMPTY]).map(move |look| (*page, look)))
        .chain(MOMENTS.iter().flat_map(|page| FULL.map(|look| (*page, look))));
    let mut wrong = Vec::new();
    let mut seen = HashMap::<Vec<u8>, &str>::new();
    let mut count = 0;
    for (page, look) in owed {
        let file = pictures().join(format!("{page}-{look}.png"));
        let Ok(bytes) = fs::read(&file) else {
            wrong.push(format!("{page} has no picture «{look}»"));
            continue;
        };
        count += 1;
        let picture = Picture::of(&file);
        if picture.size != if look == "narrow" { NARROW } else { WIDE } {
            wrong.push(format!("{page}-{look} has another size: {:?}", picture.size));
        }
        if picture.colours < COLOURS {
            wrong.push(format!("{page}-{look} is blank"));
        }
        if picture.is_dark != (look == "dark") {
            wrong.push(format!("{page}-{look} is {}", if picture.is_dark { "dark" } else { "light" }));
        }
        // a page whose full and empty looks are one is no fault; one that shows another page is
        let owner = *seen.entry(bytes).or_insert(page);
        if owner != page {
            wrong.push(format!("{page}-{look} is the picture of {owner}"));
        }
    }
    assert!(wrong.is_empty(), "of the pictures:\n{}", wrong.join("\n"));
    assert!(count > 0, "nobody owes a picture");
}

/// What is to be known of a picture.
struct Picture {
    size: (u32, u32),
    /// How many colours were met, until there were enough.
    colours: usize,
    /// More of its points are dark than light.
    is_dark: bool,
}

impl Picture {
    fn of(file: &Path) -> Self {
        let bytes = fs::File::open(file).expect("the picture was just there");
        let mut decoder = png::Decoder::new(std::io::BufReader::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let size = (reader.info().width, reader.info().height);
        let samples = reader.output_color_type().0.samples();
        let mut colours = std::collections::HashSet::new();
        let (mut dark, mut points) = (0_u32, 0_u32);
        while let Some(row) = reader.next_row().unwrap_or_else(|error| panic!("{}: {error}", file.display())) {
            // every eighth point says enough of light and dark; colours are counted in all
            for (index, point) in row.data().chunks_exact(samples).enumerate() {
                if colours.len() < COLOURS {
                    colours.insert(point.to_vec());
                }
                if index % 8 == 0 {
                    points += 1;
                    dark += u32::from(point[0] < DARK);
                }
            }
        }
        Self { size, colours: colours.len(), is_dark: dark * 2 > points }
    }
}
