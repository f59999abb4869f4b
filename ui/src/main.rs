//! The window: what a person sees and does, in Spanish; rules and data arrive decided from the shell.
#![expect(
    clippy::large_types_passed_by_value,
    reason = "what the parts of a page share is a handful of handles to signals, made to be copied"
)]
#![expect(unreachable_pub, reason = "the component macro makes its property types public")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties: the framework hands them over by value"
)]

mod action;
mod app;
mod backend;
mod components;
mod connection;
mod format;
mod keys;
mod labels;
mod loaded;
mod pages;
mod proof;
mod route;
mod session;
mod shell;
mod theme;
mod words;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
