use crate::{SchemaName, TenantId};

/// A tenant to be added to the catalog.
///
/// ```
/// use tenantry::{NewTenant, TenantId};
///
/// let new = NewTenant::new(TenantId::parse("acme")?).plan("pro").domain("acme.example.com");
/// # Ok::<(), tenantry::InvalidTenantId>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct NewTenant {
    pub(crate) id: TenantId,
    pub(crate) schema: Option<SchemaName>,
    pub(crate) domains: Vec<String>,
    pub(crate) plan: Option<String>,
    pub(crate) metadata: serde_json::Value,
}

impl NewTenant {
    /// A tenant whose schema the template names.
    pub fn new(id: TenantId) -> Self {
        Self {
            id,
            schema: None,
            domains: Vec::new(),
            plan: None,
            metadata: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// Sets its schema, for a tenant that brings one.
    pub fn schema(mut self, schema: SchemaName) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Adds a domain that leads to it; upper case is folded.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Sets the plan it is on.
    pub fn plan(mut self, plan: impl Into<String>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// Sets what else the application keeps with it: a JSON object.
    pub fn metadata(mut self, metadata: serde_json::Value) -> Self {
        self.metadata = metadata;
        self
    }

    /// Its id.
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.id
    }

    /// Whether it brings a schema of its own, and has none by the template.
    #[must_use]
    pub fn brings_schema(&self) -> bool {
        self.schema.is_some()
    }
}
