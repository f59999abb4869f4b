//! Opens sockets at a relay and keeps them: a request a line of JSON, an answer a line, to the end of its input.

#![expect(clippy::unwrap_used, reason = "a measurement that goes wrong ends")]
#![expect(clippy::print_stdout, clippy::disallowed_macros, reason = "its answers are lines")]

#[path = "../tests/http/crowd.rs"]
mod crowd;
#[expect(dead_code, reason = "the tests' own, of which this needs what speaks to any relay")]
#[path = "../tests/http/support.rs"]
mod support;

use serde_json::{Value, json};

use crowd::Crowd;

#[tokio::main]
async fn main() {
    println!("{}", json!({ "ready": true }));
    let mut open = Vec::new();
    for line in std::io::stdin().lines() {
        let request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let count = |name: &str| usize::try_from(request[name].as_u64().unwrap()).unwrap();
        let crowd = Crowd::at(request["relay"].as_str().unwrap());
        let companies = crowd.companies(count("companies")).await;
        open.extend(crowd.sockets(&companies, count("each")).await);
        println!("{}", json!({ "sockets": open.len() }));
    }
}
