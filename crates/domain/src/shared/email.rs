//! Mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A mail address in lower case: two spellings of one mailbox are equal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)] // `Debug` is by hand and masks.
#[serde(into = "String", try_from = "String")]
pub struct Email(String);

/// The text is no mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the mail address is not valid")]
pub struct InvalidEmail;

impl InvalidEmail {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "email.invalid"
    }
}

/// Mail providers whose domain says nothing about the company.
const PUBLIC_PROVIDERS: [&str; 20] = [
    "aol.com",
    "gmail.com",
    "gmx.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.com.mx",
    "hotmail.es",
    "icloud.com",
    "live.com",
    "live.com.mx",
    "me.com",
    "msn.com",
    "outlook.com",
    "outlook.es",
    "prodigy.net.mx",
    "proton.me",
    "protonmail.com",
    "yahoo.com",
    "yahoo.com.mx",
    "yahoo.es",
];

impl Email {
    /// The address, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The domain when it belongs to a company and not to a public mail provider.
    pub fn corporate_domain(&self) -> Option<&str> {
        Some(self.domain()).filter(|domain| PUBLIC_PROVIDERS.binary_search(domain).is_err())
    }
}

fn is_local_part(local: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=64).contains(&local.len())
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && !top.starts_with(|c: char| c.is_ascii_digit())
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let address = text.trim().to_lowercase();
        match address.split_once('@') {
            Some((local, domain)) if is_local_part(local) && is_domain(domain) => Ok(Self(address)),
            _ => Err(InvalidEmail),
        }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(***)")
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_blanks_do_not_make_a_second_mailbox() {
        let left: Email = " COMPRAS@Acero.MX ".parse().unwrap();
        assert_eq!(left, "compras@acero.mx".parse().unwrap());
    }

    #[test]
    fn what_no_server_would_take_is_refused() {
        for bad in [
            "",
            "ana",
            "ana@",
            "@x.mx",
            "ana@x",
            "ana@@x.mx",
            "a b@x.mx",
            "ana@x..mx",
            "ana@-x.mx",
            ".a@x.mx",
            "ana@1.2",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_provider_is_no_corporate_domain() {
        assert!(PUBLIC_PROVIDERS.is_sorted());
        assert_eq!("a@yahoo.com.mx".parse::<Email>().unwrap().corporate_domain(), None);
        assert_eq!("a@acero.mx".parse::<Email>().unwrap().corporate_domain(), Some("acero.mx"));
    }

    #[test]
    fn no_log_shows_an_address() {
        assert_eq!(format!("{:?}", "a@acero.mx".parse::<Email>().unwrap()), "Email(***)");
    }
}
