use tenantry::TenantId;

/// Which tenants [`Migrator::status_of`](crate::Migrator::status_of) tells of.
///
/// ```
/// use tenantry_migrate::StatusOptions;
///
/// let those_that_need_work = StatusOptions::new().behind().failed();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StatusOptions {
    pub(crate) tenants: Vec<TenantId>,
    pub(crate) behind: bool,
    pub(crate) failed: bool,
    pub(crate) lacking: Option<String>,
}

impl StatusOptions {
    /// All tenants.
    pub fn new() -> Self {
        Self::default()
    }

    /// These tenants only; no other's ledger is read.
    pub fn tenants(mut self, ids: impl IntoIterator<Item = TenantId>) -> Self {
        self.tenants.extend(ids);
        self
    }

    /// Those that lack something; together with [`failed`](Self::failed), those as well.
    pub fn behind(mut self) -> Self {
        self.behind = true;
        self
    }

    /// Those that cannot be migrated as they are, or have no schema.
    pub fn failed(mut self) -> Self {
        self.failed = true;
        self
    }

    /// Those that lack this migration: its name, or as much of its beginning as no other has.
    pub fn lacking(mut self, migration: impl Into<String>) -> Self {
        self.lacking = Some(migration.into());
        self
    }

    /// Whether not all tenants are asked for.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.tenants.is_empty() || self.behind || self.failed || self.lacking.is_some()
    }
}
