//! The embedded tables.

use std::sync::LazyLock;

type Row = Vec<&'static str>;

/// A catalogue of the SAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Catalog {
    /// `c_RegimenFiscal`
    RegimenFiscal,
    /// `c_UsoCFDI`
    UsoCfdi,
    /// `c_FormaPago`
    FormaPago,
    /// `c_MetodoPago`
    MetodoPago,
    /// `c_Moneda`
    Moneda,
    /// `c_ObjetoImp`
    ObjetoImp,
    /// `c_TipoRelacion`
    TipoRelacion,
    /// `c_Periodicidad`
    Periodicidad,
    /// `c_Meses`
    Meses,
    /// `c_Exportacion`
    Exportacion,
    /// `c_TipoDeComprobante`
    TipoDeComprobante,
    /// `c_Impuesto`
    Impuesto,
    /// `c_Pais`
    Pais,
    /// `c_Estado` of Mexico, the United States and Canada
    Estado,
}

const TEXTS: [&str; 14] = [
    include_str!("../../catalogs/regimen.txt"),
    include_str!("../../catalogs/uso.txt"),
    include_str!("../../catalogs/forma_pago.txt"),
    include_str!("../../catalogs/metodo_pago.txt"),
    include_str!("../../catalogs/moneda.txt"),
    include_str!("../../catalogs/objeto_imp.txt"),
    include_str!("../../catalogs/tipo_relacion.txt"),
    include_str!("../../catalogs/periodicidad.txt"),
    include_str!("../../catalogs/meses.txt"),
    include_str!("../../catalogs/exportacion.txt"),
    include_str!("../../catalogs/tipo_de_comprobante.txt"),
    include_str!("../../catalogs/impuesto.txt"),
    include_str!("../../catalogs/pais.txt"),
    include_str!("../../catalogs/estado.txt"),
];

/// Every table, each sorted by key.
static TABLES: LazyLock<Vec<Vec<Row>>> = LazyLock::new(|| {
    TEXTS
        .iter()
        .map(|text| {
            let mut rows: Vec<Row> = text.lines().map(|line| line.split('|').collect()).collect();
            rows.sort();
            rows
        })
        .collect()
});

impl Catalog {
    /// Every catalogue there is.
    pub const ALL: [Self; 14] = [
        Self::RegimenFiscal,
        Self::UsoCfdi,
        Self::FormaPago,
        Self::MetodoPago,
        Self::Moneda,
        Self::ObjetoImp,
        Self::TipoRelacion,
        Self::Periodicidad,
        Self::Meses,
        Self::Exportacion,
        Self::TipoDeComprobante,
        Self::Impuesto,
        Self::Pais,
        Self::Estado,
    ];

    pub(super) fn rows(self) -> &'static [Row] {
        TABLES.get(self as usize).map_or(&[], Vec::as_slice)
    }

    /// The fields of a key's row.
    pub fn row(self, clave: &str) -> Option<&'static [&'static str]> {
        let rows = self.rows();
        let at = rows.binary_search_by(|row| row.first().copied().unwrap_or_default().cmp(clave)).ok()?;
        rows.get(at).map(Vec::as_slice)
    }
}
