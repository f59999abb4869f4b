//! Declares our own commands, so that each needs a permission like any plug-in's.

#![expect(clippy::disallowed_macros, reason = "a build script speaks to cargo this way")]

fn main() {
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .app_manifest(tauri_build::AppManifest::new().commands(zuc_ipc::COMMANDS))
            .capabilities_path_pattern("./src-tauri/capabilities/*.json"),
    )
    .expect("the configuration and the capability are checked in");
    println!("cargo::rerun-if-changed=src-tauri/capabilities");
    // the pages are compiled in
    println!("cargo::rerun-if-changed=dist");
}
