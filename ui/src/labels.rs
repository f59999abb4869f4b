//! Words and looks for the keys that arrive: states, roles, kinds, outcomes.

use crate::components::Tone;
use crate::words::tr;

/// State of a lead.
pub(crate) fn lead_state(key: &str) -> (&'static str, Tone) {
    match key {
        "new" => (tr!(lead_state.new), Tone::Neutral),
        "assigned" => (tr!(lead_state.assigned), Tone::Neutral),
        "working" => (tr!(lead_state.working), Tone::Info),
        "nurturing" => (tr!(lead_state.nurturing), Tone::Neutral),
        "qualified" => (tr!(lead_state.qualified), Tone::Accent),
        "converted" => (tr!(lead_state.converted), Tone::Ok),
        _ => (tr!(lead_state.disqualified), Tone::Neutral),
    }
}

/// State of a proposal.
pub(crate) fn proposal_state(key: &str) -> (&'static str, Tone) {
    match key {
        "draft" => (tr!(proposal_state.draft), Tone::Neutral),
        "pending_approval" => (tr!(proposal_state.pending_approval), Tone::PendingWarn),
        "approved" => (tr!(proposal_state.approved), Tone::Accent),
        "sent" => (tr!(proposal_state.sent), Tone::Pending),
        "accepted" => (tr!(proposal_state.accepted), Tone::Ok),
        "declined" => (tr!(proposal_state.declined), Tone::Bad),
        "expired" => (tr!(proposal_state.expired), Tone::Warn),
        _ => (tr!(proposal_state.withdrawn), Tone::Neutral),
    }
}

/// Fiscal state of an invoice.
pub(crate) fn fiscal_state(key: &str) -> (&'static str, Tone) {
    match key {
        "pre_invoice" => (tr!(fiscal_state.pre_invoice), Tone::Pending),
        "generated" => (tr!(fiscal_state.generated), Tone::Pending),
        "queued" => (tr!(fiscal_state.queued), Tone::PendingWarn),
        "submitted" => (tr!(fiscal_state.submitted), Tone::PendingWarn),
        "unknown" => (tr!(fiscal_state.unknown), Tone::PendingWarn),
        "rejected" => (tr!(fiscal_state.rejected), Tone::Bad),
        "stamped" => (tr!(fiscal_state.stamped), Tone::Ok),
        "window_expired" => (tr!(fiscal_state.window_expired), Tone::Bad),
        _ => (tr!(fiscal_state.voided), Tone::Neutral),
    }
}

/// Payment state of an invoice.
pub(crate) fn payment_state(key: &str) -> (&'static str, Tone) {
    match key {
        "paid" => (tr!(payment_state.paid), Tone::Ok),
        "partial" => (tr!(payment_state.partial), Tone::Warn),
        _ => (tr!(payment_state.not_paid), Tone::Neutral),
    }
}

/// State of a contract.
pub(crate) fn contract_state(key: &str) -> (&'static str, Tone) {
    match key {
        "active" => (tr!(contract_state.active), Tone::Ok),
        "draft" => (tr!(contract_state.draft), Tone::Pending),
        _ => (tr!(contract_state.ended), Tone::Neutral),
    }
}

/// Outcome of a row of an import: word, look, icon.
pub(crate) fn outcome(key: &str) -> (&'static str, Tone, &'static str) {
    match key {
        "created" => (tr!(outcome.created), Tone::Ok, "check"),
        "merged" => (tr!(outcome.merged), Tone::Neutral, "copy"),
        "probable_duplicate" => (tr!(outcome.probable_duplicate), Tone::Info, "link"),
        _ => (tr!(outcome.rejected), Tone::Bad, "warn"),
    }
}

/// Roles in words, one after another.
pub(crate) fn roles(keys: &[String]) -> String {
    keys.iter().map(|key| role(key)).collect::<Vec<_>>().join(", ")
}

/// One role.
pub(crate) fn role(key: &str) -> &'static str {
    match key {
        "ventas" => tr!(role.ventas),
        "gerencia" => tr!(role.gerencia),
        "finanzas" => tr!(role.finanzas),
        _ => tr!(role.administracion),
    }
}

/// Kind of a record in the palette.
pub(crate) fn kind(key: &str) -> &'static str {
    match key {
        "lead" => tr!(kind.lead),
        "customer" => tr!(kind.customer),
        "proposal" => tr!(kind.proposal),
        "invoice" => tr!(kind.invoice),
        _ => tr!(kind.product),
    }
}

/// Icon of a kind of record.
pub(crate) fn kind_icon(key: &str) -> &'static str {
    match key {
        "lead" => "lead",
        "customer" => "build",
        "proposal" => "doc",
        "invoice" => "receipt",
        "opportunity" => "pipe",
        "contract" => "pen",
        _ => "rows",
    }
}

/// Word and icon of a touch or an event in a timeline.
pub(crate) fn happening(key: &str) -> (&'static str, &'static str) {
    match key {
        "call" => (tr!(happening.call), "phone"),
        "email" => (tr!(happening.email), "mail"),
        "meeting" => (tr!(happening.meeting), "cal"),
        "whatsapp" => (tr!(happening.whatsapp), "chat"),
        "note" => (tr!(happening.note), "note"),
        key if key.contains("invoice") || key.contains("cfdi") => (tr!(happening.invoice), "receipt"),
        key if key.contains("proposal") => (tr!(happening.proposal), "doc"),
        key if key.contains("contract") => (tr!(happening.contract), "pen"),
        key if key.contains("convert") => (tr!(happening.converted), "check"),
        key if key.contains("qualif") => (tr!(happening.qualified), "flag"),
        key if key.contains("import") => (tr!(happening.imported), "in"),
        _ => (tr!(happening.change), "pen"),
    }
}

/// How often a line is charged.
pub(crate) fn recurrence(key: &str) -> &'static str {
    match key {
        "monthly" => tr!(recurrence.monthly),
        "yearly" => tr!(recurrence.yearly),
        _ => tr!(recurrence.none),
    }
}

/// Icon of a fiscal state.
pub(crate) fn fiscal_icon(key: &str) -> &'static str {
    match key {
        "pre_invoice" => "pen",
        "generated" => "lock",
        "rejected" | "window_expired" => "warn",
        "stamped" => "check",
        "voided" => "x",
        _ => "clock",
    }
}
