use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, OnceLock, atomic::AtomicBool},
    time::Instant,
};

use arc_swap::ArcSwapOption;
use axum::Router;
use tenantry::{
    Alphabet, Config, TenantId, TenantManager,
    config::{ConfigLoader, Value},
};

use tenantry_fastify::native::NativePlugin;

use super::{Core, MultiTenantServer, discovery::Discovery};
use crate::{
    error::{Result, ServerError},
    identification::{self, Identification, IdentificationStrategy},
    loading::{self, Listing, LoadingStrategy, Source, Strategies},
    mount::Mounts,
    native::TenantModule,
    script::PluginSources,
    tenants::Tenants,
};

/// A [`MultiTenantServer`] about to be made.
#[must_use]
pub struct MultiTenantServerBuilder {
    loader: ConfigLoader,
    manager: Option<TenantManager>,
    identification: Option<Box<dyn IdentificationStrategy>>,
    natives: Vec<(String, Arc<dyn TenantModule>)>,
    mounts: Mounts,
    strategies: Strategies,
    from: Vec<String>,
    sources: Vec<(String, Source)>,
    plugin_sources: Vec<(String, Source)>,
    native_plugins: Vec<Arc<dyn NativePlugin>>,
    holds_back_a_thread: bool,
    refused: Vec<String>,
}

impl MultiTenantServerBuilder {
    pub(super) fn new() -> Self {
        Self {
            loader: Config::loader(),
            manager: None,
            identification: None,
            natives: Vec::new(),
            mounts: Mounts::default(),
            strategies: Strategies::new(),
            from: Vec::new(),
            sources: Vec::new(),
            plugin_sources: Vec::new(),
            native_plugins: Vec::new(),
            holds_back_a_thread: false,
            refused: Vec::new(),
        }
    }

    /// Takes the configuration from here, what was [set](Self::set) before included. By default it is
    /// that of the program: `tenantry.toml` and the environment.
    pub fn config(mut self, loader: ConfigLoader) -> Self {
        self.loader = loader;
        self
    }

    /// Sets a key, such as `server.port`, over what file and environment say. Keys may be written as
    /// in JavaScript: `tenants.maxConcurrent`.
    #[track_caller]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.loader = self.loader.set(key, value);
        self
    }

    /// The folder with a folder for each tenant: `tenants.dir`.
    #[track_caller]
    pub fn tenants(self, folder: impl AsRef<Path>) -> Self {
        self.set("tenants.dir", folder.as_ref())
    }

    /// The folder of plugins for all tenants: `plugins.dir`.
    #[track_caller]
    pub fn plugins(self, folder: impl AsRef<Path>) -> Self {
        self.set("plugins.dir", folder.as_ref())
    }

    /// The database, connected to already. The server does not close it when it stops.
    pub fn manager(mut self, manager: TenantManager) -> Self {
        self.manager = Some(manager);
        self
    }

    /// How the tenant of a request is told; over what the configuration says.
    pub fn identification(mut self, strategy: impl IdentificationStrategy) -> Self {
        self.identification = Some(Box::new(strategy));
        self
    }

    /// A tenant written in Rust.
    pub fn tenant(mut self, id: &str, module: impl TenantModule) -> Self {
        self.natives.push((id.to_owned(), Arc::new(module)));
        self
    }

    /// A router of Rust's for all tenants, below a prefix. Its handlers have the request's
    /// [`TenantHandle`](crate::TenantHandle) as an extension and, with a database, its
    /// [`TenantDb`](tenantry_web::TenantDb).
    ///
    /// A request for it is one of its tenant's: it loads the tenant if that is not loaded, gets the
    /// same refusal where the tenant is not active or cannot be loaded, and counts among the
    /// tenant's `limits.open_requests`. It has to be answered within `limits.wall`. Both hold until
    /// the head of the answer is there; a body that is still to be sent may take longer. The other
    /// limits, those of bodies' lengths among them, are the router's own affair.
    pub fn mount(mut self, prefix: &str, router: Router) -> Self {
        self.mounts.add(None, prefix, router);
        self
    }

    /// A router of Rust's for one tenant, below a prefix; otherwise as [`mount`](Self::mount).
    pub fn mount_for(mut self, id: &str, prefix: &str, router: Router) -> Self {
        match TenantId::parse_with(Alphabet::Legacy, id) {
            Ok(id) => self.mounts.add(Some(id), prefix, router),
            Err(error) => self.refused.push(error.to_string()),
        }
        self
    }

    /// Adds a way to load tenants and plugins from, by a name of its own.
    pub fn strategy(mut self, name: &str, strategy: impl LoadingStrategy) -> Self {
        if let Err(error) = self.strategies.add(name, strategy) {
            self.refused.push(error.to_string());
        }
        self
    }

    /// Every key of this strategy is a tenant, beside those in the tenants' folder.
    pub fn tenants_from(mut self, strategy: &str) -> Self {
        self.from.push(strategy.to_owned());
        self
    }

    /// A tenant whose code is at a source of its own.
    pub fn tenant_from(mut self, id: &str, source: Source) -> Self {
        self.sources.push((id.to_owned(), source));
        self
    }

    /// A plugin for all tenants whose code is at a source of its own. `plugins.core_order` may name it.
    pub fn plugin_from(mut self, name: &str, source: Source) -> Self {
        self.plugin_sources.push((name.to_owned(), source));
        self
    }

    /// A plugin for all tenants, written in Rust.
    pub fn native_plugin(mut self, plugin: impl NativePlugin) -> Self {
        self.native_plugins.push(Arc::new(plugin));
        self
    }

    /// For a tokio runtime with one thread more than there are processors, as `tenantry serve` has: one of its threads
    /// is kept for when native code of tenants' is stuck on the others, from the start of the server to its
    /// [stop](MultiTenantServer::stop). A runtime that is shut down before waits for that thread, for ever if nothing else
    /// ends the server. Of several servers in one runtime the first one holds a thread back.
    pub fn hold_back_a_thread(mut self) -> Self {
        self.holds_back_a_thread = true;
        self
    }

    /// Checks the configuration, and makes the server. Nothing runs until it
    /// [starts](MultiTenantServer::start).
    ///
    /// # Errors
    ///
    /// [`ServerError::Config`] with everything that is wrong; [`ServerError::Setup`].
    pub fn build(self) -> Result<MultiTenantServer> {
        let (config, database) = self.loader.load_host()?;
        if let Some(refused) = self.refused.into_iter().next() {
            return Err(ServerError::Setup(refused));
        }
        let configured = self.manager.as_ref().map(TenantManager::config).or(database.as_ref());
        let alphabet = configured.map_or(Alphabet::Strict, Config::alphabet);
        let identification = match self.identification {
            Some(strategy) => Identification::boxed(strategy),
            None => {
                let trust_proxy = config.listen.trust_proxy;
                let settings = &config.identification;
                if configured.is_none() && settings.strategy.iter().any(|one| one == "domain") {
                    let message = "server.identification.strategy = \"domain\": tenants' domains are in the catalog, and \
                                   there is no database; set DATABASE_URL, or url under [connection]";
                    return Err(ServerError::Setup(message.to_owned()));
                }
                let strategy = identification::configured(settings, trust_proxy, alphabet)?;
                Identification::boxed(strategy)
            }
        };
        let mut natives = BTreeMap::new();
        for (id, module) in self.natives {
            natives.insert(parse(alphabet, &id)?, module);
        }
        let mut sources = BTreeMap::new();
        for (id, source) in self.sources {
            sources.insert(parse(alphabet, &id)?, source);
        }
        let configured = loading::configured(&config, &self.strategies)
            .map_err(|error| ServerError::Setup(error.to_string()))?;
        for (id, source) in configured.tenants {
            sources.entry(parse(alphabet, &id)?).or_insert(source);
        }
        let mut plugin_sources =
            PluginSources { named: configured.plugins, from: configured.plugins_from };
        plugin_sources.named.extend(self.plugin_sources);
        let mut from = self.from;
        from.extend(configured.from);
        let named = sources.values().chain(plugin_sources.named.values());
        for strategy in named.map(|source| &source.strategy).chain(&from) {
            self.strategies.get(strategy).map_err(|error| ServerError::Setup(error.to_string()))?;
        }
        let discovery = Discovery {
            folder: config.tenants.dir.clone(),
            natives,
            listing: Arc::new(Listing::new(self.strategies.clone(), from, config.limits.load)),
            strategies: self.strategies,
            sources,
            refused: Mutex::default(),
        };
        let tenants = Tenants::new(config.tenants.max_concurrent, config.limits.load);
        let owns_manager = self.manager.is_none();
        let manager = OnceLock::new();
        if let Some(given) = self.manager {
            // It was made just now.
            let _ = manager.set(given);
        }
        let core = Arc::new(Core {
            config,
            database,
            alphabet,
            tenants,
            identification,
            error_handler: ArcSwapOption::empty(),
            mounts: self.mounts,
            discovery,
            plugin_sources,
            native_plugins: self.native_plugins,
            holds_back_a_thread: self.holds_back_a_thread,
            scripts: OnceLock::new(),
            manager,
            owns_manager,
            is_preparing: tokio::sync::Mutex::new(false),
            serving: Mutex::default(),
            is_stopping: AtomicBool::new(false),
            since: Instant::now(),
        });
        Ok(MultiTenantServer { core })
    }
}

fn parse(alphabet: Alphabet, id: &str) -> Result<TenantId> {
    let id = TenantId::parse_with(alphabet, id).map_err(tenantry::Error::from)?;
    Ok(id)
}

impl fmt::Debug for MultiTenantServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiTenantServerBuilder")
            .field("config", &self.loader)
            .field("strategies", &self.strategies)
            .finish_non_exhaustive()
    }
}
