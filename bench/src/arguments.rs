//! The command line.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures Tenantry side by side with bare axum and with drizzle-multitenant on Node.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// GET /projects/{id} on every contestant: the whole table, saved in bench/results.
    Run(Run),
    /// Apply the same files to many tenants with tenantry, drizzle-multitenant and psql.
    Migrations(Migrations),
    /// Ten thousand tenants by tenantry: all files, nothing to do, status, or an adoption.
    Tenants(ManyTenants),
    /// What the pool does, apart from the others: saved in bench/results, too.
    #[command(subcommand)]
    Pool(Pool),
    /// Measure the multi-tenant server against Fastify on Node.
    Server(ServerBench),
    /// Put load on one server and print what it answered.
    Load(Load),
    /// Ask one server for what does no good, until standard input ends, and print how often it
    /// answered with which status.
    Misbehave(Misbehave),
    /// Serve one fixed schema on bare axum.
    Bare(Bare),
    /// Make tenants' schemas with a few rows in the database that DATABASE_URL names.
    Seed(Seed),
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Rounds; the figures of the table are medians over them.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Seconds measured, of each contestant with each number of tenants in each round.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Seconds of load before those.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warmup: f64,
    /// Clients, each with one connection and one request at a time.
    #[arg(long, default_value_t = 32)]
    pub(crate) clients: usize,
    /// Numbers of tenants to draw from.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100, 1000])]
    pub(crate) tenants: Vec<usize>,
    /// Contestants to measure (all of them unless given).
    #[arg(long, value_delimiter = ',', value_enum)]
    pub(crate) only: Vec<ContestantName>,
    /// One short round: shows that everything works, not how fast it is.
    #[arg(long)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What the pool does.
#[derive(Debug, Subcommand)]
pub(crate) enum Pool {
    /// Ten thousand tenants on twenty connections, against bare axum.
    Many(Many),
    /// A quiet tenant beside one that floods.
    Quiet(Quiet),
    /// The memory of PostgreSQL's backends after requests across ten thousand schemas.
    Backends(Backends),
    /// What binding, reset and holding cost: on the client, the wire and the server.
    Cost(Cost),
    /// What holding a connection and waiting for the home one buy.
    Hold(Hold),
}

#[derive(Args, Debug)]
pub(crate) struct Many {
    #[arg(long, default_value_t = 10_000)]
    pub(crate) tenants: usize,
    /// Connections for work; projects-api has one more, for the catalog's listener.
    #[arg(long, default_value_t = 19)]
    pub(crate) connections: usize,
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    #[arg(long, default_value_t = 10.0)]
    pub(crate) seconds: f64,
    #[arg(long, default_value_t = 10.0)]
    pub(crate) warmup: f64,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct Quiet {
    /// Requests a second of the quiet tenant's one client.
    #[arg(long, default_value_t = 50.0)]
    pub(crate) pace: f64,
    /// Clients of the tenant that floods.
    #[arg(long, default_value_t = 500)]
    pub(crate) flood: usize,
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    #[arg(long, default_value_t = 20.0)]
    pub(crate) seconds: f64,
    #[arg(long, default_value_t = 3.0)]
    pub(crate) warmup: f64,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct Backends {
    #[arg(long, default_value_t = 10_000)]
    pub(crate) tenants: usize,
    #[arg(long, default_value_t = 200_000)]
    pub(crate) requests: usize,
    #[arg(long, default_value_t = 19)]
    pub(crate) connections: usize,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct Cost {
    /// Statements of each kind in each round.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) statements: usize,
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct Hold {
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100, 1000])]
    pub(crate) tenants: Vec<usize>,
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warmup: f64,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct Migrations {
    /// Rounds; the figures of the table are medians over them.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Tenants to migrate.
    #[arg(long, default_value_t = 200)]
    pub(crate) tenants: usize,
    /// Ways to measure (all of them unless given).
    #[arg(long, value_delimiter = ',', value_enum)]
    pub(crate) only: Vec<MigratorName>,
    /// What a commit waits for in the private PostgreSQL (measured with both unless given).
    #[arg(long, value_delimiter = ',', value_enum, conflicts_with = "database_url")]
    pub(crate) commits: Vec<Commits>,
    /// One round.
    #[arg(long)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct ManyTenants {
    /// What is measured.
    #[arg(value_enum)]
    pub(crate) what: ManyPart,
    #[arg(long, default_value_t = 10_000)]
    pub(crate) tenants: usize,
    /// How often what writes nothing is run.
    #[arg(long, default_value_t = 7)]
    pub(crate) rounds: usize,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What is done with many tenants.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ManyPart {
    /// All files in one run with durable commits; then again with nothing to do; then status.
    Migrate,
    /// The ledgers that drizzle-multitenant leaves, taken over.
    Adopt,
}

/// The multi-tenant server, and its peers.
#[derive(Args, Debug)]
pub(crate) struct ServerBench {
    /// What is measured.
    #[arg(value_enum)]
    pub(crate) what: ServerPart,
    /// Rounds; figures are medians over them.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Seconds measured, each time.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Seconds of load before those.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warmup: f64,
    /// Clients, each with one connection and one request at a time.
    #[arg(long, default_value_t = 32)]
    pub(crate) clients: usize,
    /// Tenants, where their number matters.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100])]
    pub(crate) tenants: Vec<usize>,
    /// What the bad tenant does that a quiet one is beside (all of it unless given).
    #[arg(long, value_delimiter = ',', value_enum)]
    pub(crate) deeds: Vec<Deed>,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What a bad tenant's clients ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deed {
    /// An endless loop.
    Loop,
    /// Allocation without end.
    Allocate,
    /// A catastrophic regular expression.
    Regex,
    /// Slow queries, a thousand at a time.
    Slow,
}

/// A part of the server's benchmark.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ServerPart {
    /// A route that answers a small JSON.
    Json,
    /// A route that reads a row through a service.
    Row,
    /// Loading a thousand tenants: time and memory.
    Tenants,
    /// Reloading a tenant under load.
    Reload,
    /// From a saved file to the first answer of the new code.
    Watch,
    /// A tenant beside others that loop, allocate, match and query without end.
    Beside,
}

#[derive(Args, Debug)]
pub(crate) struct Server {
    /// A PostgreSQL to use, by a role that may create databases; a private one is started
    /// otherwise. Needs max_connections of 350 or more.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Misbehave {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// What to ask for.
    pub(crate) path: String,
    /// The number of the tenant that misbehaves.
    #[arg(long, default_value_t = 1)]
    pub(crate) tenant: usize,
    /// Clients, each with one connection and one request at a time.
    #[arg(long, default_value_t = 8)]
    pub(crate) clients: usize,
}

#[derive(Args, Debug)]
pub(crate) struct Load {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// Tenants to draw from, the first of those `seed` makes.
    #[arg(long, default_value_t = 1)]
    pub(crate) tenants: usize,
    /// The number of the first of them.
    #[arg(long, default_value_t = 1)]
    pub(crate) first: usize,
    /// How they are drawn.
    #[arg(long, value_enum, default_value_t = Draw::Uniform)]
    pub(crate) draw: Draw,
    /// Clients, each with one connection and one request at a time.
    #[arg(long, default_value_t = 32)]
    pub(crate) clients: usize,
    /// Seconds measured.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    /// Seconds of load before those.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warmup: f64,
    /// Requests a second of each client; as many as are answered unless given.
    #[arg(long)]
    pub(crate) pace: Option<f64>,
    /// The server's process, to count its CPU time and memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
}

#[derive(Args, Debug)]
pub(crate) struct Bare {
    /// What stands between the handler and PostgreSQL.
    #[arg(long, value_enum)]
    pub(crate) driver: Driver,
    /// Connections, all opened at the start.
    #[arg(long, default_value_t = 16)]
    pub(crate) connections: usize,
    /// The one schema it serves.
    #[arg(long, default_value = "tenant_t0001")]
    pub(crate) schema: String,
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: String,
    #[arg(long, env = "PORT", default_value_t = 3001)]
    pub(crate) port: u16,
}

#[derive(Args, Debug)]
pub(crate) struct Seed {
    /// Tenants to make.
    #[arg(long, default_value_t = 1000)]
    pub(crate) tenants: usize,
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: String,
}

/// How the tenant of the next request is chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Draw {
    /// Each as likely as any other.
    Uniform,
    /// The n-th by 1 / n^1.1: a few take most.
    Zipf,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Commits {
    /// The disk, as in production: PostgreSQL's defaults.
    Durable,
    /// Nothing: fsync, synchronous_commit and full_page_writes are off.
    Fast,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Driver {
    /// tokio-postgres, the statement prepared once on each connection.
    TokioPostgres,
    /// diesel-async over tokio-postgres, with its statement cache.
    Diesel,
}

/// A server to measure.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ContestantName {
    /// Bare axum with tokio-postgres.
    BareTokioPostgres,
    /// Bare axum with diesel-async: the same typed layer as projects-api.
    BareDiesel,
    /// Tenantry's example.
    ProjectsApi,
    /// drizzle-multitenant with its defaults: 50 pools of 10.
    NodeDefaults,
    /// drizzle-multitenant as its example configures it: 100 pools of 20.
    NodeExample,
}

/// A way to apply migrations to many tenants.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MigratorName {
    /// `tenantry migrate --all`.
    Tenantry,
    /// `drizzle-multitenant migrate --all`.
    DrizzleMultitenant,
    /// Two psql processes, each with half of the tenants.
    Psql,
}
