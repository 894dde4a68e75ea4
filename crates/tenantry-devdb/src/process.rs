//! Other processes: whether they live, and telling them to end.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

/// A process that is known by its id and by words in its command line, since ids are used again:
/// a signal must never reach a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) pid: u32,
    words: Vec<String>,
}

impl Known {
    /// The process with this id, if it lives and its command line has these words.
    pub(crate) fn find<W: AsRef<OsStr>>(pid: u32, words: &[W]) -> Option<Self> {
        let words = words.iter().map(|it| it.as_ref().to_string_lossy().into_owned()).collect();
        let known = Self { pid, words };
        known.lives().then_some(known)
    }

    pub(crate) fn lives(&self) -> bool {
        command_line(self.pid).is_some_and(|line| self.words.iter().all(|it| has(&line, it)))
    }

    /// Sends a signal. That the process is gone is no error: it is what signals are for.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.lives())
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::debug!(pid = self.pid, ?signal, %error, "signal not delivered");
        }
    }
}

/// Whether the word is in the command line, whole: `/a/data` is not in `postgres -D /a/data2`.
fn has(line: &str, word: &str) -> bool {
    let bound = |c: Option<char>| matches!(c, None | Some('\0' | ' ' | '\n'));
    line.match_indices(word).any(|(at, _)| {
        bound(line[..at].chars().next_back()) && bound(line[at + word.len()..].chars().next())
    })
}

/// The command line of a living process; empty for one that has ended and is not yet reaped.
fn command_line(pid: u32) -> Option<String> {
    if let Ok(bytes) = fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    if Path::new("/proc/self/cmdline").exists() {
        return None;
    }
    let pid = pid.to_string();
    let output = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_path_is_another_path() {
        assert!(has("postgres\0-D\0/a/data\0", "/a/data"));
        assert!(has("postgres -D /a/data -p 1", "/a/data"));
        assert!(has("postgres -D /a/data2 -D /a/data", "/a/data"));
        assert!(!has("postgres -D /a/data2", "/a/data"));
        assert!(!has("", "/a/data"));
    }

    #[test]
    fn a_process_is_known_by_id_and_command_line() {
        let mut command = Command::new("sh");
        command.args(["-c", "read x; :", "sh", "/some/where"]);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pid = child.id();

        // A process is there for an instant before its command line is.
        let known = std::iter::repeat_with(|| Known::find(pid, &["/some/where"])).flatten().next();
        let known = known.expect("it lives");
        assert_eq!(Known::find(pid, &["/some/where", "/else/where"]), None);

        known.signal(Signal::KILL);
        child.wait().unwrap();
        assert!(!known.lives());
        known.signal(Signal::KILL);
    }
}
