//! How a process ends in which laptops were killed: their connections still close in threads of their own, while
//! SQLCipher, which registers for the end of the process, has freed what they use. One in 25 ended with a segmentation
//! fault after its last test was told.
#![expect(unsafe_code, reason = "the C library has no safe way to end a process from a function it calls")]

#[cfg(target_os = "linux")]
pub(super) fn ends_at_once() {
    use std::ffi::{c_int, c_void};
    use std::sync::Once;

    unsafe extern "C" {
        fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
        fn _exit(status: c_int) -> !;
    }

    extern "C" fn leave(status: c_int, _: *mut c_void) {
        // SAFETY: it takes any code and needs nothing.
        unsafe { _exit(status) }
    }

    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the function lives as long as the process and uses no argument. What is registered last runs first, and
        // SQLite is up already. Where it fails the process ends as it would have.
        unsafe { on_exit(leave, std::ptr::null_mut()) };
    });
}

/// Elsewhere the C library does not tell the code that a process ends with.
#[cfg(not(target_os = "linux"))]
pub(super) const fn ends_at_once() {}
