//! What the window says to the shell.

use serde::de::DeserializeOwned;
use zuc_ipc::{Command, list};

use crate::never_panics;

fn reads<C: Command>(bytes: &[u8]) {
    fn args<T: DeserializeOwned>(bytes: &[u8]) {
        let _ = serde_json::from_slice::<T>(bytes);
    }
    args::<C::Args>(bytes);
}

#[test]
fn arguments_of_commands() {
    let kept = [
        r#"{"id":"00000000-0000-0000-0000-000000000000","field":"city","value":"León"}"#,
        r#"{"query":{"text":"ñandú","offset":0,"limit":50,"order":"company","descending":false}}"#,
        r#"{"passphrase":"x"}"#,
        r#"{"amount":"12.50","currency":"MXN","lines":[{"quantity":"1","discount":null}]}"#,
    ]
    .map(|text| text.as_bytes().to_vec());
    never_panics(&kept, |bytes| {
        reads::<list::Unlock>(bytes);
        reads::<list::CompanyCreate>(bytes);
        reads::<list::LeadEditCell>(bytes);
    });
}
