//! Section `[loading]`: other places that tenants and plugins come from.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::SecretString;

use crate::config::reader::Reader;

const GB: usize = 1 << 30;

/// Other places than local folders that tenants and plugins come from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadingSettings {
    /// `cache`: the folder of what was loaded from stores. `.tenantry/cache` by default.
    pub cache: PathBuf,
    /// `cache_size`: how much of it is kept, in bytes. 2 GB by default.
    pub cache_size: usize,
    /// `[loading.NAME]`: stores, by the name that a source calls them by.
    pub stores: BTreeMap<String, StoreSettings>,
}

/// Section `[loading.NAME]`: a store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreSettings {
    /// `url`: what it is and where, such as `s3://bucket/prefix`.
    pub url: String,
    /// Everything else, for the store; credentials may be among it.
    pub options: BTreeMap<String, SecretString>,
}

/// Section `[tenants.sources.ID]` or `[plugins.sources.NAME]`: where one tenant or plugin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceSettings {
    /// `strategy`: the store's name, or that of a strategy that the program adds.
    pub strategy: String,
    /// `key`: what it is called there.
    pub key: String,
    /// Everything else, such as `sha256`.
    pub options: BTreeMap<String, String>,
}

impl LoadingSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let cache = reader.path_or("loading.cache", ".tenantry/cache");
        let cache_size = reader.bytes("loading.cache_size", 2 * GB, 0..=usize::MAX >> 1);
        let mut stores = BTreeMap::new();
        for (name, mut options) in reader.tables("loading") {
            let Some(url) = options.remove("url") else {
                reader.note_missing(&format!("loading.{name}.url"), MISSING_URL);
                continue;
            };
            let options = options.into_iter().map(|(key, value)| (key, value.into())).collect();
            stores.insert(name, StoreSettings { url, options });
        }
        Self { cache, cache_size, stores }
    }
}

const MISSING_URL: &str =
    "it is not set; allowed is such as \"s3://bucket/prefix\" or \"https://host/path\"";

impl SourceSettings {
    /// All of them, by whom they are for.
    pub(super) fn read(reader: &mut Reader, section: &str) -> BTreeMap<String, Self> {
        let mut sources = BTreeMap::new();
        for (name, mut options) in reader.tables(section) {
            let mut take = |key: &str| {
                let value = options.remove(key);
                if value.is_none() {
                    let reason = "it is not set, and a source has a strategy and a key";
                    reader.note_missing(&format!("{section}.{name}.{key}"), reason);
                }
                value
            };
            if let (Some(strategy), Some(key)) = (take("strategy"), take("key")) {
                sources.insert(name, Self { strategy, key, options });
            }
        }
        sources
    }
}
