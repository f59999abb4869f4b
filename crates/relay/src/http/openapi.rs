//! The interface described by itself.

use std::sync::Arc;

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use super::admission::ACCESS;

/// Postcard of the type that the description names, as in the crate of the protocol.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Postcard(#[expect(dead_code, reason = "only its schema is used")] Vec<u8>);

#[derive(OpenApi)]
#[openapi(
    info(title = "Zuclubit relay", description = "Orders sealed entries it cannot read."),
    paths(super::sync::upgrade),
    components(schemas(Postcard, super::failure::Failure)),
    modifiers(&Schemes)
)]
pub(super) struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("session", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("invite", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(ACCESS))));
    }
}

pub(super) fn text(document: &utoipa::openapi::OpenApi) -> Arc<str> {
    document.to_pretty_json().expect("the document holds nothing that JSON cannot say").into()
}

pub(super) fn answer(document: &str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document.to_owned()).into_response()
}
