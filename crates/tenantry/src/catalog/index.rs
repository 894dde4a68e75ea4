use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tenantry_pool::TargetId;
use tokio::sync::broadcast;

use super::{
    migrated::Migrated,
    rows::{self, TenantRow},
};
use crate::{
    Error, Identifier, Result, Tenant, TenantId, TenantStatus, connection::Server, db::Run,
    place::Place,
};

/// The cluster of a tenant that names no other.
pub(super) const DEFAULT_CLUSTER: &str = "default";

/// A tenant the process knows, and the place its statements go to.
#[derive(Clone, Debug)]
pub(crate) struct Resident {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) place: Arc<Place>,
    version: i64,
}

impl Resident {
    /// The tenant, if it is at work.
    pub(crate) fn active(&self) -> Result<&Self> {
        match self.tenant.status {
            TenantStatus::Active => Ok(self),
            TenantStatus::Suspended => Err(Error::TenantSuspended(self.tenant.id.clone())),
            TenantStatus::Archived => Err(Error::TenantArchived(self.tenant.id.clone())),
        }
    }
}

/// How many announcements whoever listens to them may be behind.
const ANNOUNCEMENTS: usize = 256;

/// What becomes of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The tenant is archived: what runs may finish soon.
    Archived,
    /// The tenant has gone: nothing is bound there any more, and what runs may finish soon.
    Gone,
    /// The tenant is elsewhere now: nothing is bound there any more, and what runs may finish.
    Moved,
}

/// Called with a place that is no longer worked with.
type OnEnding = Box<dyn Fn(&Place, Ending) + Send + Sync>;

/// The tenants in memory. A lookup takes no connection.
pub(crate) struct Index {
    server: Server,
    shared: Arc<Place>,
    /// What every tenant's search_path holds beside its own schema.
    beside: Vec<Identifier>,
    tenants: RwLock<Tenants>,
    /// Until when what is here counts, in microseconds since `start`; `u64::MAX` is for ever.
    fresh_until: AtomicU64,
    start: Instant,
    on_ending: OnEnding,
    migrated: broadcast::Sender<Migrated>,
}

#[derive(Default)]
struct Tenants {
    by_id: HashMap<TenantId, Resident>,
    by_domain: HashMap<String, TenantId>,
    by_target: HashMap<TargetId, TenantId>,
    /// The versions of rows that are gone, so that a slow read puts none of them back.
    gone: HashMap<TenantId, i64>,
}

impl Index {
    pub(crate) fn new(
        server: Server,
        shared: Arc<Place>,
        beside: Vec<Identifier>,
        on_ending: impl Fn(&Place, Ending) + Send + Sync + 'static,
    ) -> Self {
        Self {
            server,
            shared,
            beside,
            tenants: RwLock::default(),
            fresh_until: AtomicU64::new(0),
            start: Instant::now(),
            on_ending: Box::new(on_ending),
            migrated: broadcast::channel(ANNOUNCEMENTS).0,
        }
    }

    /// A tenant of whatever status.
    pub(crate) fn get(&self, id: &TenantId) -> Result<Resident> {
        let found = self.read().by_id.get(id).cloned();
        found.ok_or_else(|| Error::TenantNotFound(id.clone()))
    }

    /// The tenant that has this domain (in lower case).
    pub(crate) fn by_domain(&self, domain: &str) -> Result<Resident> {
        let tenants = self.read();
        let found = tenants.by_domain.get(domain).and_then(|id| tenants.by_id.get(id)).cloned();
        found.ok_or_else(|| Error::DomainNotFound(domain.to_owned()))
    }

    /// Whose target this is.
    pub(crate) fn tenant_of(&self, target: TargetId) -> Option<TenantId> {
        self.read().by_target.get(&target).cloned()
    }

    /// All tenants, by id.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        let mut all: Vec<_> =
            self.read().by_id.values().map(|known| Arc::clone(&known.tenant)).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Takes a row in, unless a later one of the tenant is here already. What is here then.
    pub(crate) fn apply(&self, row: TenantRow) -> Resident {
        let mut tenants = self.write();
        let id = row.tenant.id.clone();
        let known = tenants.by_id.get(&id);
        if let Some(known) = known.filter(|known| known.version >= row.version) {
            return known.clone();
        }
        let tenant = Arc::new(row.tenant);
        let kept = known.filter(|known| known.tenant.placement == tenant.placement);
        let place = match kept {
            Some(known) => {
                known.place.set_status(tenant.status);
                Arc::clone(&known.place)
            }
            None => Place::of_tenant(&tenant, self.server.clone(), &self.beside),
        };
        let resident = Resident { tenant, place, version: row.version };
        if tenants.gone.get(&id).is_some_and(|&gone| gone >= row.version) {
            // A row from before it was deleted: nothing may be bound to it.
            drop(tenants);
            (self.on_ending)(&resident.place, Ending::Gone);
            return resident;
        }
        tenants.gone.remove(&id);
        let old = tenants.take_out(&id);
        tenants.put(resident.clone());
        drop(tenants);
        if let Some(old) = old {
            let is_archived = |tenant: &Tenant| tenant.status == TenantStatus::Archived;
            if !Arc::ptr_eq(&old.place, &resident.place) {
                (self.on_ending)(&old.place, Ending::Moved);
            } else if is_archived(&resident.tenant) && !is_archived(&old.tenant) {
                (self.on_ending)(&old.place, Ending::Archived);
            }
        }
        resident
    }

    /// Takes a tenant out, unless a row later than `version` is here.
    pub(crate) fn remove(&self, id: &TenantId, version: i64) {
        let mut tenants = self.write();
        if tenants.by_id.get(id).is_none_or(|known| known.version > version) {
            return;
        }
        tenants.gone.insert(id.clone(), version);
        let removed = tenants.take_out(id);
        drop(tenants);
        if let Some(removed) = removed {
            (self.on_ending)(&removed.place, Ending::Gone);
        }
    }

    /// Takes all rows in, as they were when the versions had come to `version`; tenants that
    /// have none are gone.
    pub(crate) fn replace(&self, rows: Vec<TenantRow>, version: i64) {
        let there = rows.iter().map(|row| row.tenant.id.clone()).collect();
        for row in rows {
            self.apply(row);
        }
        self.keep_only(&there, version);
    }

    /// Reads all rows and takes them in: page by page, since all of them at once would take several times the
    /// memory of what is kept. What changes meanwhile has a later version than what was read first.
    pub(crate) async fn load(&self, db: &mut impl Run) -> Result<()> {
        let version = rows::current_version(db).await?;
        let mut there = HashSet::new();
        let mut after = None;
        loop {
            let (page, next) = rows::page(db, after.as_deref()).await?;
            for row in page {
                there.insert(row.tenant.id.clone());
                self.apply(row);
            }
            match next {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        self.keep_only(&there, version);
        Ok(())
    }

    /// Takes out all others than these, unless a row later than `version` is here.
    fn keep_only(&self, there: &HashSet<TenantId>, version: i64) {
        let known: Vec<TenantId> = self.read().by_id.keys().cloned().collect();
        for id in known.into_iter().filter(|id| !there.contains(id)) {
            self.remove(&id, version);
        }
        self.write().gone.retain(|_, &mut gone| gone >= version);
    }

    /// Schemas have been migrated: what is prepared for them is of no more use.
    pub(crate) fn begin_generation(&self, migrated: &Migrated) {
        let tenants = self.read();
        match migrated {
            Migrated::Tenants(ids) => {
                let known = ids.iter().filter_map(|id| tenants.by_id.get(id));
                known.for_each(|known| known.place.begin_generation());
            }
            Migrated::All => {
                self.shared.begin_generation();
                tenants.by_id.values().for_each(|known| known.place.begin_generation());
            }
        }
    }

    /// An announcement has been heard: whoever listens is told.
    pub(crate) fn heard(&self, migrated: Migrated) {
        self.begin_generation(&migrated);
        // Nobody listens, often.
        let _ = self.migrated.send(migrated);
    }

    /// The announcements heard from now on.
    pub(crate) fn announcements(&self) -> broadcast::Receiver<Migrated> {
        self.migrated.subscribe()
    }

    /// Whether a lookup that finds nothing means that there is nothing.
    pub(crate) fn is_fresh(&self) -> bool {
        let now = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        now < self.fresh_until.load(Ordering::Acquire)
    }

    /// What is here counts for `lease`, from `since` on.
    pub(crate) fn renew(&self, since: Instant, lease: Duration) {
        let until = since.saturating_duration_since(self.start) + lease;
        let until = u64::try_from(until.as_micros()).unwrap_or(u64::MAX);
        self.fresh_until.store(until, Ordering::Release);
    }

    /// What is here counts until it is replaced.
    pub(crate) fn keep_for_ever(&self) {
        self.fresh_until.store(u64::MAX, Ordering::Release);
    }

    fn read(&self) -> RwLockReadGuard<'_, Tenants> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tenants> {
        self.tenants.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenants {
    fn take_out(&mut self, id: &TenantId) -> Option<Resident> {
        let old = self.by_id.remove(id)?;
        for domain in &old.tenant.domains {
            if self.by_domain.get(domain) == Some(id) {
                self.by_domain.remove(domain);
            }
        }
        self.by_target.remove(&old.place.target.id());
        Some(old)
    }

    fn put(&mut self, resident: Resident) {
        let id = resident.tenant.id.clone();
        for domain in &resident.tenant.domains {
            self.by_domain.insert(domain.clone(), id.clone());
        }
        self.by_target.insert(resident.place.target.id(), id.clone());
        self.by_id.insert(id, resident);
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("tenants", &self.read().by_id.len())
            .field("fresh", &self.is_fresh())
            .finish_non_exhaustive()
    }
}
