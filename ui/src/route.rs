//! Addresses inside the window.

use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::MouseEvent;

/// Opens `to` when its row is pressed anywhere; a link inside the row opens itself.
pub(crate) fn opens(to: String) -> impl Fn(MouseEvent) {
    let navigate = use_navigate();
    move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_none_or(|target| target.closest("a, button").ok().flatten().is_none()) {
            navigate(&to, leptos_router::NavigateOptions::default());
        }
    }
}

/// Inicio.
pub(crate) const HOME: &str = "/";
/// Prospectos.
pub(crate) const LEADS: &str = "/prospectos";
/// Import of prospects.
pub(crate) const IMPORT_LEADS: &str = "/prospectos/importar";
/// Rows held as probable duplicates.
pub(crate) const HELD: &str = "/prospectos/duplicados";
/// Clientes.
pub(crate) const CUSTOMERS: &str = "/clientes";
/// Propuestas.
pub(crate) const PROPOSALS: &str = "/propuestas";
/// Import of products.
pub(crate) const IMPORT_PRODUCTS: &str = "/productos/importar";
/// Facturas.
pub(crate) const INVOICES: &str = "/facturas";
/// Conflictos.
pub(crate) const CONFLICTS: &str = "/conflictos";
/// Ajustes.
pub(crate) const SETTINGS: &str = "/ajustes";

/// The list with one lead open at its side.
pub(crate) fn lead(id: &str) -> String {
    format!("{LEADS}?abierto={id}")
}

/// One customer.
pub(crate) fn customer(id: &str) -> String {
    format!("{CUSTOMERS}/{id}")
}

/// One proposal.
pub(crate) fn proposal(id: &str) -> String {
    format!("{PROPOSALS}/{id}")
}

/// The page a client signs on.
pub(crate) fn sign(id: &str) -> String {
    format!("{PROPOSALS}/{id}/firmar")
}

/// The invoices of one view of the list.
pub(crate) fn invoices(view: &str) -> String {
    format!("{INVOICES}?vista={view}")
}

/// One invoice.
pub(crate) fn invoice(id: &str) -> String {
    format!("{INVOICES}/{id}")
}

/// The page of a record found by the palette.
pub(crate) fn hit(kind: &str, id: &str) -> String {
    match kind {
        "lead" => lead(id),
        "customer" => customer(id),
        "proposal" => proposal(id),
        "invoice" => invoice(id),
        _ => PROPOSALS.to_owned(),
    }
}
