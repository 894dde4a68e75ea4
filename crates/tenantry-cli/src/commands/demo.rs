//! `tenantry demo`: everything from nothing to an API that answers.

mod folder;
mod guide;

use serde::Serialize;
use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::DevDb;
use tenantry_migrate::{MigrateError, MigrateOptions, Migrator};
use tokio::{net::TcpListener, sync::oneshot};

use self::folder::Folder;
use crate::{
    arguments::{Demo, Global},
    connect::abandon,
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
};

const TENANTS: [&str; 2] = ["acme", "globex"];
const DATABASE: &str = "projects";

/// What the demo has set up.
#[derive(Serialize)]
struct Ready {
    listening: String,
    /// Where its own PostgreSQL keeps its data, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<String>,
    /// For other commands of ours.
    config: String,
    tenants: Vec<ReadyTenant>,
}

#[derive(Serialize)]
struct ReadyTenant {
    id: TenantId,
    schema: String,
    /// The migrations applied this time.
    applied: Vec<String>,
}

/// `tenantry demo`
pub(super) async fn run(arguments: Demo, global: &Global, console: &Console) -> Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    // A port that is taken is told before anything is started.
    let listener = listen(&arguments).await?;
    let folder = Folder::make()?;
    let database = tokio::select! {
        database = Database::find(global, &folder, console) => database?,
        () = interrupts.next() => return Err(Failure::interrupted("stopped before it began")),
    };
    let served =
        serve(&database.config, listener, &folder, console, &mut interrupts, &database.own);
    let served = served.await;
    if let Some(own) = database.own {
        own.stop().await?;
    }
    served
}

async fn listen(arguments: &Demo) -> Result<TcpListener> {
    let Demo { host, port } = arguments;
    TcpListener::bind((host.as_str(), *port)).await.map_err(|error| {
        let message = format!("cannot listen on {host}:{port}: {error}; PORT names another port");
        Failure::new(Exit::Failed, "ADDRESS_UNAVAILABLE", message)
    })
}

/// The database of the demo: the one that is configured, or its own.
struct Database {
    config: Config,
    own: Option<DevDb>,
}

impl Database {
    async fn find(global: &Global, folder: &Folder, console: &Console) -> Result<Self> {
        let loader = environment::loader(global)
            .set("migrations.tenant_dir", folder.tenant_dir())
            .set("migrations.shared_dir", folder.shared_dir());
        match loader.clone().load() {
            Ok(config) => {
                folder.write_config(None)?;
                return Ok(Self { config, own: None });
            }
            Err(error) if !is_without_url(&error) => return Err(error.into()),
            Err(_) => {}
        }
        console.remark(format_args!("starting PostgreSQL in {} …", folder.postgres().display()));
        let own = DevDb::builder().data_dir(folder.postgres()).start().await?;
        own.create_database(DATABASE).await?;
        let url = own.url(DATABASE);
        folder.write_config(Some(&url))?;
        let config = loader.set("connection.url", url).load()?;
        Ok(Self { config, own: Some(own) })
    }
}

/// Whether nothing is wrong but that no database is named.
fn is_without_url(error: &tenantry::ConfigError) -> bool {
    error
        .problems()
        .iter()
        .all(|problem| problem.key() == Some("connection.url") && problem.origin().is_none())
}

async fn serve(
    config: &Config,
    listener: TcpListener,
    folder: &Folder,
    console: &Console,
    interrupts: &mut Interrupts,
    own: &Option<DevDb>,
) -> Result<Exit> {
    let manager = tokio::select! {
        manager = TenantManager::connect(config.clone()) => manager?,
        () = interrupts.next() => return Err(Failure::interrupted("stopped before it began")),
    };
    let prepared = tokio::select! {
        prepared = prepare(&manager) => prepared,
        () = interrupts.next() => Err(Failure::interrupted("stopped before it was ready")),
    };
    let tenants = match prepared {
        Ok(tenants) => tenants,
        Err(failure) => {
            abandon(&manager).await;
            return Err(failure);
        }
    };
    let address =
        listener.local_addr().map_err(|error| Failure::io("the address is not known", &error))?;
    let ready = Ready {
        listening: format!("http://{address}"),
        data_dir: own.as_ref().map(|own| own.data_dir().display().to_string()),
        config: folder.config().display().to_string(),
        tenants,
    };
    let guide = guide::text(&ready, &manager).await?;
    // It serves, whoever reads this.
    let _ = console.answer(&ready, || guide);

    let (stop, stopped) = oneshot::channel();
    let serving = projects_api::serve(manager, listener, async {
        let _ = stopped.await;
    });
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => {}
        () = interrupts.next() => {
            console.remark("stopping: requests under way are answered");
            // If nobody hears it, serving has ended already.
            let _ = stop.send(());
            tokio::select! {
                () = &mut serving => {}
                () = interrupts.next() => return Err(Failure::interrupted("stopped at once")),
            }
        }
    }
    Ok(Exit::Done)
}

/// Makes the tenants that are not there, migrates those that are, and gives them something to
/// look at.
async fn prepare(manager: &TenantManager) -> Result<Vec<ReadyTenant>> {
    let migrator = Migrator::new(manager.clone());
    let mut ready = Vec::new();
    for name in TENANTS {
        let id = TenantId::parse(name)?;
        let applied = match manager.catalog().get(&id).await {
            Ok(_) => migrate(&migrator, &id).await?,
            Err(tenantry::Error::TenantNotFound(_)) => {
                migrator.create_tenant(NewTenant::new(id.clone()), true).await?.applied
            }
            Err(error) => return Err(error.into()),
        };
        let mut db = manager.db_checked(&id).await?;
        projects_api::sample_data(&mut db).await?;
        let schema = manager.schema_name(&id)?.to_string();
        ready.push(ReadyTenant { id, schema, applied });
    }
    Ok(ready)
}

async fn migrate(migrator: &Migrator, id: &TenantId) -> Result<Vec<String>> {
    let report = migrator.migrate(std::slice::from_ref(id), &MigrateOptions::new()).await?;
    if let Some(failure) = report.failures().next() {
        return Err(MigrateError::from(failure.clone()).into());
    }
    Ok(report.tenants.into_iter().flat_map(|tenant| tenant.applied).collect())
}
