//! What the libraries tell about their work, on stderr.

use tracing_subscriber::EnvFilter;

use crate::{
    arguments::Global,
    failure::{Failure, Result},
};

/// Starts the log: at the level of `-v` and `-q`, else of `LOG_LEVEL`, else at `default`.
pub(crate) fn start(global: &Global, default: &str) -> Result<()> {
    start_as(global, default, false)
}

/// Like [`start`], as lines for people or as JSON documents.
pub(crate) fn start_as(global: &Global, default: &str, is_json: bool) -> Result<()> {
    let variable = std::env::var("LOG_LEVEL").ok().filter(|level| !level.is_empty());
    let (level, is_variable) = match (global.quiet, global.verbose, variable) {
        (true, _, _) => ("error".to_owned(), false),
        (_, 1, _) => ("info".to_owned(), false),
        (_, 2, _) => ("debug".to_owned(), false),
        (_, 3.., _) => ("trace".to_owned(), false),
        (_, 0, Some(level)) => (level, true),
        (_, 0, None) => (default.to_owned(), false),
    };
    let filter = EnvFilter::try_new(&level).map_err(|error| {
        debug_assert!(is_variable, "the other levels are ours");
        Failure::usage(format!(
            "LOG_LEVEL={level:?}: {error}; allowed is error, warn, info, debug or trace"
        ))
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Somebody else may have started one: then that one hears us, too.
    let _ = match is_json {
        true => log.json().flatten_event(true).try_init(),
        false => {
            let choice = anstream::stderr().current_choice();
            log.with_ansi(choice != anstream::ColorChoice::Never).try_init()
        }
    };
    Ok(())
}
