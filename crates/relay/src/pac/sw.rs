//! SW sapien's REST shape, which the sandbox PAC speaks too.
//!
//! Source: guide of PAC APIs; `POST /v4/cfdi33/stamp/v4` takes CFDI 4.0 despite its name.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{
    Client, Response, StatusCode,
    multipart::{Form, Part},
};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{ACCOUNT, Answer, Capabilities, Found, NoAnswer, Pac};

/// The most an answer may weigh.
const ANSWER_MAX: usize = 12 * 1024 * 1024;
/// How long before its end a token is no longer used: a call takes time.
const MARGIN: Duration = Duration::from_mins(1);

/// How to be let in.
#[derive(Clone)]
pub enum Credentials {
    /// A token that does not expire.
    Token(String),
    /// A user that logs in.
    User {
        /// Its name.
        user: String,
        /// Its password.
        password: String,
    },
}

/// Where the PAC is and what it can do.
#[derive(Clone)]
pub struct SwSettings {
    /// The services host, without a slash at the end.
    pub services_url: String,
    /// The host of the data warehouse; the same for the sandbox.
    pub api_url: String,
    /// How to be let in.
    pub credentials: Credentials,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// The adapter.
pub struct SwPac {
    client: Client,
    settings: SwSettings,
    token: Mutex<Option<Held>>,
}

/// A token and the moment after which it is not to be used.
struct Held {
    token: String,
    until: Option<Instant>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    status: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default, rename = "messageDetail")]
    message_detail: Option<String>,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Default, Deserialize)]
struct Data {
    token: Option<String>,
    /// Seconds that the token lives.
    expires_in: Option<u64>,
    cfdi: Option<String>,
    tfd: Option<String>,
    uuid: Option<String>,
    #[serde(default)]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "urlXml")]
    url_xml: String,
}

impl SwPac {
    /// Makes the adapter.
    ///
    /// # Errors
    /// [`NoAnswer`] `pac.client` when the HTTP client cannot be made.
    pub fn try_new(settings: SwSettings) -> Result<Self, NoAnswer> {
        // The first caller chooses the provider; a later choice changes nothing.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_error| NoAnswer::new("pac.client"))?;
        Ok(Self { client, settings, token: Mutex::new(None) })
    }

    #[expect(clippy::disallowed_methods, reason = "the PAC says how many seconds a token lives, from its answer on")]
    async fn token(&self) -> Result<String, NoAnswer> {
        let (user, password) = match &self.settings.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::User { user, password } => (user, password),
        };
        let mut held = self.token.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.until.is_none_or(|until| Instant::now() < until)) {
            return Ok(held.token.clone());
        }
        let url = format!("{}/v2/security/authenticate", self.settings.services_url);
        let body = serde_json::json!({ "user": user, "password": password });
        let answer = self
            .client
            .post(url)
            .timeout(self.settings.capabilities.deadline)
            .json(&body)
            .send()
            .await
            .map_err(|error| no_answer(&error))?;
        let envelope = read(answer).await?;
        let data = envelope.data.unwrap_or_default();
        let token = data.token.ok_or_else(|| NoAnswer::new("pac.login"))?;
        // One that outlives the clock has no end.
        let until = data
            .expires_in
            .and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds).saturating_sub(MARGIN)));
        *held = Some(Held { token: token.clone(), until });
        Ok(token)
    }

    async fn forget_token(&self) {
        *self.token.lock().await = None;
    }

    /// The stamped XML of a UUID, from the data warehouse.
    async fn by_uuid(&self, uuid: &str) -> Result<Vec<u8>, NoAnswer> {
        if uuid.len() != 36 || !uuid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return Err(NoAnswer::new("pac.malformed"));
        }
        let url = format!("{}/datawarehouse/v1/live/{uuid}", self.settings.api_url);
        let envelope = read(self.get(&url).await?).await?;
        let record = envelope.data.and_then(|data| data.records.into_iter().next());
        let url = record.ok_or_else(|| NoAnswer::new("pac.not_in_warehouse"))?.url_xml;
        // The document is fetched from the PAC itself, not from wherever an answer points to.
        if !url.starts_with(&format!("{}/", self.settings.api_url)) {
            return Err(NoAnswer::new("pac.foreign_url"));
        }
        let answer = self.get(&url).await?;
        if !answer.status().is_success() {
            return Err(NoAnswer::new("pac.not_in_warehouse"));
        }
        bounded(answer).await
    }

    async fn get(&self, url: &str) -> Result<Response, NoAnswer> {
        let answer = self
            .client
            .get(url)
            .bearer_auth(self.token().await?)
            .timeout(self.settings.capabilities.deadline)
            .send()
            .await
            .map_err(|error| no_answer(&error))?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.forget_token().await;
            return Err(NoAnswer::new(ACCOUNT));
        }
        Ok(answer)
    }

    async fn judge(&self, envelope: Envelope) -> Result<Answer, NoAnswer> {
        let data = envelope.data.unwrap_or_default();
        let message = envelope.message.unwrap_or_default();
        if envelope.status == "success" {
            return match data.cfdi {
                Some(cfdi) => Ok(Answer::Stamped(cfdi.into_bytes())),
                None => Err(NoAnswer::new("pac.malformed")),
            };
        }
        if envelope.status != "error" {
            return Err(NoAnswer::new("pac.malformed"));
        }
        let code = code_of(&message).or_else(|| envelope.message_detail.as_deref().and_then(code_of));
        match code.as_deref() {
            Some("307" | "CFDI3307") => match (data.cfdi, data.uuid, data.tfd) {
                (Some(cfdi), _, _) => Ok(Answer::Before(cfdi.into_bytes())),
                (None, Some(uuid), _) => self.by_uuid(&uuid).await.map(Answer::Before),
                (None, None, Some(tfd)) => {
                    let uuid = attribute(&tfd, "UUID").ok_or_else(|| NoAnswer::new("pac.malformed"))?;
                    self.by_uuid(&uuid).await.map(Answer::Before)
                }
                (None, None, None) => Err(NoAnswer::new("pac.duplicate_without_timbre")),
            },
            // Trouble of the PAC's own, or with the account there, says nothing about the document.
            Some(code) if code.starts_with("CO") => Err(NoAnswer::new("pac.internal")),
            Some(code) if code.starts_with("AU") => {
                self.forget_token().await;
                Err(NoAnswer::new(ACCOUNT))
            }
            Some(code) => {
                let detail = match envelope.message_detail {
                    Some(more) if !more.is_empty() => format!("{message} {more}"),
                    _ => message,
                };
                Ok(Answer::Rejected { code: code.to_owned(), detail })
            }
            None => Err(NoAnswer::new("pac.malformed")),
        }
    }
}

#[async_trait]
impl Pac for SwPac {
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities
    }

    async fn ready(&self) -> Result<(), NoAnswer> {
        self.token().await?;
        let answer = self
            .client
            .get(format!("{}/", self.settings.services_url))
            .timeout(Duration::from_secs(5))
            .send()
            .await
            .map_err(|error| no_answer(&error))?;
        if answer.status().is_server_error() {
            return Err(NoAnswer::new(&format!("pac.http_{}", answer.status().as_u16())));
        }
        Ok(())
    }

    async fn stamp(&self, reference: &str, xml: &[u8]) -> Result<Answer, NoAnswer> {
        let token = self.token().await?;
        let part = Part::bytes(xml.to_vec())
            .file_name("xml")
            .mime_str("text/xml")
            .map_err(|_constant| NoAnswer::new("pac.client"))?;
        let answer = self
            .client
            .post(format!("{}/v4/cfdi33/stamp/v4", self.settings.services_url))
            .bearer_auth(token)
            .header("customid", reference)
            .timeout(self.settings.capabilities.deadline)
            .multipart(Form::new().part("xml", part))
            .send()
            .await
            .map_err(|error| no_answer(&error))?;
        let envelope = read(answer).await?;
        self.judge(envelope).await
    }

    async fn look_up(&self, reference: &str) -> Result<Found, NoAnswer> {
        let url = format!("{}/datawarehouse/v1/reference/{reference}", self.settings.api_url);
        let answer = self.get(&url).await?;
        if answer.status().is_server_error() {
            return Err(NoAnswer::new(&format!("pac.http_{}", answer.status().as_u16())));
        }
        let envelope = read(answer).await?;
        if envelope.status != "success" {
            return Err(NoAnswer::new("pac.malformed"));
        }
        match envelope.data.and_then(|data| data.uuid) {
            Some(uuid) => self.by_uuid(&uuid).await.map(Found::Timbre),
            None => Ok(Found::Nothing),
        }
    }
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    NoAnswer::new(if error.is_timeout() { "pac.timeout" } else { "pac.connection" })
}

async fn bounded(mut answer: Response) -> Result<Vec<u8>, NoAnswer> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
        if bytes.len() + chunk.len() > ANSWER_MAX {
            return Err(NoAnswer::new("pac.answer_too_large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads the envelope whatever the status: business errors come with 200 and with 400.
async fn read(answer: Response) -> Result<Envelope, NoAnswer> {
    let status = answer.status();
    if status.is_server_error() {
        return Err(NoAnswer::new(&format!("pac.http_{}", status.as_u16())));
    }
    let bytes = bounded(answer).await?;
    serde_json::from_slice(&bytes).map_err(|_error| NoAnswer::new("pac.malformed"))
}

/// The code at the beginning of a PAC's message: `307. El comprobante…`, `CFDI40102 - …`, `AU2000 …`.
fn code_of(message: &str) -> Option<String> {
    let word: String = message.trim_start().chars().take_while(char::is_ascii_alphanumeric).collect();
    let word = word.to_ascii_uppercase();
    let letters: String = word.chars().take_while(char::is_ascii_alphabetic).collect();
    let digits = &word[letters.len()..];
    let known = matches!(letters.as_str(), "" | "CFDI" | "CRP" | "AU" | "CO");
    (known && digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(word)
}

/// An attribute's value in a piece of XML that nobody trusts; only used to ask for the whole document.
fn attribute(xml: &str, name: &str) -> Option<String> {
    let start = xml.find(&format!(" {name}=\""))? + name.len() + 3;
    let end = xml[start..].find('"')?;
    Some(xml[start..start + end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_first_word_of_a_message_and_nothing_else_is() {
        let cases = [
            ("307. El comprobante contiene un timbre previo", Some("307")),
            ("  CFDI40102 - El resultado de la digestión", Some("CFDI40102")),
            ("cfdi3307 - Timbre duplicado", Some("CFDI3307")),
            ("AU2001 sin timbres", Some("AU2001")),
            ("CO1000 - Error interno", Some("CO1000")),
            ("Error no clasificado", None),
            ("12", None),
            ("", None),
        ];
        for (message, code) in cases {
            assert_eq!(code_of(message).as_deref(), code, "{message}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_with_the_account_says_nothing_about_the_document() {
        let capabilities =
            Capabilities { recovery: super::super::Recovery::LookUp, settle: Duration::ZERO, deadline: Duration::ZERO };
        let pac = SwPac::try_new(SwSettings {
            services_url: String::new(),
            api_url: String::new(),
            credentials: Credentials::User { user: String::new(), password: String::new() },
            capabilities,
        })
        .unwrap();
        let said = |message: &str| Envelope {
            status: "error".to_owned(),
            message: Some(message.to_owned()),
            message_detail: None,
            data: None,
        };
        *pac.token.lock().await = Some(Held { token: "old".to_owned(), until: None });
        let refused = pac.judge(said("AU1000 - El token expiró")).await;
        assert_eq!(refused.unwrap_err().code, "pac.account");
        assert!(pac.token.lock().await.is_none(), "it logs in again");
        let rejected = pac.judge(said("CFDI40102 - El sello no es válido")).await.unwrap();
        assert!(matches!(rejected, Answer::Rejected { code, .. } if code == "CFDI40102"));
    }

    #[test]
    fn an_attribute_is_found_by_its_whole_name() {
        assert_eq!(attribute(r#"<t:T XUUID="no" UUID="a-b" />"#, "UUID").as_deref(), Some("a-b"));
        assert_eq!(attribute("<t/>", "UUID"), None);
    }
}
