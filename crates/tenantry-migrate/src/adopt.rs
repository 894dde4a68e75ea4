//! Taking over an existing database as it is.
//!
//! Tenants that another tool has migrated are entered in the catalog under the schemas they have, and
//! what that tool's ledger says of each is written into ours. The other tool's tables are read and never
//! written: until the switch, it goes on as before.
//!
//! - [`source`]: which tenants there are, as somebody says; [`candidates`]: which of them can be
//!   tenants here;
//! - [`tool`]: the ledgers of other tools, known by their columns; [`found`]: reading them;
//! - [`matching`]: their rows against the files;
//! - [`plan`]: what there is to do, before anything is done; [`carry_out`]: doing it.

mod candidates;
mod carry_out;
mod csv;
mod found;
mod matching;
mod options;
mod plan;
mod report;
mod source;
mod tool;

pub use self::{
    csv::InvalidCsv,
    options::{AdoptOptions, AdoptSource},
    report::{AdoptAction, AdoptLedger, AdoptPlan, AdoptShared, AdoptSummary, AdoptTenant},
};

pub(crate) use self::{carry_out::carry_out, plan::plan};
