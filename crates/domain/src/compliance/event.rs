//! What happens to fiscal documents, receivers and certificates.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shared::event::without_nulls;
use crate::shared::{CfdiId, CustomerId, DomainEvent, InvoiceId};

/// A fiscal fact.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields are the event's own, described in its schema")]
pub enum ComplianceEvent {
    /// XML built, local rules passed, sealed with the CSD.
    Generated {
        cfdi: CfdiId,
        invoice: InvoiceId,
        tipo: &'static str,
        serie: String,
        folio: u64,
        fecha: String,
        emisor_rfc: String,
        receptor_rfc: String,
        total: String,
        moneda: String,
        xml_hash: String,
        csd_serial: String,
        rule_pack_version: String,
    },
    /// Relay or PAC did not answer after the folio was claimed.
    Queued { cfdi: CfdiId, xml_hash: String, queued_at: Timestamp, stamp_deadline: Timestamp, reason: String },
    /// The PAC returned the timbre, and it was verified.
    Timbrado {
        cfdi: CfdiId,
        uuid: String,
        fecha_timbrado: String,
        pac_rfc: String,
        no_certificado_sat: String,
        sello_sat: String,
        xml_hash: String,
    },
    /// The PAC or the SAT said no.
    StampRejected { cfdi: CfdiId, code: String, message_es: String, field: Option<String> },
    /// The timbre of a lost answer was fetched.
    StampRecovered { cfdi: CfdiId, uuid: String, recovered_from: String, attempts: u32 },
    /// 72 hours passed without a stamp.
    StampWindowExpired { cfdi: CfdiId, fecha: String, hours_elapsed: i64 },
    /// A receiver's data were checked.
    ProfileValidated { customer: CustomerId, rfc: String, mismatches: Vec<String>, checked_at: Timestamp },
    /// A certificate was installed.
    CsdRotated {
        company: Uuid,
        emisor_rfc: String,
        old_serial: Option<String>,
        new_serial: String,
        valid_from: Timestamp,
        valid_to: Timestamp,
    },
}

impl DomainEvent for ComplianceEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Generated { .. } => "CFDI.Generated",
            Self::Queued { .. } => "CFDI.Queued",
            Self::Timbrado { .. } => "CFDI.Timbrado",
            Self::StampRejected { .. } => "CFDI.StampRejected",
            Self::StampRecovered { .. } => "CFDI.StampRecovered",
            Self::StampWindowExpired { .. } => "CFDI.StampWindowExpired",
            Self::ProfileValidated { .. } => "TaxpayerProfile.Validated",
            Self::CsdRotated { .. } => "CSD.Rotated",
        }
    }

    fn subject(&self) -> Uuid {
        match self {
            Self::Generated { cfdi, .. }
            | Self::Queued { cfdi, .. }
            | Self::Timbrado { cfdi, .. }
            | Self::StampRejected { cfdi, .. }
            | Self::StampRecovered { cfdi, .. }
            | Self::StampWindowExpired { cfdi, .. } => cfdi.0,
            Self::ProfileValidated { customer, .. } => customer.0,
            Self::CsdRotated { company, .. } => *company,
        }
    }

    fn data(&self) -> Value {
        without_nulls(match self {
            Self::Generated {
                cfdi,
                invoice,
                tipo,
                serie,
                folio,
                fecha,
                emisor_rfc,
                receptor_rfc,
                total,
                moneda,
                xml_hash,
                csd_serial,
                rule_pack_version,
            } => json!({
                "cfdiId": cfdi, "invoiceId": invoice, "tipo": tipo, "version": "4.0", "serie": serie, "folio": folio,
                "fecha": fecha, "emisorRfc": emisor_rfc, "receptorRfc": receptor_rfc, "total": total, "moneda": moneda,
                "xmlHash": xml_hash, "csdSerial": csd_serial, "rulePackVersion": rule_pack_version,
            }),
            Self::Queued { cfdi, xml_hash, queued_at, stamp_deadline, reason } => json!({
                "cfdiId": cfdi, "xmlHash": xml_hash, "queuedAt": queued_at, "stampDeadline": stamp_deadline, "reason": reason,
            }),
            Self::Timbrado { cfdi, uuid, fecha_timbrado, pac_rfc, no_certificado_sat, sello_sat, xml_hash } => json!({
                "cfdiId": cfdi, "uuid": uuid, "fechaTimbrado": fecha_timbrado, "pacRfc": pac_rfc,
                "noCertificadoSat": no_certificado_sat, "selloSat": sello_sat, "xmlHash": xml_hash,
            }),
            Self::StampRejected { cfdi, code, message_es, field } => {
                json!({ "cfdiId": cfdi, "code": code, "messageEs": message_es, "field": field })
            }
            Self::StampRecovered { cfdi, uuid, recovered_from, attempts } => {
                json!({ "cfdiId": cfdi, "uuid": uuid, "recoveredFrom": recovered_from, "attempts": attempts })
            }
            Self::StampWindowExpired { cfdi, fecha, hours_elapsed } => {
                json!({ "cfdiId": cfdi, "fecha": fecha, "hoursElapsed": hours_elapsed, "nextStep": "redate" })
            }
            Self::ProfileValidated { customer, rfc, mismatches, checked_at } => json!({
                "rfc": rfc, "customerId": customer, "result": if mismatches.is_empty() { "valid" } else { "invalid" },
                "mismatches": mismatches, "source": "local_rules", "checkedAt": checked_at,
            }),
            Self::CsdRotated { emisor_rfc, old_serial, new_serial, valid_from, valid_to, .. } => json!({
                "emisorRfc": emisor_rfc, "oldSerial": old_serial, "newSerial": new_serial, "validFrom": valid_from,
                "validTo": valid_to, "reason": "installed",
            }),
        })
    }
}
