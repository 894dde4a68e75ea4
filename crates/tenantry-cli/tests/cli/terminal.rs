//! A person at a terminal.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::process::{Child, Command};

/// What a person sees of a command, and types.
pub(crate) struct Terminal {
    child: Child,
    screen: File,
    shown: String,
}

impl Terminal {
    /// Runs a command on a terminal of its own.
    pub(crate) fn run(mut command: Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let theirs = || OpenOptions::new().read(true).write(true).open(path).unwrap();
        command.stdin(theirs()).stdout(theirs()).stderr(theirs());
        command.env("TERM", "xterm-256color").env("NO_COLOR", "1");
        let child = command.spawn().unwrap();
        // The command keeps its ends open, and reading ends when it closes them.
        drop(command);
        Self { child, screen: ours.into(), shown: String::new() }
    }

    /// Waits until this is shown.
    pub(crate) async fn wait_for(mut self, text: &'static str) -> Self {
        tokio::task::spawn_blocking(move || {
            let mut bytes = [0; 4096];
            while !self.shown.contains(text) {
                // At the end of the command Linux says EIO.
                let read = self.screen.read(&mut bytes).unwrap_or(0);
                assert!(read > 0, "the command ended without {text:?}: {}", self.shown);
                self.shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
            self
        })
        .await
        .unwrap()
    }

    pub(crate) fn type_in(mut self, keys: &str) -> Self {
        self.screen.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Waits for the command's end: its exit status, and all that was shown.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        let shown = tokio::task::spawn_blocking(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = self.screen.read(&mut bytes) {
                self.shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
            self.shown
        });
        let status = self.child.wait().await.unwrap();
        (status.code(), shown.await.unwrap())
    }
}
