//! Words for the codes of an import: fields, reasons, encodings.

use crate::components::Choice;
use crate::words::tr;

/// The fields a column may go to, «No importar» first.
pub(crate) fn field_choices() -> Vec<Choice> {
    [
        ("", tr!(import_field.none)),
        ("name", tr!(import_field.name)),
        ("first_name", tr!(import_field.first_name)),
        ("last_name", tr!(import_field.last_name)),
        ("company", tr!(import_field.company)),
        ("email", tr!(import_field.email)),
        ("phone_txt", tr!(import_field.phone)),
        ("rfc", tr!(import_field.rfc)),
        ("size", tr!(import_field.size)),
        ("industry", tr!(import_field.industry)),
        ("source", tr!(import_field.source)),
        ("amount", tr!(import_field.amount)),
        ("currency", tr!(import_field.currency)),
        ("cp", tr!(import_field.cp)),
        ("street", tr!(import_field.street)),
        ("city", tr!(import_field.city)),
        ("state", tr!(import_field.state)),
        ("created", tr!(import_field.created)),
        ("open_rate", tr!(import_field.open_rate)),
        ("demo", tr!(import_field.demo)),
        ("notes", tr!(import_field.notes)),
        ("owner", tr!(import_field.owner)),
        ("position", tr!(import_field.position)),
        ("website", tr!(import_field.website)),
    ]
    .map(|(value, label)| Choice::new(value, label))
    .to_vec()
}

/// A field by its stable word.
pub(crate) fn field(name: &str) -> String {
    let known = field_choices().into_iter().find(|choice| choice.value == name && !name.is_empty());
    known.map_or_else(|| name.to_owned(), |choice| choice.label)
}

/// Why a row is held, merged, out, or remarkable.
pub(crate) fn reason(code: &str) -> String {
    match code {
        "no_name_no_company" => tr!(import_reason.no_name_no_company),
        "email" => tr!(import_reason.email),
        "rfc_format" => tr!(import_reason.rfc_format),
        "negative_size" => tr!(import_reason.negative_size),
        "amount" => tr!(import_reason.amount),
        "date" => tr!(import_reason.date),
        "formula" => tr!(import_reason.formula),
        "html" => tr!(import_reason.html),
        "rfc_check_digit" => tr!(import_reason.rfc_check_digit),
        "phone" => tr!(import_reason.phone),
        "size" => tr!(import_reason.size),
        "cp" => tr!(import_reason.cp),
        "open_rate" => tr!(import_reason.open_rate),
        "demo" => tr!(import_reason.demo),
        "currency" => tr!(import_reason.currency),
        "extra_cells" => tr!(import_reason.extra_cells),
        "unreadable" => tr!(import_reason.unreadable),
        "too_long" => tr!(import_reason.too_long),
        "same_rfc" => tr!(import_reason.same_rfc),
        "same_email" => tr!(import_reason.same_email),
        "same_phone" => tr!(import_reason.same_phone),
        "same_name" => tr!(import_reason.same_company),
        "same_domain" => tr!(import_reason.same_domain),
        "same_address" => tr!(import_reason.same_address),
        other => return zuc_ipc::sentence(other).unwrap_or(other).to_owned(),
    }
    .to_owned()
}

/// The encoding as people know it.
pub(crate) fn encoding(name: &str) -> String {
    match name {
        "cp1252" => "Windows-1252".to_owned(),
        other => other.to_uppercase(),
    }
}

/// What stands between the cells; nothing for a workbook.
pub(crate) fn separator(delimiter: &str) -> String {
    match delimiter {
        "" => String::new(),
        "\t" => tr!(import.tab).to_owned(),
        other => tr!(import.separator, mark = other),
    }
}
