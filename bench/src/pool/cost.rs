//! What a binding, a reset and a hold cost: one statement after the other on one connection, in the
//! forms that the library sends it in.
//!
//! The forms are had through the public API: a tenant that is alone is held; two tenants in turn are
//! reset each time; four statements of each in turn are reset once in four, which gives what a binding
//! costs without; and a statement whose text mentions advisory locks runs in three messages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tenantry::{Config, TenantDb, TenantId, TenantManager};
use tokio_postgres::Client;
use uuid::Uuid;

use super::proxy::{Counts, relay};
use super::{DATABASE, prepare, tidy_up};
use crate::arguments::Cost;
use crate::cluster;
use crate::failure::{Doing as _, Failure, Result};
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};
use crate::{figures, process, tenants};

/// The statement: one row by its key.
const SQL: &str = "SELECT name FROM projects WHERE id = $1";
/// The same, where PostgreSQL's own look at it counts as one that may lock: see `Query::is_plain`.
const NOT_PLAIN: &str = "SELECT name AS advisory FROM projects WHERE id = $1";
/// How many statements in a row a tenant runs at most without being held.
const IN_A_ROW: usize = 4;
/// Statements that go through the relay, to be counted.
const COUNTED: usize = 400;

/// How a statement is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// By tokio-postgres, prepared, and nothing else.
    Bare,
    /// On a connection held for the tenant.
    Held,
    /// With a binding; every fourth with a reset, too.
    FourInARow,
    /// With a reset and a binding.
    Alternating,
    /// BEGIN and binding; statement; COMMIT and reset.
    ThreeMessages,
}

impl Form {
    const ALL: [Self; 5] =
        [Self::Bare, Self::Held, Self::FourInARow, Self::Alternating, Self::ThreeMessages];
}

/// What one statement takes, on average.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Each {
    wall_micros: f64,
    client_micros: f64,
    server_micros: f64,
    sent_bytes: f64,
    received_bytes: f64,
    round_trips: f64,
}

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    rounds: Vec<(Form, Each)>,
    rows: Vec<(&'static str, Each)>,
}

/// Both ways to one connection.
struct Bench {
    bare: Client,
    bare_statement: tokio_postgres::Statement,
    bare_backend: u32,
    manager: TenantManager,
    tenants: [TenantDb; 2],
    backend: u32,
    counts: Option<Arc<Counts>>,
}

pub(super) async fn run(arguments: Cost) -> Result<()> {
    let cluster = prepare(&arguments.server, 2).await?;
    let machine = Machine::describe(&cluster).await?;
    let url = cluster.url(DATABASE);
    let mut bench = Bench::connect(&url, None).await?;
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        let mut turn = Form::ALL;
        turn.rotate_left((round - 1) % Form::ALL.len());
        for form in turn {
            bench.run(form, arguments.statements / 20).await?;
            let each = bench.measure(form, arguments.statements).await?;
            eprintln!("round {round}, {form:?}: {:.1} µs", each.wall_micros);
            rounds.push((form, each));
        }
    }
    bench.close().await;
    let wire = on_the_wire(&url).await?;
    tidy_up(cluster).await?;
    let rows = rows(&rounds, &wire)?;
    publish(machine, &arguments, rounds, rows)
}

impl Bench {
    async fn connect(url: &str, counts: Option<Arc<Counts>>) -> Result<Self> {
        let separator = if url.contains('?') { '&' } else { '?' };
        let schema = tenants::schema(&tenants::id(1));
        let options = format!("{url}{separator}options=-csearch_path%3D{schema}");
        let bare = cluster::connect(&options).await?;
        let bare_statement = bare.prepare(SQL).await?;
        let pid = "SELECT pg_backend_pid()";
        let bare_backend = bare.query_one(pid, &[]).await?.try_get::<_, i32>(0)?.cast_unsigned();
        // One connection for work and one for the catalog's listener.
        let config = Config::builder()
            .set("connection.url", url)
            .set("connection.max_connections", 2)
            .load()?;
        let manager = TenantManager::connect(config).await?;
        let db = |number| -> Result<TenantDb> {
            Ok(manager.db(&TenantId::parse(&tenants::id(number))?)?)
        };
        let tenants = [db(1)?, db(2)?];
        let row = tenants[0].clone().query_one(pid, &[]).await?;
        let backend = row.try_get::<_, i32>(0)?.cast_unsigned();
        Ok(Self { bare, bare_statement, bare_backend, manager, tenants, backend, counts })
    }

    /// Runs statements, one after the other.
    async fn run(&mut self, form: Form, statements: usize) -> Result<()> {
        let project: Uuid = tenants::PROJECT;
        for number in 0..statements {
            let (which, sql) = match form {
                Form::Bare => {
                    self.bare.query_one(&self.bare_statement, &[&project]).await?;
                    continue;
                }
                Form::Held => (0, SQL),
                Form::FourInARow => (number / IN_A_ROW % 2, SQL),
                Form::Alternating => (number % 2, SQL),
                Form::ThreeMessages => (0, NOT_PLAIN),
            };
            self.tenants[which].query_one(sql, &[&project]).await?;
        }
        Ok(())
    }

    async fn measure(&mut self, form: Form, statements: usize) -> Result<Each> {
        let backend = if form == Form::Bare { self.bare_backend } else { self.backend };
        let time = |process| {
            process::run_time(process).ok_or_else(|| Failure::new("no /proc/…/schedstat here"))
        };
        let wire = || self.counts.as_ref().map(|counts| counts.snapshot());
        let (before, client, server) = (wire(), time(std::process::id())?, time(backend)?);
        let start = Instant::now();
        self.run(form, statements).await?;
        let wall = start.elapsed();
        let (client, server) = (time(std::process::id())? - client, time(backend)? - server);
        let each = |time: Duration| time.as_secs_f64() * 1e6 / statements as f64;
        let wire = || self.counts.as_ref().map(|counts| counts.snapshot());
        let mut found = Each {
            wall_micros: each(wall),
            client_micros: each(client),
            server_micros: each(server),
            ..Each::default()
        };
        if let (Some(before), Some(after)) = (before, wire()) {
            let each = |before: u64, after: u64| (after - before) as f64 / statements as f64;
            found.sent_bytes = each(before.sent, after.sent);
            found.received_bytes = each(before.received, after.received);
            found.round_trips = each(before.turns, after.turns);
        }
        Ok(found)
    }

    async fn close(self) {
        let _ = self.manager.close().await;
    }
}

/// The same through a relay that counts bytes and turns.
async fn on_the_wire(url: &str) -> Result<Vec<(Form, Each)>> {
    let (before, after) = url.split_once('@').ok_or_else(|| Failure::new("the URL has no user"))?;
    let (address, rest) =
        after.split_once('/').ok_or_else(|| Failure::new("the URL has no database"))?;
    let (relay, counts) = relay(address.parse().doing("the server's address")?).await?;
    let url = format!("{before}@{relay}/{rest}");
    let mut found = Vec::new();
    let mut bench = Bench::connect(&url, Some(counts)).await?;
    for form in Form::ALL {
        bench.run(form, COUNTED / 4).await?;
        found.push((form, bench.measure(form, COUNTED).await?));
    }
    bench.close().await;
    Ok(found)
}

/// What each form takes; a binding without a reset by what three of four in a row take.
fn rows(rounds: &[(Form, Each)], wire: &[(Form, Each)]) -> Result<Vec<(&'static str, Each)>> {
    let of = |form: Form| -> Result<Each> {
        let theirs =
            || rounds.iter().filter(move |(other, _)| *other == form).map(|(_, each)| each);
        let middle = |value: fn(&Each) -> f64| {
            median(theirs().map(value)).ok_or_else(|| Failure::new("nothing was measured"))
        };
        let on_wire = wire.iter().find(|(other, _)| *other == form).map(|(_, each)| *each);
        Ok(Each {
            wall_micros: middle(|each| each.wall_micros)?,
            client_micros: middle(|each| each.client_micros)?,
            server_micros: middle(|each| each.server_micros)?,
            ..on_wire.unwrap_or_default()
        })
    };
    let (four, reset) = (of(Form::FourInARow)?, of(Form::Alternating)?);
    let without = |value: fn(&Each) -> f64| {
        let four_of_them = IN_A_ROW as f64 * value(&four);
        (four_of_them - value(&reset)) / (IN_A_ROW - 1) as f64
    };
    let binding = Each {
        wall_micros: without(|each| each.wall_micros),
        client_micros: without(|each| each.client_micros),
        server_micros: without(|each| each.server_micros),
        sent_bytes: without(|each| each.sent_bytes),
        received_bytes: without(|each| each.received_bytes),
        round_trips: four.round_trips,
    };
    Ok(vec![
        ("the statement, by tokio-postgres alone", of(Form::Bare)?),
        ("held", of(Form::Held)?),
        ("binding and statement", binding),
        ("reset, binding and statement", reset),
        ("BEGIN and binding / statement / COMMIT and reset", of(Form::ThreeMessages)?),
    ])
}

fn publish(
    machine: Machine,
    arguments: &Cost,
    rounds: Vec<(Form, Each)>,
    rows: Vec<(&'static str, Each)>,
) -> Result<()> {
    let mut table = Grid::new(
        &["what is sent", "elapsed", "our CPU", "backend's CPU", "sent", "received", "round trips"],
        1,
    );
    for (what, each) in &rows {
        table.row(vec![
            (*what).to_owned(),
            format!("{:.1} µs", each.wall_micros),
            format!("{:.1} µs", each.client_micros),
            format!("{:.1} µs", each.server_micros),
            format!("{:.0} B", each.sent_bytes),
            format!("{:.0} B", each.received_bytes),
            format!("{:.1}", each.round_trips),
        ]);
    }
    let mut report = Report::new("The budget of one statement");
    report.text(format!(
        "One row by its key, one statement after the other on one connection over loopback, from one \
         thread; {}, {} statements each. CPU times are the kernel's.",
        figures::of_rounds(arguments.rounds),
        figures::thousands(arguments.statements as f64),
    ));
    report.text(machine.sentence());
    report.table(table);
    results::publish("pool-cost", &report, &Figures { machine, rounds, rows })
}
