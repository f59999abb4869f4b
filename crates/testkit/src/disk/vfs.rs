//! The VFS: a table of C functions that ask [`State`](super::state::State) first and then the system's VFS.
#![expect(unsafe_code, reason = "a VFS is a table of C functions over raw pointers")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::Arc;

use libsqlite3_sys as sqlite;
use sqlite::{sqlite3_file, sqlite3_vfs};

use super::Shared;
use super::file::{Handle, METHODS};
use super::state::{BodyId, Op, Refused};

/// Kinds of files that outlive a connection: the rest are scratch.
const KEPT: c_int = sqlite::SQLITE_OPEN_MAIN_DB
    | sqlite::SQLITE_OPEN_MAIN_JOURNAL
    | sqlite::SQLITE_OPEN_WAL
    | sqlite::SQLITE_OPEN_SUPER_JOURNAL;
/// Kinds after whose first sync the system's VFS syncs their folder too.
const SYNCS_FOLDER: c_int =
    sqlite::SQLITE_OPEN_MAIN_JOURNAL | sqlite::SQLITE_OPEN_WAL | sqlite::SQLITE_OPEN_SUPER_JOURNAL;

/// What SQLite is given under our name. It lives for ever, as a connection may outlive its disk.
pub(super) struct Extension {
    pub(super) shared: Arc<Shared>,
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
        table.szOsFile = c_int::try_from(size_of::<Handle>()).expect("a few words") + system_size;
        table.zName = name.into_raw();
        table.pAppData = Box::into_raw(Box::new(Extension { shared, system })).cast();
        table.xOpen = Some(open);
        table.xDelete = Some(delete);
        table.xAccess = Some(access);
        let table = Box::into_raw(Box::new(table));
        // SAFETY: the table, its name and its data are leaked: they outlive every connection.
        match unsafe { sqlite::sqlite3_vfs_register(table, 0) } {
            sqlite::SQLITE_OK => {
                super::exit::ends_at_once();
                Ok(Self(table))
            }
            code => Err(io::Error::other(format!("sqlite3_vfs_register: {code}"))),
        }
    }

    /// Takes the name out of SQLite's list. The table stays for the files that are open.
    pub(super) fn remove(&self) {
        // SAFETY: registered by `new`, and never freed.
        unsafe { sqlite::sqlite3_vfs_unregister(self.0) };
    }
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
