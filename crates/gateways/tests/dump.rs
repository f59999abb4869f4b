//! A program that holds keys leaves no core and is read by no other. Alone in its process: it cannot be taken back.
#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "the system is asked in C")]

/// The limits of a core, soft and hard.
fn core_limits() -> Vec<String> {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("the system's own file");
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit of cores");
    line.split_whitespace().skip(4).take(2).map(ToOwned::to_owned).collect()
}

fn is_dumpable() -> bool {
    // SAFETY: it takes numbers alone.
    unsafe { libc::prctl(libc::PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 }
}

#[test]
fn memory_is_kept_from_cores_and_from_other_programs() {
    assert!(is_dumpable(), "as every program begins");
    zuc_gateways::keep_memory_to_itself();
    assert!(!is_dumpable());
    assert_eq!(core_limits(), ["0", "0"]);
}
