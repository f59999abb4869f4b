//! The programs' memory: mimalloc, for Rust and for SQLite.
//!
//! A list of prospects is millions of small pieces on both sides. SQLite is told by itself, rather than by putting mimalloc in
//! place of the system's `malloc` for every library of the process: that a program preloaded before us has to survive.
#![expect(unsafe_code, reason = "SQLite takes its memory through C functions")]

use std::ffi::{c_int, c_void};

use libmimalloc_sys as mi;
use libsqlite3_sys as sqlite;

/// The allocator of a program that opens a home.
pub use mimalloc::MiMalloc;

/// Lets SQLite take its memory from mimalloc.
///
/// # Safety
/// Nothing else may use SQLite meanwhile: this is for the first line of a program.
pub unsafe fn settle_memory() {
    let methods = sqlite::sqlite3_mem_methods {
        xMalloc: Some(take),
        xFree: Some(free),
        xRealloc: Some(grow),
        xSize: Some(size),
        xRoundup: Some(round_up),
        xInit: Some(begin),
        xShutdown: Some(end),
        pAppData: std::ptr::null_mut(),
    };
    // SAFETY: the methods agree with each other and are copied; the caller sees to it that SQLite is not in use. Were it
    // begun already it would refuse and keep the system's, which is as right.
    unsafe { sqlite::sqlite3_config(sqlite::SQLITE_CONFIG_MALLOC, &raw const methods) };
}

/// SQLite asks for no negative size.
fn bytes(size: c_int) -> usize {
    usize::try_from(size).unwrap_or(0)
}

unsafe extern "C" fn take(size: c_int) -> *mut c_void {
    // SAFETY: any size may be asked for.
    unsafe { mi::mi_malloc(bytes(size)) }
}

unsafe extern "C" fn free(piece: *mut c_void) {
    // SAFETY: SQLite gives back what it took from `take` or `grow`.
    unsafe { mi::mi_free(piece) }
}

unsafe extern "C" fn grow(piece: *mut c_void, size: c_int) -> *mut c_void {
    // SAFETY: as in `free`.
    unsafe { mi::mi_realloc(piece, bytes(size)) }
}

unsafe extern "C" fn size(piece: *mut c_void) -> c_int {
    // SAFETY: as in `free`; of nothing it says 0.
    c_int::try_from(unsafe { mi::mi_usable_size(piece) }).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn round_up(size: c_int) -> c_int {
    // SAFETY: any size may be asked for.
    c_int::try_from(unsafe { mi::mi_good_size(bytes(size)) }).unwrap_or(size)
}

unsafe extern "C" fn begin(_: *mut c_void) -> c_int {
    sqlite::SQLITE_OK
}

unsafe extern "C" fn end(_: *mut c_void) {}
