//! A file of the VFS: its methods ask [`State`](super::state::State) first and then the system's file.
#![expect(unsafe_code, reason = "a file's methods are C functions over raw pointers")]

use std::ffi::{c_int, c_void};

use libsqlite3_sys as sqlite;
use sqlite::{sqlite3_file, sqlite3_int64, sqlite3_io_methods};

use super::Shared;
use super::state::{BodyId, Change, Op, Refused};
use super::vfs::Extension;

/// A file of ours; the system's own follows it in the same allocation.
#[repr(C)]
pub(super) struct Handle {
    pub(super) base: sqlite3_file,
    pub(super) extension: *const Extension,
    /// The tracked file, `BodyId::MAX` for one that is not.
    pub(super) body: BodyId,
    /// Whether the next sync is the one after which the system's VFS syncs the folder too.
    pub(super) syncs_folder: bool,
}

/// Where SQLite finds the functions of a [`Handle`].
pub(super) static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // 2: with shared memory, without memory-mapped reads, which would go past us.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The parts of an opened file.
struct Opened<'a> {
    shared: &'a Shared,
    system: *mut sqlite3_file,
    methods: &'a sqlite3_io_methods,
    body: Option<BodyId>,
    handle: *mut Handle,
}

impl Opened<'_> {
    fn admit(&self, op: Op) -> Result<(), Refused> {
        if self.body.is_some() { self.shared.state().admit(op) } else { Ok(()) }
    }

    fn powered(&self) -> bool {
        self.body.is_none() || self.shared.state().powered()
    }
}

/// # Safety
/// `file` was opened by our VFS and not yet closed.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> Opened<'a> {
    let handle = file.cast::<Handle>();
    // SAFETY: our VFS filled the handle; its extension is leaked, and the system's file lies behind the header with
    // methods set, as its own xOpen succeeded.
    unsafe {
        let system = file.byte_add(size_of::<Handle>());
        let body = (*handle).body;
        Opened {
            shared: &(*(*handle).extension).shared,
            system,
            methods: &*(*system).pMethods,
            body: (body != BodyId::MAX).then_some(body),
            handle,
        }
    }
}

/// Calls a method of the system's file; one that it lacks is an I/O error.
macro_rules! system {
    ($file:expr, $method:ident $(, $argument:expr)*) => {
        match $file.methods.$method {
            // SAFETY: the system's file is open and the arguments are those SQLite gave for this very call.
            Some(method) => unsafe { method($file.system $(, $argument)*) },
            None => sqlite::SQLITE_IOERR,
        }
    };
}

fn at(offset: sqlite3_int64) -> usize {
    usize::try_from(offset).expect("SQLite's offsets are not negative")
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes what our VFS opened. Without power too: descriptors and locks are the test's own.
    let file = unsafe { opened(file) };
    system!(file, xClose)
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, amount: c_int, offset: sqlite3_int64) -> c_int {
    // SAFETY: SQLite reads from what our VFS opened.
    let file = unsafe { opened(file) };
    match file.admit(Op::Read) {
        Ok(()) => system!(file, xRead, into, amount, offset),
        Err(refused) => refused.code,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite writes to what our VFS opened.
    let file = unsafe { opened(file) };
    let (amount, answer) = match file.admit(Op::Write) {
        Ok(()) => (amount, sqlite::SQLITE_OK),
        Err(refused) if refused.half => (amount / 2, refused.code),
        Err(refused) => return refused.code,
    };
    let code = system!(file, xWrite, from, amount, offset);
    if let (sqlite::SQLITE_OK, Some(body)) = (code, file.body) {
        // SAFETY: SQLite gives `amount` bytes at `from`, and half of them is less.
        let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(amount).unwrap_or(0)) };
        file.shared.state().changed(body, Change::Write { at: at(offset), bytes: bytes.to_vec() });
    }
    if code == sqlite::SQLITE_OK { answer } else { code }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: SQLite truncates what our VFS opened.
    let file = unsafe { opened(file) };
    if let Err(refused) = file.admit(Op::Truncate) {
        return refused.code;
    }
    let code = system!(file, xTruncate, size);
    if let (sqlite::SQLITE_OK, Some(body)) = (code, file.body) {
        file.shared.state().changed(body, Change::Truncate(at(size)));
    }
    code
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite syncs what our VFS opened.
    let file = unsafe { opened(file) };
    let Some(body) = file.body else { return system!(file, xSync, flags) };
    // The real file is only the page cache of this disk: syncing it would cost time and prove nothing.
    let mut state = file.shared.state();
    let powered = state.powered();
    if let Err(refused) = state.admit(Op::Sync) {
        if powered && state.powered() {
            state.sync_failed(body);
        }
        return refused.code;
    }
    state.synced(body);
    // SAFETY: the handle is ours, and SQLite does not use one file in two threads at once.
    if std::mem::take(unsafe { &mut (*file.handle).syncs_folder }) {
        state.folder_synced();
    }
    sqlite::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: SQLite asks about what our VFS opened.
    let file = unsafe { opened(file) };
    if file.powered() { system!(file, xFileSize, size) } else { sqlite::SQLITE_IOERR_FSTAT }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite locks what our VFS opened.
    let file = unsafe { opened(file) };
    if file.powered() { system!(file, xLock, level) } else { sqlite::SQLITE_IOERR_LOCK }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite unlocks what our VFS opened. Without power too: a lock left behind would hang the test.
    let file = unsafe { opened(file) };
    system!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite asks about what our VFS opened.
    let file = unsafe { opened(file) };
    if file.powered() { system!(file, xCheckReservedLock, out) } else { sqlite::SQLITE_IOERR_CHECKRESERVEDLOCK }
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, op: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: SQLite asks about what our VFS opened.
    let file = unsafe { opened(file) };
    system!(file, xFileControl, op, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite asks about what our VFS opened.
    let file = unsafe { opened(file) };
    system!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite asks about what our VFS opened.
    let file = unsafe { opened(file) };
    // No more is promised than what the crash images keep.
    system!(file, xDeviceCharacteristics) & sqlite::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite maps the index of what our VFS opened.
    let file = unsafe { opened(file) };
    system!(file, xShmMap, region, size, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite locks the index of what our VFS opened.
    let file = unsafe { opened(file) };
    system!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: SQLite asks for the index of what our VFS opened.
    let file = unsafe { opened(file) };
    if let Some(barrier) = file.methods.xShmBarrier {
        // SAFETY: the system's file is open.
        unsafe { barrier(file.system) };
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: SQLite lets go of the index of what our VFS opened.
    let file = unsafe { opened(file) };
    system!(file, xShmUnmap, delete)
}
