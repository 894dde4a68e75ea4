//! Configuration: a file, the environment and code, every value checked before anything starts.
//!
//! [`Config::load`] is what a program calls:
//!
//! ```no_run
//! use tenantry::{Config, ConfigError};
//!
//! let config = Config::load()?;
//! println!("at most {} connections", config.connection().max_connections);
//! # Ok::<(), ConfigError>(())
//! ```
//!
//! # Where values come from
//!
//! Each source goes over the one before:
//!
//! 1. the defaults below;
//! 2. a TOML file: the one that code or the variable `TENANTRY_CONFIG` names, or `tenantry.toml`
//!    in the current directory if there is one;
//! 3. the environment: `DATABASE_URL` sets `connection.url`; `TENANTRY_SECTION__KEY` (two
//!    underscores between section and key) sets any key, that one too. An empty variable counts as
//!    one that isn't there. Variables without two underscores in a row are not settings;
//! 4. what code [sets](ConfigLoader::set).
//!
//! A path in the file is relative to the file's folder, as the default folders for migrations are;
//! a path from elsewhere is relative to the current directory.
//!
//! # What can be set
//!
#![doc = include_str!("config/keys.md")]
//!
//! # Errors
//!
//! A key that doesn't exist is an error, and so is a value that isn't allowed. A [`ConfigError`]
//! tells all of them at once, each with its key, value, origin and what is allowed:
//!
//! ```text
//! invalid configuration, 2 problems:
//! - connection.retry.jitter = "yes" (tenantry.toml, line 3): allowed is true or false
//! - pool.ttl (environment variable TENANTRY_POOL__TTL): there is no such key
//! ```
//!
//! The connection's URL holds a password: no error, log or `Debug` output shows it.

mod connection;
mod debug;
mod discovery;
mod error;
mod host;
mod isolation;
mod loader;
mod migrations;
mod reader;
mod schemas;
mod server;
mod settings;
mod suggestion;
#[cfg(test)]
mod tests;
mod value;

use std::path::{Path, PathBuf};

use secrecy::SecretString;

pub use self::{
    connection::ConnectionConfig,
    debug::DebugConfig,
    discovery::{DiscoveryConfig, DiscoverySource},
    error::{ConfigError, ConfigProblem},
    host::{
        AdminConfig, CodeDatabaseConfig, HostConfig, IdentificationSettings, JwtSettings,
        LimitsConfig, ListenConfig, LoadingSettings, LogFormat, LoggerConfig, OnBroken,
        PluginsConfig, SourceSettings, StoreSettings, TenantsConfig,
    },
    isolation::{IsolationConfig, IsolationStrategy},
    loader::ConfigLoader,
    migrations::{MigrationsConfig, RoleTemplate},
    schemas::SchemasConfig,
    server::{InvalidDatabaseUrl, ServerConfig},
    value::Value,
};

use self::{reader::Reader, settings::Settings};
use crate::{Alphabet, InvalidTenantId, TenantId, retry::RetryConfig};

/// A checked configuration. See the [module](self) for what can be set and where.
///
/// It is read through its sections and never changed: what it holds went through all checks.
///
/// # Examples
///
/// From code alone, as a test does:
///
/// ```
/// use std::time::Duration;
/// use tenantry::Config;
///
/// let config = Config::builder()
///     .set("connection.url", "postgres://app:secret@localhost/app")
///     .set("connection.max_connections", 8)
///     .set("connection.acquire_timeout", "2s")
///     .load()?;
/// assert_eq!(config.connection().max_connections, 8);
/// assert_eq!(config.connection().max_per_tenant, 4);
/// assert_eq!(config.connection().acquire_timeout, Duration::from_secs(2));
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), tenantry::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    connection: ConnectionConfig,
    isolation: IsolationConfig,
    schemas: SchemasConfig,
    migrations: MigrationsConfig,
    discovery: DiscoveryConfig,
    alphabet: Alphabet,
    debug: DebugConfig,
    host: HostConfig,
    file: Option<PathBuf>,
}

impl Config {
    /// Loads the configuration of this program: the file, then the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with everything that is wrong.
    pub fn load() -> Result<Self, ConfigError> {
        Self::loader().load()
    }

    /// What [`load`](Self::load) uses, to name another file or to set values over the others.
    pub fn loader() -> ConfigLoader {
        ConfigLoader::new()
    }

    /// A loader that looks at neither file nor environment: only what code sets counts.
    pub fn builder() -> ConfigLoader {
        ConfigLoader::new().without_file().env(false)
    }

    fn read(settings: Settings, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let (_, config) = Self::read_with(settings, file, true)?;
        Ok(config.expect("a missing or invalid URL is a problem that was told"))
    }

    /// Reads all sections. Without a database's URL there is no configuration but the server's.
    fn read_with(
        settings: Settings,
        file: Option<PathBuf>,
        needs_database: bool,
    ) -> Result<(HostConfig, Option<Self>), ConfigError> {
        let directory = file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let mut reader = Reader::new(settings, directory);
        let connection = ConnectionConfig::read(&mut reader, needs_database);
        let isolation = IsolationConfig::read(&mut reader);
        let schemas = SchemasConfig::read(&mut reader);
        let migrations = MigrationsConfig::read(&mut reader);
        let discovery = DiscoveryConfig::read(&mut reader);
        let alphabets = [("strict", Alphabet::Strict), ("legacy", Alphabet::Legacy)];
        let alphabet = reader.word("tenant_ids.alphabet", Alphabet::Strict, &alphabets);
        let debug = DebugConfig::read(&mut reader);
        let host = HostConfig::read(&mut reader);
        reader.finish()?;
        let config = connection.map(|connection| Self {
            connection,
            isolation,
            schemas,
            migrations,
            discovery,
            alphabet,
            debug,
            host: host.clone(),
            file,
        });
        Ok((host, config))
    }

    /// Section `[connection]`.
    pub fn connection(&self) -> &ConnectionConfig {
        &self.connection
    }

    /// The connection's URL, with its password.
    pub fn database_url(&self) -> &SecretString {
        &self.connection.url
    }

    /// Section `[connection.retry]`.
    pub fn retry(&self) -> &RetryConfig {
        &self.connection.retry
    }

    /// Section `[isolation]`.
    pub fn isolation(&self) -> &IsolationConfig {
        &self.isolation
    }

    /// Section `[schemas]`.
    pub fn schemas(&self) -> &SchemasConfig {
        &self.schemas
    }

    /// Section `[migrations]`.
    pub fn migrations(&self) -> &MigrationsConfig {
        &self.migrations
    }

    /// Section `[discovery]`.
    pub fn discovery(&self) -> &DiscoveryConfig {
        &self.discovery
    }

    /// Section `[debug]`.
    pub fn debug(&self) -> &DebugConfig {
        &self.debug
    }

    /// The sections of the multi-tenant server: `[server]`, `[admin]`, `[logger]`, `[plugins]`,
    /// `[tenants]`, `[security]` and `[limits]`.
    pub fn host(&self) -> &HostConfig {
        &self.host
    }

    /// The alphabet of tenants' ids: `tenant_ids.alphabet`.
    pub fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    /// Parses a tenant's id by the configured alphabet.
    ///
    /// # Errors
    ///
    /// [`InvalidTenantId`], which says which character is wrong and where.
    pub fn parse_tenant_id(&self, id: &str) -> Result<TenantId, InvalidTenantId> {
        TenantId::parse_with(self.alphabet, id)
    }

    /// The configuration file that was read, if there was one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}
