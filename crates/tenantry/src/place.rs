#[cfg(feature = "diesel")]
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher},
    sync::{Mutex, MutexGuard, PoisonError},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Instant,
};

use tenantry_pool::Target;

use crate::{
    Error, Identifier, Result, Tenant, TenantId, TenantStatus,
    connection::{Binding, Server},
    versions::Memory,
};

/// The OIDs of types and of arrays of them, by schema (if one is given) and name.
#[cfg(feature = "diesel")]
type Types = HashMap<(Option<String>, String), (u32, u32), BuildHasherDefault<DefaultHasher>>;

/// A placement resolved: the target that the pool knows, the binding that makes a statement speak
/// for the tenant there, and whether anybody may.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) target: Arc<Target<Server>>,
    pub(crate) binding: Binding,
    /// The tenant, or `None` for the shared schema.
    pub(crate) tenant: Option<TenantId>,
    /// The quoted-free name of the schema, for metrics and messages.
    pub(crate) schema: Identifier,
    /// What is known of the migrations it has.
    pub(crate) memory: Memory,
    status: AtomicU8,
    /// The types that are no built-in ones, as far as they were asked for.
    #[cfg(feature = "diesel")]
    types: Mutex<Types>,
}

impl Place {
    /// Where a tenant's statements go: its schema, then what `beside` names, then `pg_temp`.
    pub(crate) fn of_tenant(tenant: &Tenant, server: Server, beside: &[Identifier]) -> Arc<Self> {
        let schema = tenant.placement.schema.as_identifier().clone();
        Self::new(Some(tenant.id.clone()), schema, tenant.status, server, beside)
    }

    /// Where the shared schema's statements go.
    pub(crate) fn of_shared(
        schema: Identifier,
        server: Server,
        beside: &[Identifier],
    ) -> Arc<Self> {
        Self::new(None, schema, TenantStatus::Active, server, beside)
    }

    fn new(
        tenant: Option<TenantId>,
        schema: Identifier,
        status: TenantStatus,
        server: Server,
        beside: &[Identifier],
    ) -> Arc<Self> {
        let target = match &tenant {
            Some(_) => Target::new(server),
            None => Target::beside(server),
        };
        let binding = Binding::new(target.id(), std::iter::once(&schema).chain(beside));
        Arc::new(Self {
            target,
            binding,
            tenant,
            schema,
            memory: Memory::default(),
            status: AtomicU8::new(status as u8),
            #[cfg(feature = "diesel")]
            types: Mutex::default(),
        })
    }

    /// The OIDs asked for so far.
    #[cfg(feature = "diesel")]
    pub(crate) fn types(&self) -> MutexGuard<'_, Types> {
        self.types.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The schema has been migrated: statements are prepared anew, and types looked up anew.
    pub(crate) fn begin_generation(&self) {
        #[cfg(feature = "diesel")]
        self.types().clear();
        self.binding.begin_generation();
        self.memory.announce(Instant::now());
    }

    /// The server's address, for messages.
    pub(crate) fn address(&self) -> String {
        self.target.server().address()
    }

    pub(crate) fn set_status(&self, status: TenantStatus) {
        self.status.store(status as u8, Ordering::Release);
    }

    /// Whether the tenant is still here: what was begun for it ends when it is dropped.
    pub(crate) fn check_is_here(&self) -> Result<()> {
        match &self.tenant {
            Some(tenant) if self.target.is_retired() => Err(Error::TenantMoved(tenant.clone())),
            _ => Ok(()),
        }
    }

    /// Whether what was begun for the tenant may go on: it is still here, and not archived.
    pub(crate) fn check_is_working(&self) -> Result<()> {
        match self.check() {
            Err(Error::TenantSuspended(_)) => Ok(()),
            other => other,
        }
    }

    /// Whether the tenant works and is still here.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(tenant) = &self.tenant else {
            return Ok(());
        };
        self.check_is_here()?;
        match self.status.load(Ordering::Acquire) {
            status if status == TenantStatus::Active as u8 => Ok(()),
            status if status == TenantStatus::Suspended as u8 => {
                Err(Error::TenantSuspended(tenant.clone()))
            }
            _ => Err(Error::TenantArchived(tenant.clone())),
        }
    }
}
