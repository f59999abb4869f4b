//! A PostgreSQL of the test's own: a new cluster on a unix socket in a temporary folder, gone when it is dropped.

use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::Duration,
};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

/// The role that serves.
pub(crate) const RELAY: &str = "zuclubit_relay";
/// The role that owns the tables.
pub(crate) const OWNER: &str = "zuclubit_owner";
const DATABASE: &str = "zuclubit";

/// A server, with owner, relay's role and an empty database.
pub(crate) struct Server {
    folder: TempDir,
    programs: PathBuf,
    postmaster: Option<Child>,
}

impl Server {
    /// Makes a cluster and starts it; nothing in its database yet.
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("zuc-pg-").tempdir().unwrap();
        if is_root() {
            let postgres = id("postgres");
            chown(folder.path(), Some(postgres), None).unwrap();
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let mut server = Self { folder, programs: programs(), postmaster: None };
        let made = server
            .program("initdb")
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(server.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        server.run();
        let mut connection = server.connect("postgres", "postgres").await;
        for statement in [
            "CREATE ROLE zuclubit_owner LOGIN",
            "CREATE ROLE zuclubit_relay LOGIN",
            "CREATE DATABASE zuclubit OWNER zuclubit_owner",
        ] {
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
        server
    }

    /// As [`Server::empty`], with the tables.
    pub(crate) async fn start() -> Self {
        let server = Self::empty().await;
        zuc_relay_postgres::migrate(&server.url(OWNER), RELAY).await.unwrap();
        server
    }

    /// The address of the database for a role.
    pub(crate) fn url(&self, role: &str) -> String {
        self.url_of(role, DATABASE)
    }

    fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", self.folder.path().display())
    }

    /// A connection past the store.
    pub(crate) async fn connect(&self, role: &str, database: &str) -> PgConnection {
        let options: PgConnectOptions = self.url_of(role, database).parse().unwrap();
        options.options([("search_path", "zuclubit")]).connect().await.unwrap()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of the server's programs, as the user it insists on; it dies with the test.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "QUIT"]);
        if is_root() {
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"]);
        }
        command.arg("--").arg(self.programs.join(name)).current_dir(self.folder.path());
        command
    }

    /// Starts the postmaster and waits until it answers. After a kill its old processes may hold on for a moment.
    pub(crate) fn run(&mut self) {
        let log = self.folder.path().join("log");
        for _attempt in 0..60 {
            let mut postmaster = self
                .program("postgres")
                .arg("-D")
                .arg(self.data())
                .args(["-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=60", "-k"])
                .arg(self.folder.path())
                .stdout(Stdio::null())
                .stderr(File::options().append(true).create(true).open(&log).unwrap())
                .spawn()
                .unwrap();
            while postmaster.try_wait().unwrap().is_none() {
                let mut ask = self.program("pg_isready");
                if ask.args(["--quiet", "--host"]).arg(self.folder.path()).status().unwrap().success() {
                    self.postmaster = Some(postmaster);
                    return;
                }
                sleep(Duration::from_millis(50));
            }
            sleep(Duration::from_millis(200));
        }
        panic!("the server does not start: {}", fs::read_to_string(&log).unwrap_or_default());
    }

    /// Ends the postmaster by a signal: `QUIT` stops it and every process of it at once, without a checkpoint.
    pub(crate) fn stop(&mut self, signal: &str) -> Option<ExitStatus> {
        let mut postmaster = self.postmaster.take()?;
        let _gone = Command::new("kill").args(["-s", signal, &postmaster.id().to_string()]).status();
        postmaster.wait().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop("QUIT");
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn id(user: &str) -> u32 {
    let answer = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().parse().expect("Debian's package makes this user")
}

/// Where Debian puts the programs: the newest version.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let newest = |folder: &PathBuf| -> u32 {
        let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        version.and_then(|version| version.parse().ok()).unwrap_or(0)
    };
    folders
        .filter(|folder| folder.join("initdb").exists())
        .max_by_key(newest)
        .expect("PostgreSQL is not on this machine: `cargo xtask test` installs it (postgresql-15)")
}
