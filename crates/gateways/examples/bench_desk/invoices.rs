//! Many stamped invoices in a home, written as the use cases write them, without a relay and a PAC in between.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::{
    ToSpan as _,
    civil::{Date, date},
    tz::Offset,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;
use zuc_domain::{
    financial::{Invoice, InvoiceEvent, InvoiceLine, Issuance, PaymentTerms, Receptor, Timbre},
    shared::{
        Act, Currency, CustomerId, DomainEvent, InvoiceId, LineId, Percentage, PersonId, RoundingStrategy, Scope,
        TaxKind,
    },
};
use zuc_gateways::{OsEntropy, now};
use zuc_store::{
    OpenOptions, Session, Store,
    keys::{Home, Keys, SealedFile},
};

use crate::laptop::PASSPHRASE;

/// Invoices of one transaction.
const BATCH: u64 = 500;
/// Customers they are for.
const CUSTOMERS: u64 = 2_000;
/// Days they are spread over, up to today.
const DAYS: u64 = 720;

/// Adds `count` invoices to a home that is closed.
pub(crate) async fn add(home: &Path, count: u64) -> anyhow::Result<Value> {
    let home = Home::open(home)?;
    let secrets = SealedFile::new(home.sealed_keys(), PASSPHRASE.to_owned(), Arc::new(OsEntropy));
    let keys = Keys::obtain(&home, &secrets, &OsEntropy)?;
    let store = Store::open(home, &keys, Arc::new(OsEntropy), &OpenOptions::default()).await?;
    let today = Offset::UTC.to_datetime(now()).date();
    for first in (0..count).step_by(usize::try_from(BATCH)?) {
        let session = Session {
            person: PersonId(Uuid::from_u128(1)),
            at: now(),
            today,
            correlation: Uuid::from_u128(first.into()),
            offline: true,
        };
        let mut tx = store.begin(session).await?;
        for number in first..count.min(first + BATCH) {
            let id = InvoiceId(tx.fresh_id());
            let day = today.saturating_sub(i64::try_from(number % DAYS)?.days());
            let created = InvoiceEvent::Created { invoice: Box::new(draft(id, number, day)) };
            let mut invoice = Invoice::from_created(&created).expect("a created event makes an invoice");
            let act = tx.act();
            let issued = invoice.issue(issuance(number, day)?, &act)?;
            invoice.apply(&issued);
            // one in fifty still waits
            if number % 50 != 0 {
                stamp(&mut invoice, number, &tx.act())?;
            }
            let events: [&dyn DomainEvent; 2] = [&created, &issued];
            tx.repository().record_all(&invoice, &events).await?;
        }
        tx.commit().await?;
    }
    store.close().await;
    Ok(json!({ "invoices": count }))
}

fn draft(id: InvoiceId, number: u64, day: Date) -> Invoice {
    let due_on = day.saturating_add(30.days());
    let lines: BTreeMap<LineId, InvoiceLine> = (0..3)
        .map(|position| {
            let line = InvoiceLine {
                id: LineId(Uuid::from_u128((u128::from(number) << 8) | u128::from(position))),
                position,
                sku: format!("SKU-{position}"),
                description: "Servicio de mantenimiento".to_owned(),
                clave_prod_serv: "81111500".to_owned(),
                clave_unidad: "E48".to_owned(),
                unit: "Servicio".to_owned(),
                quantity: Decimal::from(position + 1),
                unit_price: Decimal::new(i64::try_from(number % 9_000 + 1_000).unwrap_or_default() * 100 + 50, 2),
                discount: Percentage::default(),
                tax: TaxKind::Iva16,
            };
            (line.id, line)
        })
        .collect();
    Invoice {
        id,
        scope: Scope::Finance,
        customer: CustomerId(Uuid::from_u128(u128::from(number % CUSTOMERS) + 1)),
        proposal: None,
        contract: None,
        lead: None,
        draft_label: format!("Pre-{number}"),
        currency: Currency::Mxn,
        lines,
        document_discount: Percentage::default(),
        rounding: RoundingStrategy::TwoDecimals,
        receptor: Some(Receptor {
            rfc: "URE180429TM6".to_owned(),
            legal_name: format!("EMPRESA DE PRUEBA {}", number % CUSTOMERS),
            regimen_fiscal: "601".to_owned(),
            domicilio_cp: "86991".to_owned(),
            uso_cfdi: "G03".to_owned(),
        }),
        terms: PaymentTerms::for_due(day, due_on),
        created_on: day,
        due_on,
        note: String::new(),
        issuance: None,
        timbre: None,
        refusal: None,
        transitions: BTreeMap::new(),
    }
}

fn issuance(folio: u64, day: Date) -> anyhow::Result<Issuance> {
    Ok(Issuance {
        serie: "B".to_owned(),
        folio,
        // noon in Mexico City
        fecha: Offset::UTC.to_timestamp(day.at(18, 0, 0, 0))?,
        xml_hash: format!("{folio:064x}"),
        stamp_key: format!("{folio:032x}"),
    })
}

fn stamp(invoice: &mut Invoice, number: u64, act: &Act) -> anyhow::Result<()> {
    if let Some(stamped) = invoice.stamped(act)? {
        invoice.apply_transition(&stamped);
    }
    invoice.timbre = Some(Timbre {
        uuid: Uuid::from_u128(u128::from(number) | (4 << 76)).to_string(),
        fecha_timbrado: date(2026, 1, 1).at(12, 0, 0, 0).to_string(),
        xml_hash: format!("{number:064x}"),
    });
    Ok(())
}
