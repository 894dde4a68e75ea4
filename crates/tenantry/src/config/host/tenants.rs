//! Section `[tenants]`: where tenants' code is, and how many are loaded.

use std::{collections::BTreeMap, path::PathBuf};

use super::{loading::SourceSettings, plugins::pattern};
use crate::config::reader::Reader;

/// Where tenants' code is, and how many are loaded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TenantsConfig {
    /// `dir`: the folder with a folder for each tenant. `tenants` by default.
    pub dir: PathBuf,
    /// `max_concurrent`, and the same by its other name, `security.max_concurrent_tenants`: how many
    /// tenants are loaded at once. 1,000 by default. The least recently used idle ones are unloaded
    /// beyond that, and loaded again by their next request.
    pub max_concurrent: usize,
    /// `max_isolates`: how many isolates one tenant may have. As many as there are workers by default.
    pub max_isolates: Option<usize>,
    /// `auto_load`: whether tenants are loaded at the start, and not by their first request. On by
    /// default.
    pub auto_load: bool,
    /// `npm_pattern`: which packages of `node_modules` are tenants, such as
    /// `"fastify-multitenant-*"`. None by default.
    pub npm_pattern: Option<String>,
    /// `on_broken`: what a broken part keeps out: its tenant, or itself only. Its tenant by default.
    pub on_broken: OnBroken,
    /// `from`: the stores whose keys are tenants, by their names in `[loading]`. None by default.
    pub from: Vec<String>,
    /// `[tenants.sources.ID]`: tenants that come from somewhere else, by their ids.
    pub sources: BTreeMap<String, SourceSettings>,
}

/// What a part of a tenant's code that is broken keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBroken {
    /// `"tenant"`: the whole tenant.
    Tenant,
    /// `"part"`: that part only.
    Part,
}

impl TenantsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let words = [("tenant", OnBroken::Tenant), ("part", OnBroken::Part)];
        Self {
            dir: reader.path_or("tenants.dir", "tenants"),
            max_concurrent: max_concurrent(reader),
            max_isolates: {
                let most = reader.integer("tenants.max_isolates", 0, 1..=256) as usize;
                Some(most).filter(|most| *most > 0)
            },
            auto_load: reader.boolean("tenants.auto_load", true),
            npm_pattern: reader.parsed("tenants.npm_pattern", pattern),
            on_broken: reader.word("tenants.on_broken", OnBroken::Tenant, &words),
            from: reader.texts("tenants.from").unwrap_or_default(),
            sources: SourceSettings::read(reader, "tenants.sources"),
        }
    }
}

/// The limit by either of its names; both with different values is a problem.
fn max_concurrent(reader: &mut Reader) -> usize {
    const MOST: u64 = 1_000_000;
    let [one, other] = ["tenants.max_concurrent", "security.max_concurrent_tenants"];
    let given = reader.peek_any(other);
    let first = reader.integer(one, 0, 1..=MOST);
    let second = reader.integer(other, 0, 1..=MOST);
    if first != 0
        && second != 0
        && first != second
        && let Some(entry) = given
    {
        let reason = format!("it is the same limit as {one}, which is {first}; set one of them");
        reader.note(other, &entry, reason);
    }
    match (first, second) {
        (0, 0) => 1_000,
        (0, second) => second as usize,
        (first, _) => first as usize,
    }
}
