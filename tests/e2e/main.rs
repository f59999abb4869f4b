//! The product as a person meets it: the real window on a screen nobody sees, driven through `WebDriver`.
//!
//! Stories run one after another, for they share a machine; an argument names the only one wanted. Every page leaves
//! its pictures in `e2e/` of the build's folder, and the run fails where one is missing.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a test program: it says which story runs and measures how long it has waited"
)]

mod album;
mod company;
mod display;
mod figure;
mod place;
mod processes;
mod story;
mod window;

use std::time::Instant;

/// Asks for nothing but a look at the pictures that the last runs left.
const ALBUM: &str = "album";

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if wanted.is_empty() {
        album::clear();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for (name, story) in story::ALL {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("story {name}");
            let start = Instant::now();
            runtime.block_on(story());
            println!("story {name}: {:.0} s", start.elapsed().as_secs_f64());
        }
    }
    // what one story leaves is no album
    if wanted.is_empty() || wanted.iter().any(|wanted| wanted == ALBUM) {
        album::check();
        println!("every page has its pictures");
    }
}
