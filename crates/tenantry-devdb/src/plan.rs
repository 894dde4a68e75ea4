use std::path::PathBuf;
use std::time::Duration;

use crate::error::{DevDbError, Result};
use crate::installation::Installation;
use crate::mode::Mode;
use crate::watchdog::Afterwards;

/// Settings that decide who finds the server and its data, and so are not for callers.
const DECIDED: [&str; 9] = [
    "config_file",
    "data_directory",
    "external_pid_file",
    "hba_file",
    "ident_file",
    "listen_addresses",
    "log_destination",
    "logging_collector",
    "unix_socket_directories",
];

/// How a server is to be started.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The directory to keep everything in; a temporary one if there is none.
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) mode: Mode,
    pub(crate) port: Option<u16>,
    pub(crate) installation: Option<Installation>,
    pub(crate) start_timeout: Duration,
    pub(crate) afterwards: Afterwards,
    /// In the order they were given; the last of a name counts.
    pub(crate) extra: Vec<(String, String)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            data_dir: None,
            mode: Mode::default(),
            port: None,
            installation: None,
            start_timeout: Duration::from_secs(60),
            afterwards: Afterwards { linger: Duration::ZERO, wipe: false },
            extra: Vec::new(),
        }
    }
}

impl Plan {
    /// Everything PostgreSQL is told beyond where to listen.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let of_mode = self.mode.settings().iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
        of_mode.chain(self.extra.iter().cloned()).collect()
    }

    pub(crate) fn check(&self) -> Result<()> {
        for (name, value) in &self.extra {
            let refuse = |reason| Err(DevDbError::Setting { name: name.clone(), reason });
            if name.is_empty()
                || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
            {
                return refuse("a setting's name is made of a-z 0-9 _ .");
            }
            if name.eq_ignore_ascii_case("port") {
                return refuse("use the builder's port()");
            }
            if DECIDED.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                return refuse("where the server listens, logs and keeps its data is decided");
            }
            if value.contains('\0') {
                return refuse("its value contains NUL");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str) -> Result<()> {
        let extra = vec![(name.to_owned(), value.to_owned())];
        Plan { extra, ..Plan::default() }.check()
    }

    #[test]
    fn settings_that_decide_where_the_server_is_are_refused() {
        checked("work_mem", "8MB").unwrap();
        checked("pg_stat_statements.track", "all").unwrap();
        for (name, value) in [
            ("", "x"),
            ("work mem", "x"),
            ("port", "5432"),
            ("Data_Directory", "/x"),
            ("listen_addresses", "*"),
            ("work_mem", "8\0MB"),
        ] {
            let error = checked(name, value).unwrap_err();
            assert_eq!(error.code(), "SETTING_INVALID", "{name}");
        }
    }

    #[test]
    fn a_setting_given_last_comes_after_those_of_the_mode() {
        let extra = vec![("fsync".to_owned(), "on".to_owned())];
        let settings = Plan { mode: Mode::Fast, extra, ..Plan::default() }.settings();
        let values: Vec<_> = settings.iter().filter(|(k, _)| k == "fsync").collect();
        assert_eq!(values.last().unwrap().1, "on");
    }
}
