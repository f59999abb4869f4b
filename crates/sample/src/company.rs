//! A company that exists nowhere, and the receivers of its invoices.

use crate::{dice::Dice, rfc};

/// What a company says of itself to the SAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleCompany {
    /// RFC of a persona moral that nobody holds.
    pub rfc: String,
    /// Name without company type, in capitals.
    pub name: &'static str,
    /// Of `c_RegimenFiscal`.
    pub regimen_fiscal: &'static str,
    /// Of `c_CodigoPostal`.
    pub cp: &'static str,
}

impl SampleCompany {
    /// The company that issues.
    pub fn issuer() -> Self {
        Self { rfc: rfc::moral(&mut Dice::new(1)), name: "SUMINISTROS EL ROBLE", regimen_fiscal: "601", cp: "06600" }
    }

    /// A company that buys.
    pub fn buyer(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x0042_5559);
        let name = *dice.pick(&[
            "TALLERES LA FRAGUA",
            "EMPACADORA DEL BAJÍO",
            "HOTELERA COSTA AZUL",
            "CONSTRUCTORA PEÑA BLANCA",
            "LABORATORIOS SAN TELMO",
            "TRANSPORTES RÍO VERDE",
        ]);
        let cp = *dice.pick(&["64000", "44100", "76000", "72000", "37000", "97000"]);
        Self { rfc: rfc::moral(&mut dice), name, regimen_fiscal: "601", cp }
    }
}
