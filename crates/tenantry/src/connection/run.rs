//! A statement of its own: bound, run and committed in one round trip.
//!
//! Three messages are written together: the binding (`BEGIN; SET LOCAL search_path = …`), the
//! statement, and COMMIT with the reset. When the binding fails or is cancelled, the statement
//! finds an aborted transaction or no tenant at all. When the answer to the last message has come,
//! the statement counts and the connection belongs to nobody.
//!
//! On a connection held for the target the statement runs bare.

use std::pin::Pin;

use futures_util::{TryStreamExt, join, pin_mut};
use tokio_postgres::{Client, Error, Statement, error::SqlState, types::Type};

use super::{
    binding::{Binding, COMMIT_AND_RESET, RESET},
    pg::{PgConnection, RunError},
    query::{Output, Params, Query, TypedParam},
    statements::{Known, Prepared},
    wire::Seen,
};

/// How a statement is to be sent.
pub(super) enum Plan {
    /// It is prepared on this connection.
    Prepared(Prepared),
    /// It must be prepared first.
    Prepare,
    /// Its types are known: parsed and run in one go.
    Unnamed,
}

/// What COMMIT and the reset came to.
pub(super) struct End {
    pub(super) committed: Result<(), Error>,
    pub(super) reset: bool,
}

impl PgConnection {
    /// Runs one statement for a target.
    ///
    /// Dropping the future leaves the connection [unclean](tenantry_pool::Condition::Unclean).
    pub(crate) async fn run(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Output, RunError> {
        match self.run_once(binding, query).await {
            Err((RunError::Statement(error), true)) if is_stale_statement(&error) => {
                // A migration has changed what the statement gives. It has done nothing yet.
                self.statements.forget(binding.target());
                self.client.clear_type_cache();
                Box::pin(self.run_once(binding, query)).await
            }
            other => other,
        }
        .map_err(|(error, _)| error)
    }

    /// Runs it once; with an error, whether the statement had been prepared earlier.
    async fn run_once(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Output, (RunError, bool)> {
        let hold = self.note_use(binding);
        self.leave_others(binding).await.map_err(|error| (error, false))?;
        let plan = self.plan(binding, query);
        let cached = matches!(plan, Plan::Prepared(_));
        // Boxed: below a kilobyte the allocator is quick, and futures are moved.
        let running: Pin<Box<dyn Future<Output = _> + Send>> =
            if self.held_for == Some(binding.target()) {
                Box::pin(self.run_bare(binding, query, plan))
            } else if hold {
                Box::pin(self.run_holding(binding, query, plan))
            } else {
                Box::pin(self.run_bound(binding, query, plan))
            };
        running.await.map_err(|error| (error, cached))
    }

    /// Runs several statements in one string, without parameters, in one transaction.
    pub(crate) async fn run_batch(&mut self, binding: &Binding, sql: &str) -> Result<(), RunError> {
        self.reset_streak();
        self.make_neutral().await?;
        self.busy = true;
        let (bound, ran, end) = join!(
            self.client.batch_execute(binding.begin()),
            self.client.batch_execute(sql),
            commit(&self.client, &self.seen),
        );
        self.settle(end, bound, ran)
    }

    /// Binding, statement and COMMIT together.
    async fn run_bound(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> Result<Output, RunError> {
        self.busy = true;
        let client = &self.client;
        let statement = match plan {
            Plan::Prepared(prepared) => Some(prepared.statement),
            Plan::Unnamed => None,
            Plan::Prepare => return Box::pin(self.prepare_bound(binding, query)).await,
        };
        let (bound, ran, end) = join!(
            client.batch_execute(binding.begin()),
            send(client, statement.as_ref(), query),
            commit(client, &self.seen),
        );
        self.settle(end, bound, ran)
    }

    /// Binding and preparation together, then statement and COMMIT.
    async fn prepare_bound(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Output, RunError> {
        self.needs_discard = true;
        let client = &self.client;
        let (bound, prepared) =
            join!(client.batch_execute(binding.begin()), prepare(client, query));
        self.needs_discard = false;
        match (bound, prepared) {
            (Ok(()), Ok(statement)) => {
                self.statements.insert(binding.target(), query, &statement);
                let client = &self.client;
                let (ran, end) =
                    join!(send(client, Some(&statement), query), commit(client, &self.seen));
                self.settle(end, Ok(()), ran)
            }
            (bound, prepared) => {
                let end = commit(client, &self.seen).await;
                self.settle(end, bound, prepared.map(|_| Output::default()))
            }
        }
    }

    /// Binds the session and runs the statement: from now on the connection is held.
    async fn run_holding(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> Result<Output, RunError> {
        self.busy = true;
        let changes = self.seen.session_changes();
        let client = &self.client;
        let (held, ran) = match plan {
            Plan::Prepared(prepared) => join!(
                client.batch_execute(binding.hold()),
                send(client, Some(&prepared.statement), query)
            ),
            Plan::Unnamed => {
                join!(client.batch_execute(binding.hold()), send(client, None, query))
            }
            Plan::Prepare => {
                let held = client.batch_execute(binding.hold()).await;
                let ran = match held {
                    Ok(()) => self.execute(binding, query, Plan::Prepare).await.1,
                    Err(_) => Ok(Output::default()),
                };
                (held, ran)
            }
        };
        self.busy = false;
        if let Err(error) = held {
            self.needs_reset = true;
            return Err(RunError::Bind(error));
        }
        self.held_for = Some(binding.target());
        self.look_for_changes(changes + 1, query.may_change_session());
        ran.map_err(RunError::Statement)
    }

    /// On a connection held for the target.
    async fn run_bare(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> Result<Output, RunError> {
        let changes = self.seen.session_changes();
        self.busy = true;
        let (may_change, ran) = self.execute(binding, query, plan).await;
        self.busy = false;
        self.look_for_changes(changes, may_change);
        ran.map_err(RunError::Statement)
    }

    /// Sends a statement as the connection is, in a transaction or a session. Whether its text can
    /// change the session, and what it gave.
    pub(super) async fn execute(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> (bool, Result<Output, Error>) {
        let prepared = match plan {
            Plan::Prepared(prepared) => prepared,
            Plan::Unnamed => {
                return (query.may_change_session(), send(&self.client, None, query).await);
            }
            Plan::Prepare => {
                let discard = std::mem::replace(&mut self.needs_discard, true);
                let prepared = Box::pin(prepare(&self.client, query)).await;
                self.needs_discard = discard;
                match prepared {
                    Ok(statement) => self.statements.insert(binding.target(), query, &statement),
                    Err(error) => return (false, Err(error)),
                }
            }
        };
        let ran = send(&self.client, Some(&prepared.statement), query).await;
        (prepared.may_change_session, ran)
    }

    pub(super) fn plan(&mut self, binding: &Binding, query: &Query<'_>) -> Plan {
        let comes_again = self.comes_again();
        let known = self.statements.look_up(binding.target(), query, comes_again);
        match (known, &query.params) {
            (Known::Prepared(prepared), _) => Plan::Prepared(prepared),
            (Known::New, Params::Typed(_)) => Plan::Unnamed,
            (Known::Again, Params::Typed(_)) if !comes_again => Plan::Unnamed,
            _ => Plan::Prepare,
        }
    }

    /// A connection held for somebody else, or left in need of a reset, becomes neutral first,
    /// and that is awaited.
    pub(super) async fn leave_others(&mut self, binding: &Binding) -> Result<(), RunError> {
        if self.needs_reset || self.held_for.is_some_and(|target| target != binding.target()) {
            Box::pin(self.make_neutral()).await?;
        }
        Ok(())
    }

    /// Makes a held connection neutral. Until the answer has come, the connection is unclean.
    pub(super) async fn make_neutral(&mut self) -> Result<(), RunError> {
        if self.needs_reset || self.held_for.is_some() {
            self.busy = true;
            self.client.batch_execute(RESET).await.map_err(RunError::Bind)?;
            self.busy = false;
            self.held_for = None;
            self.needs_reset = false;
        }
        Ok(())
    }

    /// A held connection whose session was changed is reset before it is used again.
    pub(super) fn look_for_changes(&mut self, expected: u32, may_change: bool) {
        if self.seen.session_changes() != expected || may_change {
            self.needs_reset = true;
            self.reset_streak();
        }
    }

    /// Everything has been answered: what it comes to.
    fn settle<T>(
        &mut self,
        end: End,
        bound: Result<(), Error>,
        ran: Result<T, Error>,
    ) -> Result<T, RunError> {
        self.busy = false;
        self.needs_reset |= !end.reset;
        bound.map_err(RunError::Bind)?;
        let output = ran.map_err(RunError::Statement)?;
        end.committed.map_err(RunError::Statement)?;
        Ok(output)
    }
}

async fn prepare(client: &Client, query: &Query<'_>) -> Result<Statement, Error> {
    match &query.params {
        Params::Described(_) => client.prepare(query.sql).await,
        Params::Typed(params) => {
            let types: Vec<Type> = params.iter().map(|param| param.ty.clone()).collect();
            client.prepare_typed(query.sql, &types).await
        }
    }
}

async fn send(
    client: &Client,
    statement: Option<&Statement>,
    query: &Query<'_>,
) -> Result<Output, Error> {
    let rows = match (&query.params, statement) {
        (Params::Described(params), Some(statement)) => {
            client.query_raw(statement, params.iter().copied()).await?
        }
        (Params::Described(params), None) => {
            client.query_raw(query.sql, params.iter().copied()).await?
        }
        (Params::Typed(params), Some(statement)) => {
            client.query_raw::<_, &TypedParam, _>(statement, params.iter()).await?
        }
        (Params::Typed(params), None) => {
            let typed = params.iter().map(|param| (param, param.ty.clone()));
            client.query_typed_raw::<&TypedParam, _>(query.sql, typed).await?
        }
    };
    pin_mut!(rows);
    let mut output = Output::default();
    while let Some(row) = rows.try_next().await? {
        output.rows.push(row);
    }
    output.affected = rows.rows_affected().unwrap_or(0);
    Ok(output)
}

/// COMMIT, and the reset in the same message.
pub(super) async fn commit(client: &Client, seen: &Seen) -> End {
    end(client, seen, COMMIT_AND_RESET).await
}

/// Sends `sql`, a COMMIT or ROLLBACK followed by the reset. An error after the first command
/// leaves what the first one did.
pub(super) async fn end(client: &Client, seen: &Seen, sql: &str) -> End {
    let before = seen.transactions_ended();
    match client.batch_execute(sql).await {
        Ok(()) => End { committed: Ok(()), reset: true },
        Err(_) if seen.transactions_ended() != before => End { committed: Ok(()), reset: false },
        Err(error) => End { committed: Err(error), reset: false },
    }
}

/// The errors of a prepared statement that no longer fits what it was prepared on.
fn is_stale_statement(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::FEATURE_NOT_SUPPORTED,
            SqlState::UNDEFINED_FUNCTION,
            SqlState::DATATYPE_MISMATCH,
            SqlState::CANNOT_COERCE,
            SqlState::INVALID_SQL_STATEMENT_NAME,
        ]
        .contains(code)
    })
}
