//! The sections of the multi-tenant server, which hosts tenants' own code.

mod admin;
mod database;
mod identification;
mod limits;
mod listen;
mod loading;
mod logger;
mod plugins;
mod tenants;

use super::reader::Reader;

pub use self::{
    admin::AdminConfig,
    database::CodeDatabaseConfig,
    identification::{IdentificationSettings, JwtSettings},
    limits::LimitsConfig,
    listen::ListenConfig,
    loading::{LoadingSettings, SourceSettings, StoreSettings},
    logger::{LogFormat, LoggerConfig},
    plugins::PluginsConfig,
    tenants::{OnBroken, TenantsConfig},
};

/// Sections whose keys may be written in camelCase, as the server's users know them.
const SECTIONS: [&str; 8] =
    ["admin.", "database.", "limits.", "logger.", "plugins.", "security.", "server.", "tenants."];

/// What the multi-tenant server goes by.
///
/// ```
/// use tenantry::Config;
///
/// let (host, database) = Config::builder()
///     .set("server.port", 0)
///     .set("tenants.maxConcurrent", 200)
///     .load_host()?;
/// assert_eq!((host.listen.port, host.tenants.max_concurrent), (0, 200));
/// assert!(database.is_none());
/// # Ok::<(), tenantry::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostConfig {
    /// Section `[server]`.
    pub listen: ListenConfig,
    /// Section `[server.identification]`.
    pub identification: IdentificationSettings,
    /// Section `[admin]`.
    pub admin: AdminConfig,
    /// Section `[logger]`.
    pub logger: LoggerConfig,
    /// Section `[plugins]`.
    pub plugins: PluginsConfig,
    /// Section `[tenants]`, and `security.max_concurrent_tenants`.
    pub tenants: TenantsConfig,
    /// `security.validate_inputs`: whether what requests bring is checked against the schemas of
    /// their routes. On by default.
    pub validate_inputs: bool,
    /// `security.fetch`: the origins that tenants' code may reach by `fetch`, such as
    /// `https://api.example.com`. None by default.
    pub fetch: Vec<String>,
    /// Section `[loading]`.
    pub loading: LoadingSettings,
    /// Section `[limits]`.
    pub limits: LimitsConfig,
    /// Section `[database]`.
    pub database: CodeDatabaseConfig,
}

impl HostConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            listen: ListenConfig::read(reader),
            identification: IdentificationSettings::read(reader),
            admin: AdminConfig::read(reader),
            logger: LoggerConfig::read(reader),
            plugins: PluginsConfig::read(reader),
            tenants: TenantsConfig::read(reader),
            validate_inputs: reader.boolean("security.validate_inputs", true),
            fetch: reader.texts("security.fetch").unwrap_or_default(),
            loading: LoadingSettings::read(reader),
            limits: LimitsConfig::read(reader),
            database: CodeDatabaseConfig::read(reader),
        }
    }
}

/// A key of the server in camelCase; none where that is no different, or the key is another's.
pub(super) fn camel_case(key: &str) -> Option<String> {
    if !key.contains('_') || !SECTIONS.iter().any(|section| key.starts_with(section)) {
        return None;
    }
    let mut camel = String::with_capacity(key.len());
    let mut is_first = false;
    for character in key.chars() {
        match character {
            '_' => is_first = true,
            _ if is_first => {
                camel.push(character.to_ascii_uppercase());
                is_first = false;
            }
            _ => camel.push(character),
        }
    }
    Some(camel)
}
