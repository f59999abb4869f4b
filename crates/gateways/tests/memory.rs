//! SQLite takes its memory where the program takes its own. Alone in its process: SQLite is told before it begins.
#![expect(unsafe_code, reason = "SQLite's memory is asked for in C")]

use libmimalloc_sys::mi_is_in_heap_region;
use libsqlite3_sys::{sqlite3_free, sqlite3_malloc, sqlite3_msize, sqlite3_realloc};

#[test]
fn sqlites_memory_is_mimallocs() {
    // SAFETY: nothing else in this process uses SQLite.
    unsafe { zuc_gateways::settle_memory() };
    // SAFETY: each piece is given back once, after its last use.
    unsafe {
        let piece = sqlite3_malloc(100);
        assert!(mi_is_in_heap_region(piece), "SQLite has another allocator");
        assert!((100..200).contains(&sqlite3_msize(piece)));
        piece.cast::<u8>().write_bytes(7, 100);
        let grown = sqlite3_realloc(piece, 100_000);
        assert!(mi_is_in_heap_region(grown));
        assert_eq!(grown.cast::<[u8; 100]>().read(), [7; 100]);
        sqlite3_free(grown);
        assert!(!mi_is_in_heap_region((&raw const ONE).cast()));
    }
}

static ONE: u8 = 1;
