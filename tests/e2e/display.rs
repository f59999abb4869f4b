//! A screen that nobody sees: an X server with a window manager, and pictures of what is on it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Windows stand at the corner, without a frame, and keep the size they ask for: a picture is the page.
const MANAGER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <theme><keepBorder>no</keepBorder></theme>
  <applications>
    <application class="*">
      <decor>no</decor>
      <position force="yes"><x>0</x><y>0</y></position>
      <focus>yes</focus>
    </application>
  </applications>
</openbox_config>
"#;

/// A virtual screen; it ends with the value.
pub(crate) struct Display {
    number: u32,
    size: (u32, u32),
    server: Child,
    manager: Child,
}

impl Display {
    /// A screen of this size.
    pub(crate) fn open(width: u32, height: u32) -> Self {
        // it takes a number itself, and says which once it is there: what servers that were killed left does not count
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1"])
            .args(["-screen", "0", &format!("{width}x{height}x24"), "+extension", "GLX", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed by the set-up");
        let mut said = String::new();
        let answer = server.stdout.take().expect("it was asked for");
        BufReader::new(answer).read_line(&mut said).expect("the server lives");
        let number = said.trim().parse().expect("the server says its number");
        let config = target().join("e2e-openbox.xml");
        fs::write(&config, MANAGER).expect("the build's folder can be written");
        let manager = Command::new("openbox")
            .arg("--config-file")
            .arg(config)
            .env("DISPLAY", format!(":{number}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox is installed by the set-up");
        Self { number, size: (width, height), server, manager }
    }

    /// The variables a program needs to draw here.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DISPLAY", format!(":{}", self.number)),
            ("GDK_BACKEND", "x11".to_owned()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".to_owned()),
            ("WEBKIT_DISABLE_COMPOSITING_MODE", "1".to_owned()),
            ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".to_owned()),
            ("NO_AT_BRIDGE", "1".to_owned()),
            ("GTK_A11Y", "none".to_owned()),
        ]
    }

    /// Size of the screen.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Gives the window another size.
    pub(crate) fn resize(&self, (width, height): (u32, u32)) {
        let size = [width.to_string(), height.to_string()];
        self.hands(&["search", "--onlyvisible", "--name", "Zuclubit", "windowsize", &size[0], &size[1]]);
    }

    /// Presses keys as a hand does, one after another, as xdotool names them.
    pub(crate) fn press(&self, keys: &[&str]) {
        let mut arguments = vec!["key", "--clearmodifiers", "--delay", "40"];
        arguments.extend(keys);
        self.hands(&arguments);
    }

    /// Types plain letters and figures as a hand does.
    pub(crate) fn write(&self, text: &str) {
        self.hands(&["type", "--clearmodifiers", "--delay", "20", text]);
    }

    /// Draws a stroke with the pointer held down.
    pub(crate) fn draw(&self, points: &[(i32, i32)]) {
        for (index, (x, y)) in points.iter().enumerate() {
            self.hands(&["mousemove", "--sync", &x.to_string(), &y.to_string()]);
            if index == 0 {
                self.hands(&["mousedown", "1"]);
            }
        }
        self.hands(&["mouseup", "1", "mousemove", "1", "1"]);
    }

    fn hands(&self, arguments: &[&str]) {
        let done = Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", format!(":{}", self.number))
            .stdout(Stdio::null())
            .status()
            .expect("xdotool is installed by the set-up");
        assert!(done.success(), "xdotool {}", arguments.join(" "));
    }

    /// Takes a picture of a window of this size.
    pub(crate) fn picture(&self, file: &Path, (width, height): (u32, u32)) {
        fs::create_dir_all(file.parent().expect("a picture lies in a folder")).expect("the folder can be made");
        let taken = Command::new("import")
            .args(["-window", "root", "-crop", &format!("{width}x{height}+0+0"), "+repage", "-strip"])
            .args(["-define", "png:exclude-chunks=date,time"])
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
pub(crate) fn pictures() -> PathBuf {
    target().join("e2e")
}

/// Where cargo put the programs of this run: the folder above the test's own.
pub(crate) fn programs() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows itself");
    test.ancestors().nth(2).expect("target/profile/deps/test").to_owned()
}

/// The build's folder.
pub(crate) fn target() -> PathBuf {
    programs().parent().expect("target/profile").to_owned()
}

/// Waits until `ready`, asking often.
///
/// # Panics
/// When it is not ready in time.
pub(crate) fn wait_for(what: &str, within: Duration, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < within, "{what} did not come within {within:?}");
        thread::sleep(Duration::from_millis(25));
    }
}
