//! The window's pages: wasm, its bindings, and the files beside them, in `dist/`.

use std::path::Path;

use anyhow::Context as _;
use wasm_bindgen_cli_support::Bindgen;
use xshell::{Shell, cmd};

use crate::tools::{root, wasm_target};

/// What the compiler emits since LLVM 20, which the optimiser has to be told.
const WASM_OPT: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds `dist/`.
pub(crate) fn build(shell: &Shell) -> anyhow::Result<()> {
    let wasm_target = wasm_target();
    {
        let _target = shell.push_env("CARGO_TARGET_DIR", &wasm_target);
        cmd!(shell, "cargo build --quiet --locked -p zuc-ui --target wasm32-unknown-unknown --profile wasm-release")
            .quiet()
            .run()?;
    }
    let dist = root().join("dist");
    shell.remove_path(&dist)?;
    shell.create_dir(&dist)?;
    let wasm = wasm_target.join("wasm32-unknown-unknown/wasm-release/zuc-ui.wasm");
    Bindgen::new()
        .input_path(&wasm)
        .web(true)
        .map_err(|error| anyhow::anyhow!("{error}"))?
        .typescript(false)
        .out_name("zuclubit")
        .generate(&dist)
        .map_err(|error| anyhow::anyhow!("wasm-bindgen: {error}"))?;
    let bound = dist.join("zuclubit_bg.wasm");
    cmd!(shell, "node_modules/.bin/wasm-opt {WASM_OPT...} {bound} -o {bound}").quiet().run().context("wasm-opt")?;
    copy(&root().join("ui/assets"), &dist)?;
    std::fs::copy(root().join("ui/index.html"), dist.join("index.html"))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
