use std::sync::Arc;

use tenantry::{Error, NewTenant, Result, TenantDb, TenantId, TenantManager};
use tokio::sync::RwLock;
use tokio_postgres::Client;

use crate::{
    counts::Counts,
    support::{World, until},
};

pub(crate) const TENANTS: usize = 50;
pub(crate) const BUDGET: usize = 8;

/// Where the hunt takes place.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) ids: Vec<TenantId>,
    /// One for each tenant: held for writing while it is made again. Its transactions and sessions
    /// hold it for reading; single statements come as they like.
    pub(crate) made: Vec<RwLock<()>>,
    pub(crate) counts: Counts,
    outside: Client,
}

impl Stage {
    pub(crate) async fn new() -> Arc<Self> {
        let world =
            World::with(|config| config.set("connection.max_connections", BUDGET as i64)).await;
        let outside = world.db.connect().await;
        // From one on: the tenant's number is in what it leaves, and nothing is left by nobody.
        let ids = (1..=TENANTS).map(|number| TenantId::parse(&format!("t{number}")).unwrap());
        let stage = Self {
            ids: ids.collect(),
            made: (0..TENANTS).map(|_| RwLock::default()).collect(),
            counts: Counts::default(),
            outside,
            world,
        };
        for id in &stage.ids {
            stage.make(id).await;
        }
        Arc::new(stage)
    }

    pub(crate) fn tenants(&self) -> &TenantManager {
        &self.world.tenants
    }

    /// A tenant's data, also while the catalog is not heard.
    pub(crate) async fn db(&self, number: usize) -> Result<TenantDb> {
        let found = self.tenants().tenant(&self.ids[number]).await?;
        self.tenants().db_of(&found)
    }

    /// Drops a tenant with all it has, and makes another of the same name.
    async fn make_again(&self, number: usize) {
        let _alone = self.made[number].write().await;
        let id = &self.ids[number];
        while !matches!(self.tenants().catalog().get(id).await, Err(Error::TenantNotFound(_))) {
            // It may be cancelled, or done and not heard of.
            let _ = self.tenants().catalog().delete(id).await;
        }
        let drop = format!("DROP SCHEMA tenant_{id} CASCADE");
        self.outside.batch_execute(&drop).await.unwrap();
        self.make(id).await;
        self.counts.note("tenants made again");
    }

    /// As [`make_again`](Self::make_again), though its caller be dropped.
    pub(crate) async fn make_again_undisturbed(self: &Arc<Self>, number: usize) {
        let stage = Arc::clone(self);
        tokio::spawn(async move { stage.make_again(number).await }).await.unwrap();
    }

    async fn make(&self, id: &TenantId) {
        let catalog = self.tenants().catalog();
        let made = loop {
            let _ = catalog.create(NewTenant::new(id.clone())).await;
            if let Ok(made) = catalog.get(id).await {
                break made;
            }
        };
        let whose = format!("{id}#{}", made.placement.generation);
        self.outside
            .batch_execute(&format!(
                "CREATE SCHEMA tenant_{id};
                 SET search_path = tenant_{id};
                 CREATE TABLE whose (id serial PRIMARY KEY, name text NOT NULL);
                 INSERT INTO whose (name) VALUES ('{whose}');
                 CREATE TABLE shape (name text NOT NULL);
                 INSERT INTO shape VALUES ('{whose}');
                 CREATE FUNCTION by_function() RETURNS text LANGUAGE sql AS
                   $$ SELECT set_config('app.function', '{id}', false) $$;
                 CREATE FUNCTION by_trigger() RETURNS trigger LANGUAGE plpgsql AS
                   $$ BEGIN PERFORM set_config('app.trigger', '{id}', false); RETURN NEW; END $$;
                 CREATE TRIGGER leave BEFORE INSERT ON whose
                   FOR EACH ROW WHEN (NEW.name LIKE '%/trigger') EXECUTE FUNCTION by_trigger();
                 RESET search_path"
            ))
            .await
            .unwrap();
    }

    /// Looks from outside, once all is over: each row is where it belongs, and no connection at rest
    /// has anything of anybody.
    pub(crate) async fn audit(&self) {
        let mut rows = 0;
        for id in &self.ids {
            let generation = self.tenants().catalog().get(id).await.unwrap().placement.generation;
            let sql = format!(
                "SELECT count(*), count(*) FILTER (WHERE split_part(name, '/', 1) <> $1) FROM \
                 (SELECT name FROM tenant_{id}.whose UNION ALL SELECT name FROM tenant_{id}.shape) w"
            );
            let whose = format!("{id}#{generation}");
            let row = self.outside.query_one(&sql, &[&whose]).await.unwrap();
            assert_eq!(row.get::<_, i64>(1), 0, "rows of others in {id}");
            rows += row.get::<_, i64>(0);
            self.tenants().evict(id);
        }
        println!("{rows} rows, each where it belongs");
        assert!(rows > TENANTS as i64 * 3, "too few were written");
        let sql = "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database())) + \
                   (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
                   application_name = 'tenantry' AND state <> 'idle' AND query !~ 'last_value')";
        until("nothing is locked or open", async || {
            self.outside.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0
        })
        .await;
    }
}
