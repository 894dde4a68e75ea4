//! How the tenants stand, and what they use.

use std::{collections::BTreeMap, sync::PoisonError, sync::atomic::Ordering::Relaxed};

use serde::Serialize;
use tenantry_fastify::PartError;

use crate::{
    error::ServerError,
    server::Core,
    tenants::{Condition, Tenant},
};

/// How all tenants stand, and what they use.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServerStats {
    /// How many there are.
    pub total: usize,
    /// How many are served: loaded, or loaded by their next request.
    pub active: usize,
    /// How many are not: by their configuration, or because they are broken.
    pub inactive: usize,
    /// How many are loaded now.
    pub loaded: usize,
    /// How many there are by where their code comes from.
    pub by_type: BTreeMap<String, usize>,
    /// Services of those that are loaded.
    pub services: usize,
    /// Isolates, all tenants together.
    pub isolates: usize,
    /// Memory of the isolates, in bytes.
    pub memory: usize,
    /// CPU time of all tenants' code since the start, in milliseconds.
    pub cpu_time: f64,
    /// Requests for tenants since the start.
    pub requests: u64,
    /// Those answered with a status of 500 or more.
    pub errors: u64,
    /// Each tenant, by its id.
    pub tenants: Vec<TenantStats>,
    /// Folders and keys that are no tenants, and why.
    pub refused: BTreeMap<String, String>,
}

/// How one tenant stands, and what it uses.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TenantStats {
    /// Its id.
    pub id: String,
    /// The name it gives itself, once it has been loaded.
    pub name: Option<String>,
    /// Where its code comes from.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is served.
    pub active: bool,
    /// Whether it is loaded now.
    pub loaded: bool,
    /// How many routes it has, as it was loaded last.
    pub routes: usize,
    /// Its services, as it was loaded last.
    pub services: Vec<String>,
    /// Its isolates.
    pub isolates: usize,
    /// Their memory, in bytes.
    pub memory: usize,
    /// CPU time of its code since the start, in milliseconds.
    pub cpu_time: f64,
    /// Its requests since the start.
    pub requests: u64,
    /// Those answered with a status of 500 or more.
    pub errors: u64,
    /// How often its code has asked for something that leads out of its sandbox, and was refused.
    pub refusals: u64,
    /// Its requests under way.
    pub open: usize,
    /// How often it was loaded, reloads included.
    pub loads: u64,
    /// Why it is not served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Reason>,
    /// Parts that are broken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<PartError>,
}

/// Why a tenant is not served.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Reason {
    /// The error's code.
    pub code: &'static str,
    /// Its message.
    pub message: String,
}

/// How many tenants there are.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Count {
    total: usize,
    active: usize,
    inactive: usize,
    loaded: usize,
}

impl ServerStats {
    pub(crate) fn of(core: &Core) -> Self {
        let tenants: Vec<TenantStats> =
            core.tenants.all().iter().map(|tenant| TenantStats::of(tenant)).collect();
        let mut by_type = BTreeMap::new();
        for tenant in &tenants {
            *by_type.entry(tenant.kind.clone()).or_default() += 1;
        }
        let active = tenants.iter().filter(|tenant| tenant.active).count();
        let loaded = || tenants.iter().filter(|tenant| tenant.loaded);
        let refused = core.discovery.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            total: tenants.len(),
            active,
            inactive: tenants.len() - active,
            loaded: loaded().count(),
            by_type,
            services: loaded().map(|tenant| tenant.services.len()).sum(),
            isolates: tenants.iter().map(|tenant| tenant.isolates).sum(),
            memory: tenants.iter().map(|tenant| tenant.memory).sum(),
            cpu_time: tenants.iter().map(|tenant| tenant.cpu_time).sum(),
            requests: tenants.iter().map(|tenant| tenant.requests).sum(),
            errors: tenants.iter().map(|tenant| tenant.errors).sum(),
            tenants,
            refused,
        }
    }

    pub(crate) fn count(&self) -> Count {
        let Self { total, active, inactive, loaded, .. } = *self;
        Count { total, active, inactive, loaded }
    }
}

impl TenantStats {
    fn of(tenant: &Tenant) -> Self {
        let condition = tenant.condition();
        let (known, isolates, error) = match &condition {
            Condition::Loaded { loaded, isolates } => (Some(loaded.clone()), *isolates, None),
            Condition::Unloaded(known) => (known.clone(), 0, None),
            Condition::KeptOut(error) => (tenant.known(), 0, Some(error)),
        };
        let usage = tenant.usage();
        let broken = match error {
            Some(ServerError::TenantBroken { broken, .. }) => broken.parts.clone(),
            _ => known.as_ref().map(|known| known.errors.clone()).unwrap_or_default(),
        };
        Self {
            id: tenant.id().to_string(),
            name: known.as_ref().map(|known| known.name.clone()),
            kind: tenant.kind().to_owned(),
            active: error.is_none(),
            loaded: matches!(condition, Condition::Loaded { .. }),
            routes: known.as_ref().map_or(0, |known| known.routes.len()),
            services: known.as_ref().map(|known| known.services.clone()).unwrap_or_default(),
            isolates,
            memory: usage.memory,
            cpu_time: usage.cpu.as_secs_f64() * 1000.0,
            requests: tenant.counted().requests.load(Relaxed),
            errors: tenant.counted().errors.load(Relaxed),
            refusals: tenant.log().refusals(),
            open: tenant.open(),
            loads: tenant.loads(),
            error: error.map(|error| Reason { code: error.code(), message: error.to_string() }),
            broken,
        }
    }
}
