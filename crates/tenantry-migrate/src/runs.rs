//! Runs: who migrated what, when, and with which result for each tenant.
//!
//! - [`table`]: the two tables, in the catalog's schema;
//! - [`record`]: what writes them while a run is under way, in batches;
//! - [`read`]: what reads them.

mod read;
mod record;
mod table;

use serde::{Deserialize, Serialize};
use tenantry::TenantId;

pub(crate) use self::record::Recorder;

use crate::{Atomic, Failure, MaxFailures, MigrateOptions, OnError, Stages, migrator::Which};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunState {
    /// It is under way.
    Running,
    /// Everything was done.
    Succeeded,
    /// It ran to its end, and something failed; or it ended early for that.
    Failed,
    /// It was stopped.
    Stopped,
    /// Nothing has been heard of it for some seconds, and it has not ended: its process is gone.
    Interrupted,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// How it stands.
    pub state: RunState,
    /// When it began, in UTC: `2026-11-20T16:05:01Z`.
    pub started_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// For how long it ran until now, or until it was heard of last, in milliseconds.
    pub duration_ms: i64,
    /// Who began it.
    pub started_by: String,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub pid: i32,
    /// With which version of Tenantry.
    pub version: String,
    /// What was asked for.
    pub request: serde_json::Value,
    /// The migrations that were to be applied.
    pub files: Vec<String>,
    /// How many tenants had something to be applied.
    pub tenants: i32,
    /// How many of them have it now.
    pub succeeded: i64,
    /// How many failed.
    pub failed: i64,
    /// How many are not done with.
    pub left: i64,
}

/// What came of a tenant in a run.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RunTenant {
    /// The tenant.
    pub tenant: String,
    /// `succeeded`, `skipped` (another runner has done it), `failed`, `unfinished` or `gone`.
    pub status: String,
    /// The migrations applied in this run.
    pub applied: Vec<String>,
    /// Why it failed, as in the report of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// When it was done with, in UTC.
    pub finished_at: String,
}

/// A run with everything that is known of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RunDetails {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// Each tenant that was done with, by id.
    pub results: Vec<RunTenant>,
}

/// What was asked for, to be asked for again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunRequest {
    /// These tenants; all, if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenants: Option<Vec<String>>,
    #[serde(default)]
    shared: bool,
    concurrency: usize,
    #[serde(default)]
    atomic: Atomic,
    #[serde(default)]
    out_of_order: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_error: Option<OnError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_failures: Option<MaxFailures>,
    #[serde(default)]
    stages: Stages,
    #[serde(default)]
    strict: bool,
    /// What was asked between two stages, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<String>,
}

impl RunRequest {
    pub(crate) fn new(which: &Which<'_>, options: &MigrateOptions) -> Self {
        let tenants = match which {
            Which::These(ids) => Some(ids.iter().map(ToString::to_string).collect()),
            Which::All | Which::None => None,
        };
        Self {
            tenants,
            shared: options.shared,
            concurrency: options.concurrency,
            atomic: options.atomic,
            out_of_order: options.out_of_order,
            on_error: options.on_error,
            max_failures: options.max_failures,
            stages: options.stages.clone(),
            strict: options.strict,
            checks: match options.checks.as_slice() {
                [] if options.gate.is_there() => vec!["a function".to_owned()],
                checks => checks.to_vec(),
            },
        }
    }

    /// Refuses to go on without what was asked between the stages. It is not taken from the table:
    /// whoever may write there is not to say what is run here.
    pub(crate) fn check_again(
        &self,
        run: i64,
        options: &MigrateOptions,
    ) -> Result<(), Box<Failure>> {
        if self.checks.is_empty() || options.gate.is_there() || options.without_checks {
            return Ok(());
        }
        let message =
            format!("run {run} was checked between its stages by {}", self.checks.join(" and "));
        Err(Box::new(Failure::new("CHECKS_MISSING", message).hint(
            "checks are recorded and not run from there: give them again, or others, or \
             --no-checks",
        )))
    }

    /// The tenants by name, unless it was all of them.
    pub(crate) fn tenants(&self) -> Option<&[String]> {
        self.tenants.as_deref()
    }

    /// These options, with what was asked for.
    pub(crate) fn options(self, options: &MigrateOptions) -> MigrateOptions {
        MigrateOptions {
            shared: self.shared,
            concurrency: self.concurrency,
            atomic: self.atomic,
            out_of_order: self.out_of_order,
            on_error: self.on_error,
            max_failures: self.max_failures,
            stages: match options.stages.pause_between() {
                Some(pause) => self.stages.pause(pause),
                None => self.stages,
            },
            strict: self.strict || options.strict,
            ..options.clone()
        }
    }
}

/// A tenant's result, on its way to the table.
#[derive(Debug)]
struct Finished {
    tenant: TenantId,
    status: String,
    applied: Vec<String>,
    error: Option<Failure>,
    duration_ms: i64,
}
