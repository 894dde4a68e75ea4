//! Gathers a configuration from its sources.

use std::{collections::BTreeMap, env, ffi::OsString, fmt, panic::Location, path::PathBuf};

use super::{Config, ConfigError, HostConfig, settings::Settings, value::Value};

/// The file that is read if it exists and no other was named.
const DEFAULT_FILE: &str = "tenantry.toml";
/// The variable that names another.
const FILE_VARIABLE: &str = "TENANTRY_CONFIG";

/// Gathers a configuration from its sources; [`Config::loader`] and [`Config::builder`] make one.
///
/// ```no_run
/// use tenantry::Config;
///
/// let config = Config::loader()
///     .file("/etc/shop/tenantry.toml")
///     .set("connection.max_connections", 8)
///     .load()?;
/// # Ok::<(), tenantry::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "a loader does nothing until it loads"]
pub struct ConfigLoader {
    file: File,
    environment: Environment,
    set: Vec<(String, Value, &'static Location<'static>)>,
}

#[derive(Debug, Clone)]
enum File {
    /// The one that the environment names, or the default one if it exists.
    Search,
    Path(PathBuf),
    None,
}

#[derive(Clone)]
enum Environment {
    Process,
    Given(BTreeMap<String, OsString>),
    None,
}

impl ConfigLoader {
    pub(super) fn new() -> Self {
        Self { file: File::Search, environment: Environment::Process, set: Vec::new() }
    }

    /// Reads this file, which must exist, and no other.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = File::Path(path.into());
        self
    }

    /// Reads no file.
    pub fn without_file(mut self) -> Self {
        self.file = File::None;
        self
    }

    /// Whether the environment of the process counts.
    pub fn env(mut self, counts: bool) -> Self {
        self.environment = if counts { Environment::Process } else { Environment::None };
        self
    }

    /// These variables count instead of the environment of the process.
    pub fn env_from<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.environment = Environment::Given(variables.collect());
        self
    }

    /// Sets a key, such as `connection.max_connections`, over what file and environment say.
    ///
    /// Nothing is checked until [`load`](Self::load); an error then names the line of this call.
    #[track_caller]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set.push((key.to_owned(), value.into(), Location::caller()));
        self
    }

    /// Gathers and checks everything.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with everything that is wrong: a file that can't be read or isn't TOML, a
    /// key that doesn't exist, a value that isn't allowed, no `connection.url`.
    pub fn load(self) -> Result<Config, ConfigError> {
        let (settings, file) = self.gather();
        Config::read(settings, file)
    }

    /// Gathers and checks everything for the multi-tenant server, which can do without a database:
    /// where no `connection.url` is set, there is no [`Config`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`], as [`load`](Self::load).
    pub fn load_host(self) -> Result<(HostConfig, Option<Config>), ConfigError> {
        let (settings, file) = self.gather();
        Config::read_with(settings, file, false)
    }

    fn gather(self) -> (Settings, Option<PathBuf>) {
        let variables = match self.environment {
            Environment::Process => process_environment(),
            Environment::Given(variables) => variables,
            Environment::None => BTreeMap::new(),
        };
        let file = match self.file {
            File::Path(path) => Some(path),
            File::None => None,
            File::Search => match variables.get(FILE_VARIABLE) {
                Some(path) if !path.is_empty() => Some(path.into()),
                _ => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()),
            },
        };
        let mut settings = Settings::default();
        if let Some(file) = &file {
            settings.add_file(file);
        }
        settings.add_environment(&variables);
        for (key, value, location) in self.set {
            settings.add_code(&key, value, location);
        }
        (settings, file)
    }
}

/// The variables whose name is text; ours all are.
fn process_environment() -> BTreeMap<String, OsString> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
}

/// Shows which keys are set, and no values: they may be secrets.
impl fmt::Debug for ConfigLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.set.iter().map(|(key, ..)| key.as_str()).collect();
        f.debug_struct("ConfigLoader")
            .field("file", &self.file)
            .field("set", &keys)
            .finish_non_exhaustive()
    }
}
