//! What the relay sees in clear, as data: the documents are generated from it and a canary test holds the relay to it.

use serde::Serialize;

/// One kind of thing that the relay sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Visible {
    /// Stable name.
    pub id: &'static str,
    /// What is seen.
    pub what: &'static str,
    /// What for.
    pub why: &'static str,
    /// What limits it.
    pub guard: &'static str,
    /// Whether it can name a person or a company's customer.
    pub personal: bool,
    /// How long it stays, in hours; `None` for as long as the company exists.
    pub kept_hours: Option<u32>,
}

/// The whole table. Whatever is not in it is sealed.
pub const VISIBLE: &[Visible] = &[
    Visible {
        id: "routing",
        what: "company, scope number, device, sizes, times, seq; manifest headers (scope, cursor, digest, signers)",
        why: "routing",
        guard: "30 days for connection logs",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "membership",
        what: "membership, public keys, roles",
        why: "gating",
        guard: "signed by admins; names are sealed under the company's index key",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "person_keys",
        what: "wrapped keys of persons and their ids, those of one transaction neighbours; the batch they came with",
        why: "whoever joins needs them",
        guard: "wrapped under the scope's bag key, which the relay does not have; an id names nobody",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "attachments",
        what: "of each file attached to a record: scope, hash and length of its sealed bytes, when they came and who fetches \
                them, and which are never to be opened again; never its name, its kind or what it is attached to",
        why: "carrying it up and down, going on where it was cut, a quota, and forgetting it",
        guard: "sealed under a key of its own, which lies in a sealed fact",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "holding",
        what: "of each device: between which places it says that it holds a scope's log, and on which day it was last there",
        why: "dropping entries that everybody holds who needs them",
        guard: "signed; it names places, and nothing that lies there",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "left_behind",
        what: "of a device whose person left: that it left something unsent behind in a scope, how many bytes, when, and that it \
                was dealt with; never what",
        why: "keeping it for whoever manages or administers, once and for a time",
        guard: "sealed under the scope's key, signed; its bytes go once it was dealt with, or after 30 days",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "receipts",
        what: "receipt headers (invoice id, stamp key, serie, folio, UUID, token); lease and effect ids",
        why: "ledgers, once-only",
        guard: "signed, no names",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "blind_tokens",
        what: "HMAC(company index key, normalised RFC)",
        why: "one account per RFC",
        guard: "the key is never at the relay; XAXX, XEXX and child accounts make none; an ex-member together with the \
                relay can test a list of RFCs",
        personal: false,
        kept_hours: None,
    },
    Visible {
        id: "cfdi_xml",
        what: "the CFDI's XML in a stamping, cancel or SAT query job",
        why: "the PAC and the SAT read it",
        guard: "already sealed with the CSD on the finance device; the row is encrypted, the body is erased 24 h after \
                the receipt",
        personal: true,
        kept_hours: Some(24),
    },
    Visible {
        id: "features",
        what: "a feature vector, where the company opted in",
        why: "SageMaker",
        guard: "pseudonymous id, bucketed numbers, no names, no text",
        personal: false,
        kept_hours: Some(0),
    },
    Visible {
        id: "messages",
        what: "a mail or SMS being sent; an inbound webhook or form",
        why: "the provider reads or writes it",
        guard: "in memory and in an encrypted job row until delivered; then id and hash",
        personal: true,
        kept_hours: Some(0),
    },
    Visible {
        id: "credit",
        what: "credit reservation amounts",
        why: "the credit limit holds across devices",
        guard: "account token and amount only",
        personal: false,
        kept_hours: None,
    },
];

/// The table as Markdown: what `docs/lo-que-ve-el-relay.md` holds, to the letter.
pub fn markdown() -> String {
    let mut text = String::from(HEAD);
    for row in VISIBLE {
        let kept = match row.kept_hours {
            None => "as long as the company exists".to_owned(),
            Some(0) => "no longer than it is used".to_owned(),
            Some(hours) => format!("{hours} h"),
        };
        let personal = if row.personal { "yes" } else { "no" };
        text.push_str(["", row.what, row.why, row.guard, personal, &kept, ""].join(" | ").trim());
        text.push('\n');
    }
    text
}

const HEAD: &str = "\
# What the relay sees

Whatever is not in this table is sealed on a laptop before it leaves it. The table is written from `crates/protocol/src/visible.rs`; a test
fails where the two differ, and others look for words where they may not be (`docs/pruebas.md`). It says the most that the relay may see:
mails, webhooks, scoring and credit are to come.

| in clear at the relay | why | guard | may name a person or a customer | kept |
| --- | --- | --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_name_a_person_is_kept_for_a_day_at_most() {
        for row in VISIBLE.iter().filter(|row| row.personal) {
            assert!(row.kept_hours.is_some_and(|hours| hours <= 24), "{}", row.id);
        }
    }

    #[test]
    fn the_document_says_what_the_table_says() {
        let document = include_str!("../../../docs/lo-que-ve-el-relay.md");
        // cut here and paste into the file when the table has changed
        assert_eq!(document, markdown(), "docs/lo-que-ve-el-relay.md is to be:\n{}", markdown());
        assert_eq!(document.lines().filter(|line| line.starts_with("| ")).count(), VISIBLE.len() + 2);
    }
}
