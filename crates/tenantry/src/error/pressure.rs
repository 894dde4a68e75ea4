//! What is said when the connections do not suffice.

use std::{fmt, time::Duration};

use tenantry_pool::Holder;

use crate::TenantId;

/// Nobody gave a connection back in time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolTimeout {
    /// How long the caller waited.
    pub waited: Duration,
    /// Connections in use at that moment.
    pub in_use: usize,
    /// Callers waiting at that moment.
    pub waiting: usize,
    /// The budget.
    pub max_connections: usize,
    /// Who had the most connections at that moment: three at most.
    pub holders: Vec<PoolHolder>,
    /// Why the last attempt to open one more failed, if it did.
    pub last_failure: Option<String>,
}

/// Who had connections while somebody waited in vain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolHolder {
    /// The tenant; nobody where it was the shared schema, or a tenant that has gone since.
    pub tenant: Option<TenantId>,
    /// The connections it had.
    pub in_use: usize,
    /// How long it had had one of them.
    pub longest: Duration,
}

impl PoolHolder {
    pub(super) fn new(holder: Holder, tenant: Option<TenantId>) -> Self {
        Self { tenant, in_use: holder.in_use, longest: holder.longest }
    }
}

impl fmt::Display for PoolHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = self.tenant.as_ref().map_or("no tenant", |tenant| tenant.as_str());
        write!(f, "{tenant}: {} for up to {:.1?}", self.in_use, self.longest)
    }
}

impl fmt::Display for PoolTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waited, in_use, waiting, max_connections, holders, last_failure } = self;
        write!(
            f,
            "no connection was free within {waited:.1?}: {in_use} of {max_connections} in use"
        )?;
        for (place, holder) in holders.iter().enumerate() {
            write!(f, "{}{holder}", if place == 0 { " (" } else { ", " })?;
        }
        write!(
            f,
            "{}, {waiting} waiting; raise connection.max_connections or look for long transactions",
            if holders.is_empty() { "" } else { ")" }
        )?;
        match last_failure {
            Some(failure) => write!(f, " (the last attempt to connect failed: {failure})"),
            None => Ok(()),
        }
    }
}

/// Too many callers waited for a connection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PoolSaturated {
    /// Whether it was this tenant's callers that were too many, or those of all.
    pub of_tenant: bool,
    /// How many of them waited.
    pub waiting: usize,
    /// How many may: `connection.max_waiters_per_tenant` or `connection.max_waiters`.
    pub limit: usize,
    /// Connections in use at that moment.
    pub in_use: usize,
    /// The budget.
    pub max_connections: usize,
}

impl fmt::Display for PoolSaturated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of_tenant, waiting, limit, in_use, max_connections } = self;
        let (whose, key) = if *of_tenant {
            ("callers of this tenant wait", "connection.max_waiters_per_tenant")
        } else {
            ("callers wait", "connection.max_waiters")
        };
        write!(
            f,
            "{waiting} {whose} for a connection already, and {key} is {limit}: {in_use} of \
             {max_connections} in use"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_out_names_who_has_the_connections() {
        let holder = |tenant: Option<&str>, in_use, seconds| PoolHolder {
            tenant: tenant.map(|id| TenantId::parse(id).unwrap()),
            in_use,
            longest: Duration::from_secs(seconds),
        };
        let error = PoolTimeout {
            waited: Duration::from_secs(5),
            in_use: 20,
            waiting: 31,
            max_connections: 20,
            holders: vec![holder(Some("acme"), 12, 90), holder(None, 1, 2)],
            last_failure: None,
        };
        assert_eq!(
            error.to_string(),
            "no connection was free within 5.0s: 20 of 20 in use (acme: 12 for up to 90.0s, \
             no tenant: 1 for up to 2.0s), 31 waiting; raise connection.max_connections or look \
             for long transactions"
        );
        let error = PoolTimeout { holders: Vec::new(), ..error };
        assert!(error.to_string().contains("20 of 20 in use, 31 waiting"), "{error}");
    }
}
