// Starts the interface. The Content Security Policy allows no inline script, so this is a file of its own.
import init from "/zuclubit.js";

await init({ module_or_path: "/zuclubit_bg.wasm" });
