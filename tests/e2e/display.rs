//! A screen that nobody sees: an X server with a window manager, and pictures of what is on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A virtual screen; it ends with the value.
pub struct Display {
    number: u32,
    server: Child,
    manager: Child,
}

impl Display {
    /// A screen of this size.
    pub fn open(width: u32, height: u32) -> Self {
        let number = free_number();
        let server = Command::new("Xvfb")
            .arg(format!(":{number}"))
            .args(["-screen", "0", &format!("{width}x{height}x24"), "+extension", "GLX", "-nolisten", "tcp"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed by the set-up");
        wait_for(&format!("the screen :{number}"), Duration::from_secs(20), || {
            Path::new(&format!("/tmp/.X11-unix/X{number}")).exists()
        });
        let manager = Command::new("openbox")
            .env("DISPLAY", format!(":{number}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox is installed by the set-up");
        Self { number, server, manager }
    }

    /// The variables a program needs to draw here.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DISPLAY", format!(":{}", self.number)),
            ("LIBGL_ALWAYS_SOFTWARE", "1".to_owned()),
            ("WEBKIT_DISABLE_COMPOSITING_MODE", "1".to_owned()),
            ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".to_owned()),
            ("NO_AT_BRIDGE", "1".to_owned()),
            ("GTK_A11Y", "none".to_owned()),
        ]
    }

    /// Takes a picture of the whole screen.
    pub fn picture(&self, file: &Path) {
        fs::create_dir_all(file.parent().expect("a picture lies in a folder")).expect("the folder can be made");
        let taken = Command::new("import")
            .args(["-window", "root"])
            .arg(file)
            .env("DISPLAY", format!(":{}", self.number))
            .status()
            .expect("ImageMagick is installed by the set-up");
        assert!(taken.success(), "no picture of the screen");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        for child in [&mut self.manager, &mut self.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Folder of the pictures, under the build's folder.
pub fn pictures() -> PathBuf {
    target().join("e2e")
}

/// Where cargo put the programs of this run: two folders above the test itself.
pub fn programs() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows itself");
    test.ancestors().nth(2).expect("target/profile/deps/test").to_owned()
}

fn target() -> PathBuf {
    programs().parent().expect("target/profile").to_owned()
}

/// Waits until `ready`, asking often.
///
/// # Panics
/// When it is not ready in time.
pub fn wait_for(what: &str, within: Duration, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < within, "{what} did not come within {within:?}");
        thread::sleep(Duration::from_millis(25));
    }
}

fn free_number() -> u32 {
    let base = 100 + std::process::id() % 400;
    (base..base + 200)
        .find(|number| {
            !Path::new(&format!("/tmp/.X11-unix/X{number}")).exists()
                && !Path::new(&format!("/tmp/.X{number}-lock")).exists()
        })
        .expect("a free screen number")
}
