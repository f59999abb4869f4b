//! What somebody is called and reached by, and what else says the same.

use std::collections::BTreeSet;

use serde_json::Value;
use zuc_domain::shared::{
    Persona, Rfc,
    text::{fold, names_agree},
};

/// What tells that two records speak of one person.
#[derive(Default)]
pub(super) struct Says {
    pub(super) names: BTreeSet<String>,
    pub(super) emails: BTreeSet<String>,
    pub(super) phones: BTreeSet<String>,
    pub(super) rfcs: BTreeSet<String>,
}

impl Says {
    pub(super) fn take(&mut self, value: &Value, name: &str) {
        let text = |field: &str| value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        self.names.extend(text(name).map(fold));
        self.emails.extend(text("email").map(ToOwned::to_owned));
        self.phones.extend(text("phone").map(ToOwned::to_owned));
        self.rfcs.extend(text("rfc").filter(|rfc| is_of_one(rfc)).map(ToOwned::to_owned));
    }

    /// Whether a name, or an RFC of an individual, is theirs.
    pub(super) fn is_called(&self, name: Option<&Value>, rfc: Option<&Value>) -> bool {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
        text(name).is_some_and(|name| self.names.contains(&fold(&name)))
            || text(rfc).is_some_and(|rfc| self.rfcs.contains(&rfc))
    }

    /// Whether a row of a list is about them: by their mail, name or RFC, and where it says neither mail nor name by their
    /// telephone, which may be of several.
    pub(super) fn is_in_list(&self, row: &Value) -> bool {
        let draft = row.get("draft").unwrap_or(row);
        let list = |field: &str| {
            let items = draft.get(field).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).collect::<Vec<_>>()
        };
        let (emails, name) = (list("emails"), draft.get("name").filter(|name| !name.is_null()));
        emails.iter().any(|email| self.emails.contains(*email))
            || self.is_called(name, draft.get("rfc"))
            || (emails.is_empty() && name.is_none() && list("phones").iter().any(|phone| self.phones.contains(*phone)))
    }

    /// Whether they signed: by their mail, where the name agrees with it or nobody knows one, or by their name. Who signs
    /// with another's mail is not handed out with them.
    pub(super) fn signed(&self, signer: &Value) -> bool {
        let text = |field: &str| signer.get(field).and_then(Value::as_str);
        let agrees = |name: &str| self.names.is_empty() || self.names.iter().any(|known| names_agree(known, name));
        let by_mail =
            text("email").is_some_and(|email| self.emails.contains(email)) && text("name").is_some_and(agrees);
        by_mail || self.is_called(signer.get("name"), None)
    }
}

/// Whether an RFC is of one individual: the generic ones are of everybody.
fn is_of_one(rfc: &str) -> bool {
    rfc.parse::<Rfc>().is_ok_and(|rfc| rfc.persona() == Persona::Fisica)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn says(lead: &Value) -> Says {
        let mut says = Says::default();
        says.take(lead, "full_name");
        says
    }

    #[test]
    fn a_row_of_a_list_is_theirs_by_what_is_of_nobody_else() {
        let hers = json!({ "full_name": "Rosa Ruiz", "email": "rosa@a.example", "phone": "+525581234567", "rfc": "XIQB891116QE4" });
        let says = says(&hers);
        let is = |draft: Value| says.is_in_list(&json!({ "draft": draft, "row": 7 }));
        let (mails, phones) = (json!(["rosa@a.example"]), json!(["+525581234567"]));
        assert!(is(json!({ "name": "R. Ruiz", "emails": mails, "phones": [] })));
        assert!(is(json!({ "name": "ROSA RUÍZ", "emails": [], "phones": [] })));
        assert!(is(json!({ "name": null, "emails": [], "phones": [], "rfc": "XIQB891116QE4" })));
        assert!(is(json!({ "name": null, "emails": [], "phones": phones })));
        assert!(!is(json!({ "name": "Rosa Ruizo", "emails": [], "phones": phones })), "a telephone may be of several");
        assert!(!is(json!({ "name": null, "emails": ["otra@a.example"], "phones": phones })));
    }

    #[test]
    fn a_generic_rfc_makes_nobody_the_same_person() {
        for generic in [Rfc::PUBLICO_EN_GENERAL, Rfc::EXTRANJERO] {
            let says = says(&json!({ "full_name": "Rosa Ruiz", "rfc": generic }));
            assert!(says.rfcs.is_empty());
            assert!(!says.is_called(Some(&json!("Eva Soto")), Some(&json!(generic))));
        }
        assert!(says(&json!({ "rfc": "EKU9003173C9" })).rfcs.is_empty(), "a company is nobody");
    }

    #[test]
    fn whoever_signs_is_known_by_mail_or_by_name() {
        let says = says(&json!({ "full_name": "Rosa Ruiz", "email": "rosa@a.example" }));
        assert!(says.signed(&json!({ "name": "R. Ruiz", "email": "rosa@a.example" })));
        assert!(!says.signed(&json!({ "name": "Eva Soto", "email": "rosa@a.example" })), "with another's mail");
        assert!(says.signed(&json!({ "name": "rosa ruiz", "email": null })));
        assert!(!says.signed(&json!({ "name": "Eva Soto", "email": "eva@a.example" })));
        assert!(!says.signed(&Value::Null), "a signer who was forgotten is nobody's");
    }
}
