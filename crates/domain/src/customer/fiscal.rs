//! What an invoice needs to know about its receiver.

use serde::{Deserialize, Serialize};

use crate::shared::named::named;
use crate::shared::text::fiscal_name;
use crate::shared::{PostalCode, Rfc};

named! {
    /// Where the data was taken from.
    ProfileEvidence {
        /// The Constancia de Situación Fiscal.
        Csf = "csf",
        /// Typed.
        Manual = "manual",
    }

    /// What the checks said.
    ProfileStatus {
        /// Not checked yet.
        Unchecked = "unchecked",
        /// Every local rule passed.
        Valid = "valid",
        /// A rule failed.
        Invalid = "invalid",
    }
}

/// Receiver data as the SAT has it registered. Source: CFDI 4.0 guide, node `Receptor`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FiscalProfile {
    /// Tax id.
    pub rfc: Rfc,
    /// Name without company type, upper case.
    pub legal_name: String,
    /// `c_RegimenFiscal`, three digits.
    pub regimen_fiscal: String,
    /// Postal code of the fiscal domicile.
    pub domicilio_cp: PostalCode,
    /// `c_UsoCFDI` to begin with.
    pub uso_cfdi_default: String,
    /// Where it was taken from.
    pub evidence: ProfileEvidence,
    /// What the checks said.
    pub status: ProfileStatus,
}

impl FiscalProfile {
    /// The same data, the name as the SAT wants it and the keys upper case without blanks.
    #[must_use]
    pub fn sanitised(self) -> Self {
        Self {
            legal_name: fiscal_name(&self.legal_name),
            regimen_fiscal: self.regimen_fiscal.trim().to_owned(),
            uso_cfdi_default: self.uso_cfdi_default.trim().to_uppercase(),
            ..self
        }
    }
}
