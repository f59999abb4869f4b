//! Appearance: theme and density on `<html>`, kept in this window's storage so that `theme.js` sets them before first paint.

use leptos::prelude::*;

const THEME: &str = "zuc.theme";
const DENSITY: &str = "zuc.density";

/// The chosen theme: `light`, `dark` or `system`.
pub(crate) fn chosen_theme() -> String {
    stored(THEME).unwrap_or_else(|| "system".to_owned())
}

/// The chosen density: `compact` or `comfortable`.
pub(crate) fn chosen_density() -> String {
    stored(DENSITY).unwrap_or_else(|| "compact".to_owned())
}

/// Puts on a theme and remembers it.
pub(crate) fn choose_theme(theme: &str) {
    store(THEME, theme);
    let dark = window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches());
    let shown = match theme {
        "dark" | "light" => theme,
        _ if dark => "dark",
        _ => "light",
    };
    set_root("data-theme", shown);
}

/// Puts on a density and remembers it.
pub(crate) fn choose_density(density: &str) {
    store(DENSITY, density);
    set_root("data-density", density);
}

/// The height in pixels of a table row under the density in force.
pub(crate) fn row_height() -> f64 {
    if chosen_density() == "comfortable" { 44.0 } else { 34.0 }
}

fn stored(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage only loses the preference at the next start.
        let _ = storage.set_item(key, value);
    }
}

fn set_root(attribute: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // Fails only for an invalid attribute name, and both are literals.
        let _ = root.set_attribute(attribute, value);
    }
}
