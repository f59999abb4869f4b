//! The words: every visible string stands under a key of `locales/es-MX.json`, checked when this crate is compiled.
//!
//! A value has its place in the text as `{name}`; figures and dates arrive already written.

#[expect(deprecated, reason = "its successor, a build script, brings the whole ICU data exporter along")]
mod keys {
    leptos_i18n::load_locales!();
}

pub(crate) use keys::i18n::Locale;

/// Puts `values` in their places.
pub(crate) fn fill(text: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The text of a key: `tr!(leads.title)`, or with its values: `tr!(leads.count, count = 12)`.
macro_rules! tr {
    ($($key:ident).+) => {
        ::leptos_i18n::td_string!($crate::words::Locale::es_MX, $($key).+)
    };
    ($($key:ident).+, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::words::fill(
            ::leptos_i18n::td_string!($crate::words::Locale::es_MX, $($key).+),
            &[$((stringify!($name), $value.to_string())),+],
        )
    };
}
pub(crate) use tr;
