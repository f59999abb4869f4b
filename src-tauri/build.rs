//! Declares our own commands, so that each needs a permission like any plug-in's.

use std::path::PathBuf;

fn main() {
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .app_manifest(tauri_build::AppManifest::new().commands(zuc_ipc::COMMANDS))
            .capabilities_path_pattern("./src-tauri/capabilities/*.json"),
    )
    .expect("the configuration and the capability are checked in");
    println!("cargo::rerun-if-changed={}", PathBuf::from("src-tauri/capabilities").display());
}
