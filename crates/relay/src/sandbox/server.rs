//! The sandbox on the network.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Multipart, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    Fault, Profile, SandboxPac, hostile,
    identity::PASSWORD,
    reply::{self, Version},
};
use crate::chance::random;

/// The most a document may weigh.
const DOCUMENT_MAX: usize = 12 * 1024 * 1024;

type Shared = State<Arc<SandboxPac>>;

/// Serves until `stop` is ready.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    pac: Arc<SandboxPac>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(pac)).with_graceful_shutdown(stop).await
}

fn router(pac: Arc<SandboxPac>) -> Router {
    let pac_side = Router::new()
        .route("/", get(async || Json(json!({ "status": "success" }))))
        .route("/v2/security/authenticate", post(authenticate))
        .route("/security/authenticate", post(authenticate))
        .route("/v4/cfdi33/stamp/{version}", post(stamp))
        .route("/cfdi33/stamp/{version}", post(stamp))
        .route("/datawarehouse/v1/live/{uuid}", get(live))
        .route("/datawarehouse/v1/file/{uuid}", get(file))
        .route("/datawarehouse/v1/reference/{reference}", get(reference))
        .layer(middleware::from_fn_with_state(pac.clone(), up));
    // Whoever drives a test still gets in when the PAC plays dead.
    let test_side = Router::new()
        .route("/ledger", get(ledger))
        .route("/profile", get(profile).put(set_profile))
        .route("/sandbox/v1/pac.cer", get(certificate))
        .route("/sandbox/v1/csd", post(issue));
    pac_side.merge(test_side).layer(DefaultBodyLimit::max(DOCUMENT_MAX)).with_state(pac)
}

async fn up(State(pac): Shared, request: Request, next: Next) -> Response {
    if pac.profile().hostile.fault == Fault::Down {
        return reply::trouble(StatusCode::SERVICE_UNAVAILABLE, "Servicio no disponible");
    }
    next.run(request).await
}

async fn authenticate(State(pac): Shared) -> Json<Value> {
    let token = match pac.profile().token {
        token if token.is_empty() => "sandbox".to_owned(),
        token => token,
    };
    Json(json!({ "status": "success", "data": { "token": token, "expires_in": 7_200, "tokeType": "Bearer" } }))
}

fn let_in(profile: &Profile, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer "));
    token.is_some_and(|token| profile.token.is_empty() || token == profile.token)
}

async fn stamp(State(pac): Shared, Path(version): Path<String>, headers: HeaderMap, form: Multipart) -> Response {
    let Some(version) = Version::read(&version) else {
        return reply::trouble(StatusCode::NOT_FOUND, "Versión desconocida");
    };
    if !let_in(&pac.profile(), &headers) {
        return reply::trouble(StatusCode::UNAUTHORIZED, "AU1000 - El token no es válido");
    }
    let reference = headers.get("customid").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if reference.len() > 100 {
        return reply::trouble(StatusCode::BAD_REQUEST, "CFDI3308 - El customId es demasiado largo");
    }
    let Some(xml) = part(form).await else {
        return reply::trouble(StatusCode::BAD_REQUEST, "301. Falta el XML");
    };
    // A task of its own: a caller that hangs up does not undo what has begun.
    let work = tokio::spawn(answer(pac, xml, reference, version));
    work.await.unwrap_or_else(|_panicked| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn part(mut form: Multipart) -> Option<Vec<u8>> {
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("xml") {
            return field.bytes().await.ok().map(Into::into);
        }
    }
    None
}

async fn answer(pac: Arc<SandboxPac>, xml: Vec<u8>, reference: String, version: Version) -> Response {
    let (hostile, profile) = {
        let mut profile = pac.profile.lock().expect("no holder panics");
        (profile.next_fault(), profile.clone())
    };
    let delay = Duration::from_millis(hostile.delay_ms);
    match hostile.fault {
        Fault::DropBeforeCommit => return hostile::cut(),
        Fault::LateCommit => tokio::time::sleep(delay).await,
        _ => {}
    }
    let outcome = match pac.stamp(&xml, &reference).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(error = %error, "the sandbox could not stamp");
            return reply::trouble(StatusCode::BAD_REQUEST, "CO1000 - Error interno");
        }
    };
    if hostile.fault == Fault::SlowReply {
        tokio::time::sleep(delay).await;
    }
    let (status, body) = reply::envelope(&outcome, version, profile.returns_earlier);
    hostile::spoil(hostile.fault, status, body)
}

async fn live(State(pac): Shared, Path(uuid): Path<String>, headers: HeaderMap) -> Response {
    if !let_in(&pac.profile(), &headers) {
        return reply::trouble(StatusCode::UNAUTHORIZED, "AU1000 - El token no es válido");
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    match pac.ledger.lock().await.by_uuid(&uuid).await {
        Ok(row) => {
            let records: Vec<_> = row
                .iter()
                .map(|row| json!({ "urlXml": format!("http://{host}/datawarehouse/v1/file/{}", row.uuid) }))
                .collect();
            Json(json!({ "status": "success", "data": { "records": records } })).into_response()
        }
        Err(_error) => reply::trouble(StatusCode::BAD_REQUEST, "CO1000 - Error interno"),
    }
}

async fn file(State(pac): Shared, Path(uuid): Path<String>) -> Response {
    match pac.ledger.lock().await.by_uuid(&uuid).await {
        Ok(Some(row)) => ([(header::CONTENT_TYPE, "text/xml")], row.xml).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn reference(State(pac): Shared, Path(reference): Path<String>) -> Response {
    if !pac.profile().looks_up_references {
        return reply::trouble(StatusCode::NOT_FOUND, "CO1001 - No existe");
    }
    match pac.ledger.lock().await.by_reference(&reference).await {
        Ok(row) => {
            let data = row.map(|row| json!({ "uuid": row.uuid }));
            Json(json!({ "status": "success", "data": data })).into_response()
        }
        Err(_error) => reply::trouble(StatusCode::BAD_REQUEST, "CO1000 - Error interno"),
    }
}

async fn ledger(State(pac): Shared) -> Response {
    match pac.timbres().await {
        Ok(rows) => Json(json!({ "timbres": rows })).into_response(),
        Err(_error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn profile(State(pac): Shared) -> Json<Profile> {
    Json(pac.profile())
}

async fn set_profile(State(pac): Shared, Json(profile): Json<Profile>) -> StatusCode {
    pac.set_profile(profile);
    StatusCode::NO_CONTENT
}

async fn certificate(State(pac): Shared) -> Response {
    ([(header::CONTENT_TYPE, "application/pkix-cert")], pac.pac_certificate().to_vec()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    rfc: String,
    name: String,
}

/// A CSD for a company of the sandbox. Bytes are hexadecimal.
async fn issue(State(pac): Shared, Json(wanted): Json<Wanted>) -> Response {
    let drawn = u64::from_le_bytes(random()) % 1_000_000_000;
    let number = format!("90001000001{drawn:09}");
    match pac.identity.issue(&wanted.rfc, &wanted.name, &number, pac.clock.now_ms()) {
        Ok(issued) => {
            Json(json!({ "number": number, "cer": hex::encode(&issued.cer), "key": hex::encode(&*issued.key), "password": PASSWORD }))
                .into_response()
        }
        Err(error) => {
            tracing::warn!(error = %error, "a certificate could not be made");
            reply::trouble(StatusCode::BAD_REQUEST, "No se pudo hacer el certificado")
        }
    }
}
