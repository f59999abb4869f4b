//! What operators and machines see: health, figures, the interface's description, correlation.

use reqwest::StatusCode;
use zuc_relay::HttpOptions;

use crate::support::{Running, code, http};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_says_how_it_is_and_what_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let health = http().get(relay.url("/health")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    assert_eq!(health.text().await.unwrap(), r#"{"status":"ok","degraded":[]}"#);

    let named = http().get(relay.url("/api/v1/relay")).header("x-correlation-id", "abc-123").send().await.unwrap();
    assert_eq!(named.headers()["x-correlation-id"], "abc-123");
    let json: serde_json::Value = named.json().await.unwrap();
    assert_eq!(json["key"].as_str().unwrap().len(), 64);
    assert_eq!(json["log"].as_str().unwrap().len(), 32);
    let unnamed =
        http().get(relay.url("/api/v1/control")).header("x-correlation-id", "a b\u{e9}").send().await.unwrap();
    assert_eq!(unnamed.headers()["x-correlation-id"].len(), 36);
    assert_eq!(unnamed.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(code(unnamed).await, "relay.no_session");

    let figures = http().get(relay.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(figures.contains(r#"relay_http_requests_total{route="/api/v1/relay",status="200"}"#), "{figures}");

    // The storage goes away: the relay says so, and only then it is down.
    std::fs::remove_dir_all(folder.path().join("companies")).unwrap();
    let health = http().get(relay.url("/health")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::SERVICE_UNAVAILABLE);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_interface_is_described_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(folder.path(), HttpOptions::default()).await;
    let document: serde_json::Value =
        http().get(relay.url("/openapi.json")).send().await.unwrap().json().await.unwrap();
    let version = document["info"]["version"].as_str().unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let mut lines = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let secured = operation["security"].as_array().map_or(0, Vec::len);
            let answers: Vec<&str> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
            lines.push(format!("{method} {path} security={secured} → {}", answers.join(" ")));
        }
    }
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
    relay.stop().await;
}
