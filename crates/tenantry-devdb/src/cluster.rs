//! Making the data directory: `initdb`, in such a way that a crash leaves nothing half done.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::{DevDbError, Result};
use crate::home::Home;
use crate::installation::Installation;
use crate::log;
use crate::mode::Mode;
use crate::password;

/// The role that `initdb` makes, which may do everything.
pub(crate) const SUPERUSER: &str = "postgres";

/// The superuser's password, in the data directory so that it lives and goes with it.
const PASSWORD_FILE: &str = "superuser.password";

/// Directories of `initdb`s that have not ended well, or not yet.
const UNFINISHED: &str = "data.new-";

/// Makes the data directory if there is none. To be called with the start lock held.
///
/// `initdb` runs in a directory beside it, which is renamed when all is done: what an interrupted
/// run leaves is swept here, the next time.
pub(crate) fn make(home: &Home, installation: &Installation, mode: Mode) -> Result<()> {
    if home.made_by()?.is_some() {
        return Ok(());
    }
    sweep(home);
    let mut unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(home.root())
        .map_err(DevDbError::io("create a directory in", home.root()))?;
    home.account().own_privately(unfinished.path())?;
    let password = password::random()?;
    let verifier = password::verifier(&password)?;
    initdb(home, installation, mode, unfinished.path(), &verifier)?;
    let kept = unfinished.path().join(PASSWORD_FILE);
    write_private(home, &kept, &password)?;

    let data = home.data();
    fs::rename(unfinished.path(), &data).map_err(DevDbError::io("create", &data))?;
    unfinished.disable_cleanup(true);
    if mode == Mode::Durable {
        sync_directory(home.root())?;
    }
    Ok(())
}

/// The superuser's password.
pub(crate) fn password(home: &Home) -> Result<String> {
    let path = home.data().join(PASSWORD_FILE);
    fs::read_to_string(&path).map_err(DevDbError::io("read", &path))
}

fn initdb(
    home: &Home,
    installation: &Installation,
    mode: Mode,
    dir: &Path,
    verifier: &str,
) -> Result<()> {
    let password_file = home.run().join("initdb.password");
    write_private(home, &password_file, verifier)?;
    let attempts = locales(installation).iter().map(|locale| {
        let program = installation.program("initdb");
        let mut command = home.account().command(&program);
        command
            .args(["--encoding=UTF8", "--lc-messages=C"])
            .args(["--auth=scram-sha-256", "--username", SUPERUSER, "--pwfile"])
            .arg(&password_file)
            .args(*locale)
            .args((mode == Mode::Fast).then_some("--no-sync"))
            .arg("-D")
            .arg(dir);
        command.output().map_err(DevDbError::io("run", &program))
    });
    let mut said = String::new();
    for ended in attempts {
        let ended = ended?;
        if ended.status.success() {
            return fs::remove_file(&password_file)
                .map_err(DevDbError::io("remove", &password_file));
        }
        said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
        if !said.contains("invalid locale name") {
            break;
        }
    }
    let path = home.data();
    if log::tells_of_full_disk(&said) {
        return Err(DevDbError::DiskFull { path, message: said });
    }
    Err(DevDbError::Initdb { path, output: said })
}

/// The locales to try. C.UTF-8 knows the letters of all languages and sorts by code point; it is
/// PostgreSQL's own since 17, and the system's before, if that has it.
fn locales(installation: &Installation) -> &'static [&'static [&'static str]] {
    if installation.version().major >= 17 {
        &[&["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    } else {
        &[&["--locale=C.UTF-8"], &["--locale=C"]]
    }
}

/// How often what is half done is removed, while an `initdb` still writes to it.
const ATTEMPTS: usize = 100;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// Removes what runs before this one left half done. An `initdb` whose owner was killed may still
/// be writing there, faster than it is removed; it ends when it finds its directory gone.
fn sweep(home: &Home) {
    for entry in fs::read_dir(home.root()).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            tracing::info!(path = %entry.path().display(), "removing a half-done initdb");
            if let Err(error) = remove_while_it_grows(&entry.path()) {
                tracing::warn!(path = %entry.path().display(), %error, "could not remove it");
            }
        }
    }
}

fn remove_while_it_grows(dir: &Path) -> io::Result<()> {
    for _ in 1..ATTEMPTS {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                thread::sleep(BETWEEN_ATTEMPTS);
            }
            removed => return removed,
        }
    }
    fs::remove_dir_all(dir)
}

/// A new file that only PostgreSQL's account can read (and root, if that is another).
fn write_private(home: &Home, path: &Path, content: &str) -> Result<()> {
    if path.exists() {
        fs::remove_file(path).map_err(DevDbError::io("remove", path))?;
    }
    let create = || -> io::Result<File> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        Ok(file)
    };
    let file = create().map_err(DevDbError::io("write", path))?;
    home.account().own_file(&file, path)
}

fn sync_directory(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|it| it.sync_all()).map_err(DevDbError::io("write", dir))
}
