//! The C face: a VFS and its file methods that ask [`State`] first and then the system's VFS.
#![expect(unsafe_code, reason = "a VFS is a table of C functions over raw pointers")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::Arc;

use libsqlite3_sys as sqlite;
use sqlite::{sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use super::Shared;
use super::state::{BodyId, Change, Op, Refused};

/// Kinds of files that outlive a connection: the rest are scratch.
const KEPT: c_int = sqlite::SQLITE_OPEN_MAIN_DB
    | sqlite::SQLITE_OPEN_MAIN_JOURNAL
    | sqlite::SQLITE_OPEN_WAL
    | sqlite::SQLITE_OPEN_SUPER_JOURNAL;
/// Kinds after whose first sync the system's VFS syncs their folder too.
const SYNCS_FOLDER: c_int =
    sqlite::SQLITE_OPEN_MAIN_JOURNAL | sqlite::SQLITE_OPEN_WAL | sqlite::SQLITE_OPEN_SUPER_JOURNAL;

/// What SQLite is given under our name. It lives for ever, as a connection may outlive its disk.
struct Extension {
    shared: Arc<Shared>,
    system: *mut sqlite3_vfs,
}

/// The registered table.
#[derive(Debug)]
pub(super) struct Registration(*mut sqlite3_vfs);

// SAFETY: the pointer is only handed back to SQLite's registry, which has its own lock; nothing is read through it.
unsafe impl Send for Registration {}
// SAFETY: as above.
unsafe impl Sync for Registration {}

impl Registration {
    pub(super) fn new(name: &str, shared: Arc<Shared>) -> io::Result<Self> {
        let name = CString::new(name).map_err(io::Error::other)?;
        // SAFETY: a null name asks for the default; the answer lives for ever and is not written to here.
        let system = unsafe { sqlite::sqlite3_vfs_find(ptr::null()) };
        // SAFETY: the name is a C string that lives through the call.
        if system.is_null() || !unsafe { sqlite::sqlite3_vfs_find(name.as_ptr()) }.is_null() {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        // SAFETY: not null, and SQLite never frees its default VFS. Copying takes what we do not change (sleep, time,
        // randomness, full path names): those functions of the unix VFS use no more of their table than what is copied.
        let mut table = unsafe { *system };
        // SAFETY: as above.
        let system_size = unsafe { (*system).szOsFile };
        table.iVersion = 2;
        table.pNext = ptr::null_mut();
        table.szOsFile = header() + system_size;
        table.zName = name.into_raw();
        table.pAppData = Box::into_raw(Box::new(Extension { shared, system })).cast();
        table.xOpen = Some(open);
        table.xDelete = Some(delete);
        table.xAccess = Some(access);
        let table = Box::into_raw(Box::new(table));
        // SAFETY: the table, its name and its data are leaked: they outlive every connection.
        match unsafe { sqlite::sqlite3_vfs_register(table, 0) } {
            sqlite::SQLITE_OK => Ok(Self(table)),
            code => Err(io::Error::other(format!("sqlite3_vfs_register: {code}"))),
        }
    }

    /// Takes the name out of SQLite's list. The table stays for the files that are open.
    pub(super) fn remove(&self) {
        // SAFETY: registered by `new`, and never freed.
        unsafe { sqlite::sqlite3_vfs_unregister(self.0) };
    }
}

/// A file of ours; the system's own follows it in the same allocation.
#[repr(C)]
struct Handle {
    base: sqlite3_file,
    extension: *const Extension,
    /// The tracked file, `BodyId::MAX` for one that is not.
    body: BodyId,
    syncs_folder: bool,
}

fn header() -> c_int {
    c_int::try_from(size_of::<Handle>()).expect("a few words")
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
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
/// `file` was opened by [`open`] and not yet closed.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> Opened<'a> {
    let handle = file.cast::<Handle>();
    // SAFETY: `open` filled the handle; its extension is leaked, and the system's file lies behind the header with
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

/// # Safety
/// `vfs` is a table of ours.
unsafe fn extension<'a>(vfs: *mut sqlite3_vfs) -> &'a Extension {
    // SAFETY: `Registration::new` put a leaked extension there.
    unsafe { &*(*vfs).pAppData.cast::<Extension>() }
}

/// # Safety
/// `name` is a C string that lives through the call.
unsafe fn path<'a>(name: *const c_char) -> &'a Path {
    // SAFETY: the caller's promise.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

fn at(offset: sqlite3_int64) -> usize {
    usize::try_from(offset).expect("SQLite's offsets are not negative")
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls the function of the table it belongs to.
    let extension = unsafe { extension(vfs) };
    let handle = file.cast::<Handle>();
    // SAFETY: SQLite allocated szOsFile bytes. Null methods say that there is nothing to close.
    unsafe { (*handle).base.pMethods = ptr::null() };
    let kept = !name.is_null() && flags & KEPT != 0 && flags & sqlite::SQLITE_OPEN_DELETEONCLOSE == 0;
    let path = kept.then(|| {
        // SAFETY: not null, and SQLite's file names live as long as the file.
        unsafe { path(name) }
    });
    let mut state = extension.shared.state();
    let tracked = path.and_then(|path| state.tracked(path).map(|name| (path, name)));
    let creates = flags & sqlite::SQLITE_OPEN_CREATE != 0;
    if let Some((path, _)) = &tracked {
        let admitted = if creates && !path.exists() {
            state.admit(Op::Create)
        } else if state.powered() {
            Ok(())
        } else {
            Err(Refused { code: sqlite::SQLITE_CANTOPEN, half: false })
        };
        if let Err(refused) = admitted {
            return refused.code;
        }
    }
    let before =
        tracked.as_ref().and_then(|(path, name)| if state.knows(name) { None } else { std::fs::read(path).ok() });
    // SAFETY: the memory behind our header is as large as the system's VFS asked for, and aligned to 8.
    let system = unsafe { file.byte_add(size_of::<Handle>()) };
    // SAFETY: the system's VFS lives for ever.
    let Some(system_open) = (unsafe { (*extension.system).xOpen }) else { return sqlite::SQLITE_CANTOPEN };
    // SAFETY: the arguments are those SQLite gave, but for the file, which is the system's part.
    let code = unsafe { system_open(extension.system, name, system, flags, out_flags) };
    if code != sqlite::SQLITE_OK {
        // SAFETY: xOpen sets methods, to null where nothing must be closed.
        if let Some(methods) = unsafe { (*system).pMethods.as_ref() }
            && let Some(close) = methods.xClose
        {
            // SAFETY: it has methods, so it wants to be closed.
            unsafe { close(system) };
        }
        return code;
    }
    let body = tracked.map_or(BodyId::MAX, |(_, name)| state.opened(name, before));
    // SAFETY: SQLite allocated szOsFile bytes, of which the header is the first part.
    unsafe {
        handle.write(Handle {
            base: sqlite3_file { pMethods: &raw const METHODS },
            extension: ptr::from_ref(extension),
            body,
            syncs_folder: creates && flags & SYNCS_FOLDER != 0,
        });
    }
    sqlite::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite calls the function of the table it belongs to, with a C string.
    let (extension, path) = unsafe { (extension(vfs), path(name)) };
    let mut state = extension.shared.state();
    let tracked = state.tracked(path);
    if tracked.is_some()
        && let Err(refused) = if path.exists() { state.admit(Op::Delete) } else { Ok(()) }
    {
        return refused.code;
    }
    // SAFETY: the system's VFS lives for ever.
    let Some(system_delete) = (unsafe { (*extension.system).xDelete }) else { return sqlite::SQLITE_IOERR_DELETE };
    // SAFETY: the arguments are those SQLite gave. The real folder need not be synced: ours is the one that counts.
    let code = unsafe { system_delete(extension.system, name, 0) };
    if let (sqlite::SQLITE_OK, Some(name)) = (code, tracked) {
        state.deleted(name);
        if sync_folder != 0 {
            state.folder_synced();
        }
    }
    code
}

unsafe extern "C" fn access(vfs: *mut sqlite3_vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite calls the function of the table it belongs to, with a C string.
    let (extension, path) = unsafe { (extension(vfs), path(name)) };
    {
        let state = extension.shared.state();
        if state.tracked(path).is_some() && !state.powered() {
            return sqlite::SQLITE_IOERR_ACCESS;
        }
    }
    // SAFETY: the system's VFS lives for ever.
    let Some(system_access) = (unsafe { (*extension.system).xAccess }) else { return sqlite::SQLITE_IOERR_ACCESS };
    // SAFETY: the arguments are those SQLite gave.
    unsafe { system_access(extension.system, name, flags, out) }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes what `open` opened. Without power too: descriptors and locks are the test's own.
    let file = unsafe { opened(file) };
    system!(file, xClose)
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, amount: c_int, offset: sqlite3_int64) -> c_int {
    // SAFETY: SQLite reads from what `open` opened.
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
    // SAFETY: SQLite writes to what `open` opened.
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
    // SAFETY: SQLite truncates what `open` opened.
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
    // SAFETY: SQLite syncs what `open` opened.
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
    // SAFETY: SQLite asks about what `open` opened.
    let file = unsafe { opened(file) };
    if file.powered() { system!(file, xFileSize, size) } else { sqlite::SQLITE_IOERR_FSTAT }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite locks what `open` opened.
    let file = unsafe { opened(file) };
    if file.powered() { system!(file, xLock, level) } else { sqlite::SQLITE_IOERR_LOCK }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite unlocks what `open` opened. Without power too: a lock left behind would hang the test.
    let file = unsafe { opened(file) };
    system!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite asks about what `open` opened.
    let file = unsafe { opened(file) };
    if file.powered() { system!(file, xCheckReservedLock, out) } else { sqlite::SQLITE_IOERR_CHECKRESERVEDLOCK }
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, op: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: SQLite asks about what `open` opened.
    let file = unsafe { opened(file) };
    system!(file, xFileControl, op, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite asks about what `open` opened.
    let file = unsafe { opened(file) };
    system!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite asks about what `open` opened.
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
    // SAFETY: SQLite maps the index of what `open` opened.
    let file = unsafe { opened(file) };
    system!(file, xShmMap, region, size, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite locks the index of what `open` opened.
    let file = unsafe { opened(file) };
    system!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: SQLite asks for the index of what `open` opened.
    let file = unsafe { opened(file) };
    if let Some(barrier) = file.methods.xShmBarrier {
        // SAFETY: the system's file is open.
        unsafe { barrier(file.system) };
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: SQLite lets go of the index of what `open` opened.
    let file = unsafe { opened(file) };
    system!(file, xShmUnmap, delete)
}
