//! What the memory of a program that holds keys is read for.
#![cfg_attr(unix, expect(unsafe_code, reason = "the system is told through C"))]

/// Lets the system write this process's memory nowhere when it fails, and on Linux lets no other program of the same user read it.
/// Both are best effort: a system that refuses loses nothing. For the first lines of a program; what it starts decides for itself
/// who reads it, and leaves no core either.
pub fn keep_memory_to_itself() {
    #[cfg(unix)]
    {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: it reads the two numbers that it is handed.
        unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    }
    #[cfg(target_os = "linux")]
    // SAFETY: it takes numbers alone.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
}
