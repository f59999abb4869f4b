//! The end of a program that opened a home.
#![expect(unsafe_code, reason = "the C library has no safe way out that runs nothing")]

use std::io::Write as _;

/// Ends the program with this exit code, now: nothing runs that was registered for the end.
///
/// SQLCipher registers that it frees its keys, while a connection that could not open is still closing in a thread of its
/// own; whoever is later finds the memory gone. What has to last is in the file by then, and the system takes the memory.
pub fn leave(code: u8) -> ! {
    // an output that is shut has nobody to be told
    let _ = std::io::stdout().flush();
    // SAFETY: it takes any code and needs nothing.
    unsafe { libc::_exit(code.into()) }
}
