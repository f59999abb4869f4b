//! The words that people and companies of the samples are combined from.

pub(super) const GIVEN: [&str; 40] = [
    "Adriana",
    "Álvaro",
    "Amalia",
    "Benjamín",
    "Brenda",
    "Camila",
    "César",
    "Cristóbal",
    "Damián",
    "Daniela",
    "Elías",
    "Estefanía",
    "Fabián",
    "Gabriela",
    "Gerardo",
    "Hilda",
    "Ignacio",
    "Inés",
    "Jazmín",
    "Joaquín",
    "Leticia",
    "Leonel",
    "Magdalena",
    "Matías",
    "Natalia",
    "Nicolás",
    "Ofelia",
    "Octavio",
    "Patricia",
    "Ramón",
    "Regina",
    "Saúl",
    "Silvia",
    "Teresa",
    "Ulises",
    "Valeria",
    "Víctor",
    "Yolanda",
    "Zulema",
    "Iñaki",
];

pub(super) const FAMILY: [&str; 44] = [
    "Acosta",
    "Aguilar",
    "Alarcón",
    "Arriaga",
    "Barragán",
    "Becerra",
    "Briseño",
    "Cárdenas",
    "Cedeño",
    "Cisneros",
    "Corona",
    "Delgadillo",
    "Domínguez",
    "Escamilla",
    "Esquivel",
    "Farías",
    "Figueroa",
    "Galindo",
    "Guzmán",
    "Huerta",
    "Islas",
    "Jáuregui",
    "Juárez",
    "Lara",
    "Lozano",
    "Macías",
    "Medina",
    "Mejía",
    "Montaño",
    "Nava",
    "Ochoa",
    "Olvera",
    "Palomino",
    "Quiñones",
    "Quiroz",
    "Robledo",
    "Salcedo",
    "Sepúlveda",
    "Tamez",
    "Ugalde",
    "Valdés",
    "Villaseñor",
    "Xool",
    "Zamora",
];

pub(super) const TRADE: [&str; 32] = [
    "Abarrotes",
    "Aislantes",
    "Autopartes",
    "Bodegas",
    "Calzado",
    "Carpintería",
    "Carnes",
    "Comercializadora",
    "Cristales",
    "Distribuciones",
    "Dulces",
    "Electrónica",
    "Embotelladora",
    "Fertilizantes",
    "Fundición",
    "Herrajes",
    "Hules",
    "Imprenta",
    "Ingeniería",
    "Lácteos",
    "Maquinados",
    "Mármoles",
    "Molinos",
    "Panificadora",
    "Pinturas",
    "Proyectos",
    "Resinas",
    "Rodamientos",
    "Semillas",
    "Señalética",
    "Transportes",
    "Vidrios",
];

pub(super) const PLACE: [&str; 30] = [
    "Altiplano",
    "Arrecife",
    "del Balsas",
    "Bonampak",
    "Cañada Honda",
    "Cerro Gordo",
    "Chapala",
    "del Desierto",
    "El Colibrí",
    "El Fuerte",
    "El Mezquite",
    "del Golfo",
    "Huasteca",
    "Istmo",
    "La Cantera",
    "La Muralla",
    "La Huerta",
    "Los Cipreses",
    "Mayab",
    "Mixteca",
    "Obsidiana",
    "Papaloapan",
    "Peñasco",
    "Quetzal",
    "San Bernabé",
    "Santa Lucía",
    "Sierra Madre",
    "Soconusco",
    "Tarasca",
    "Usumacinta",
];

pub(super) const SUFFIX: [&str; 9] = [
    "",
    " S.A. de C.V.",
    " SA DE CV",
    ", S.A. de C.V.",
    " S. de R.L. de C.V.",
    ", S. de R.L. de C.V.",
    " S.A.P.I. de C.V.",
    " S.C.",
    " S.A.",
];

pub(super) const INDUSTRY: [&str; 9] = [
    "Technology",
    "Manufactura",
    "Comercio",
    "Construcción",
    "Salud",
    "Alimentos",
    "Transporte",
    "Servicios",
    "Educación",
];

pub(super) const SOURCE: [&str; 7] = ["Expo", "LinkedIn", "Referido", "Web", "WhatsApp", "Llamada en frío", "Webinar"];

pub(super) const SIZE: [u32; 10] = [2, 6, 12, 30, 75, 160, 350, 502, 1_400, 9_000];

pub(super) const MAILBOX: [&str; 5] = ["gmail.com", "hotmail.com", "outlook.com", "yahoo.com.mx", "icloud.com"];

pub(super) const TOP_LEVEL: [&str; 3] = [".mx", ".com.mx", ".com"];

/// Area codes with eight or seven digits behind them.
pub(super) const AREA: [&str; 10] = ["55", "33", "81", "222", "442", "449", "477", "614", "664", "999"];

pub(super) const NOTE: [&str; 6] = [
    "Volver a llamar por la mañana",
    "Pidió \"precio de mayoreo\", a 30 días",
    "primera línea\nsegunda línea",
    "Conoce a la competencia; compara precios, plazos y entrega",
    "Le urge",
    "Decide el comité, no antes de enero",
];

pub(super) const FORMULA: [&str; 4] =
    ["=HYPERLINK(\"http://malo.example\",\"aquí\")", "=1+1", "@SUM(A1:A9)", "+cmd|' /C calc'!A0"];

pub(super) const HTML: [&str; 3] =
    ["<img src=x onerror=alert(1)>", "<script>alert('hola')</script>", "Llamar <b>pronto</b>"];

/// The letters of a word without accents, lower case, nothing but `a` to `z` and digits.
pub(super) fn slug(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(plain).filter(char::is_ascii_alphanumeric).collect()
}

/// A letter without its accent; `ñ` becomes `n`, as in mail addresses.
pub(super) fn plain(letter: char) -> char {
    match letter {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        other => other,
    }
}
