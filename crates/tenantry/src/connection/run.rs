//! A statement of its own: bound, run and committed in one round trip.
//!
//! - Most ride behind a [prefix](super::prefix): binding and statement before one Sync, which makes
//!   them one transaction. After a failed or cancelled binding the server skips the statement.
//! - What is no query (DO, CALL, SET, …) runs between a BEGIN that binds and a COMMIT that resets,
//!   in three messages written together: PostgreSQL then refuses what cannot run in a transaction, and
//!   nothing is committed halfway. So does everything behind a transaction pooler.
//! - On a connection held for the target the statement runs bare.

use std::{pin::Pin, sync::Arc};

use futures_util::{TryStreamExt, join, pin_mut};
use tenantry_pool::TargetId;
use tokio_postgres::{Client, Error, RowStream, Statement, error::SqlState, types::Type};

use super::{
    binding::{Binding, COMMIT_AND_RESET, RESET},
    pg::{PgConnection, Residue, RunError},
    prefix::Prefix,
    query::{Bounds, Output, Params, Query, TypedParam},
    statements::{Known, Prepared},
    wire::{Seen, Watch},
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
        let ran = match self.run_once(binding, query).await {
            Err((RunError::Statement(error), true)) if is_stale_statement(&error) => {
                // A migration has changed what the statement gives. It has done nothing yet.
                self.statements.forget(binding.target());
                self.client.clear_type_cache();
                self.tally.retried();
                Box::pin(self.run_once(binding, query)).await
            }
            Err((RunError::Bind(error), _)) if is_unknown_statement(&error) => {
                // Somebody's code has deallocated ours.
                self.watch.prefix.set_prepared(false);
                Box::pin(self.run_once(binding, query)).await
            }
            other => other,
        };
        let ran = ran.map_err(|(error, _)| error);
        self.note_dropped(Some(query), &ran);
        self.whole(ran)
    }

    /// What was cut short is an error, and the connection is cleaned: the rest is still to come.
    pub(super) fn whole(&mut self, ran: Result<Output, RunError>) -> Result<Output, RunError> {
        match ran {
            Ok(output) if output.is_cut => {
                self.busy = true;
                Err(RunError::TooLarge)
            }
            ran => ran,
        }
    }

    /// Runs it once; with an error, whether the statement had been prepared earlier.
    async fn run_once(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Output, (RunError, bool)> {
        let hold = self.note_use(binding);
        let plan = self.plan(binding, query);
        let (cached, is_plain) = match &plan {
            Plan::Prepared(prepared) => (true, prepared.is_plain),
            Plan::Prepare | Plan::Unnamed => (false, query.is_plain()),
        };
        // Boxed: below a kilobyte the allocator is quick, and futures are moved.
        let running: Pin<Box<dyn Future<Output = _> + Send>> = if !is_plain || self.is_pooled {
            Box::pin(self.run_between(binding, query, plan))
        } else if self.is_held_for(binding.target()) {
            Box::pin(self.run_bare(binding, query, plan))
        } else {
            Box::pin(self.run_behind_prefix(binding, query, plan, hold))
        };
        running.await.map_err(|error| (error, cached))
    }

    /// Runs several statements in one string, without parameters, in one transaction.
    pub(crate) async fn run_batch(&mut self, binding: &Binding, sql: &str) -> Result<(), RunError> {
        self.reset_streak();
        self.leave_others(binding).await?;
        self.busy = true;
        self.note_binding(true);
        let begin = binding.begin();
        let (bound, ran, end) = join!(
            self.client.batch_execute(&begin),
            self.client.batch_execute(sql),
            commit(&self.client, &self.watch.seen),
        );
        let ran = self.settle(end, bound, ran);
        self.note_dropped(None, &ran);
        ran
    }

    /// Runs one `COPY … TO STDOUT` or several, as [`run_batch`](Self::run_batch), and gives what each
    /// has sent.
    pub(crate) async fn copy_out(
        &mut self,
        binding: &Binding,
        sql: &str,
    ) -> Result<Vec<Vec<u8>>, RunError> {
        let watch = Arc::clone(&self.watch);
        let collecting = watch.seen.copied().collect();
        self.run_batch(binding, sql).await?;
        Ok(collecting.finish())
    }

    /// Binding and statement before one Sync.
    async fn run_behind_prefix(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
        hold: bool,
    ) -> Result<Output, RunError> {
        let target = binding.target();
        let statement = match plan {
            Plan::Prepared(prepared) => Some(prepared.statement),
            Plan::Unnamed => None,
            Plan::Prepare => Some(Box::pin(self.prepare_behind_prefix(binding, query)).await?),
        };
        let reset = self.needs_reset_for(target);
        let prefix = Prefix { search_path: binding.search_path(), hold, reset };
        self.busy = true;
        self.note_binding(reset);
        let ran = send(&self.client, &self.watch, Some(prefix), statement.as_ref(), query).await;
        self.busy = false;
        let output = self.after_prefix(target, reset, ran)?;
        if hold {
            self.held_for = Some(target);
        }
        Ok(output)
    }

    async fn prepare_behind_prefix(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Statement, RunError> {
        let owner = binding.owner();
        let target = owner.target;
        let reset = self.needs_reset_for(target);
        let prefix = Prefix { search_path: binding.search_path(), hold: false, reset };
        self.busy = true;
        self.note_binding(reset);
        // What is half prepared when this future is dropped is known to nobody.
        self.needs_discard = true;
        let prepared = prepare(&self.client, &self.watch, Some(prefix), query).await;
        self.needs_discard = false;
        self.busy = false;
        let statement = self.after_prefix(target, reset, prepared)?;
        self.statements.insert(owner, query, &statement);
        Ok(statement)
    }

    /// What a statement behind a prefix came to, and what that makes of the connection.
    fn after_prefix<T>(
        &mut self,
        target: TargetId,
        reset: bool,
        ran: Result<T, Error>,
    ) -> Result<T, RunError> {
        let Err(error) = &ran else {
            if reset {
                self.held_for = None;
            }
            self.residue = Residue::Of(target);
            return ran.map_err(RunError::Statement);
        };
        if error.as_db_error().is_none() {
            // Whether it has run is not known.
            self.needs_reset = true;
        } else if reset {
            // Rolled back, together with the statement.
            self.residue = Residue::Unknown;
        } else {
            self.residue = Residue::Of(target);
        }
        let failed = self.watch.prefix.has_failed();
        ran.map_err(if failed { RunError::Bind } else { RunError::Statement })
    }

    /// Binding, statement and COMMIT in three messages together.
    async fn run_between(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> Result<Output, RunError> {
        self.reset_streak();
        self.leave_others(binding).await?;
        self.busy = true;
        self.note_binding(true);
        let client = &self.client;
        let statement = match plan {
            Plan::Prepared(prepared) => Some(prepared.statement),
            Plan::Unnamed => None,
            Plan::Prepare => return Box::pin(self.prepare_between(binding, query)).await,
        };
        let begin = binding.begin();
        let (bound, ran, end) = join!(
            client.batch_execute(&begin),
            send(client, &self.watch, None, statement.as_ref(), query),
            commit(client, &self.watch.seen),
        );
        self.settle(end, bound, ran)
    }

    /// Binding and preparation together, then statement and COMMIT.
    async fn prepare_between(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Output, RunError> {
        self.needs_discard = true;
        let owner = binding.owner();
        let client = &self.client;
        let begin = binding.begin();
        let (bound, prepared) =
            join!(client.batch_execute(&begin), prepare(client, &self.watch, None, query));
        self.needs_discard = false;
        match (bound, prepared) {
            (Ok(()), Ok(statement)) => {
                self.statements.insert(owner, query, &statement);
                let client = &self.client;
                let (ran, end) = join!(
                    send(client, &self.watch, None, Some(&statement), query),
                    commit(client, &self.watch.seen)
                );
                self.settle(end, Ok(()), ran)
            }
            (bound, prepared) => {
                let end = commit(client, &self.watch.seen).await;
                self.settle(end, bound, prepared.map(|_| Output::default()))
            }
        }
    }

    /// On a connection held for the target.
    async fn run_bare(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> Result<Output, RunError> {
        self.busy = true;
        let (_, ran) = self.execute(binding, query, plan).await;
        self.busy = false;
        ran.map_err(RunError::Statement)
    }

    /// Sends a statement as the connection is: held, in a transaction or a session. Whether it is
    /// plain, and what it gave.
    pub(super) async fn execute(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
        plan: Plan,
    ) -> (bool, Result<Output, Error>) {
        let prepared = match plan {
            Plan::Prepared(prepared) => prepared,
            Plan::Unnamed => {
                let ran = send(&self.client, &self.watch, None, None, query).await;
                return (query.is_plain(), ran);
            }
            Plan::Prepare => {
                let owner = binding.owner();
                let discard = std::mem::replace(&mut self.needs_discard, true);
                let prepared = Box::pin(prepare(&self.client, &self.watch, None, query)).await;
                self.needs_discard = discard;
                match prepared {
                    Ok(statement) => self.statements.insert(owner, query, &statement),
                    Err(error) => return (true, Err(error)),
                }
            }
        };
        let ran = send(&self.client, &self.watch, None, Some(&prepared.statement), query).await;
        (prepared.is_plain, ran)
    }

    pub(super) fn plan(&mut self, binding: &Binding, query: &Query<'_>) -> Plan {
        if matches!(query.params, Params::Once) {
            return Plan::Unnamed;
        }
        let comes_again = self.comes_again();
        let known = self.statements.look_up(binding.owner(), query, comes_again);
        if matches!(known, Known::Outdated) {
            // Types may have changed as tables have.
            self.client.clear_type_cache();
        }
        match (known, &query.params) {
            (Known::Prepared(prepared), _) => Plan::Prepared(prepared),
            (Known::New, Params::Typed(_)) => Plan::Unnamed,
            (Known::Outdated, Params::Typed(_)) if !comes_again => Plan::Unnamed,
            _ => Plan::Prepare,
        }
    }

    /// What others may have left is reset, and that is awaited.
    pub(super) async fn leave_others(&mut self, binding: &Binding) -> Result<(), RunError> {
        if self.needs_reset_for(binding.target()) {
            Box::pin(self.make_neutral()).await?;
        }
        Ok(())
    }

    /// Makes the connection neutral. Until the answer has come, it is unclean.
    pub(super) async fn make_neutral(&mut self) -> Result<(), RunError> {
        if self.needs_reset || self.residue != Residue::None || self.held_for.is_some() {
            self.busy = true;
            self.tally.reset();
            self.client.batch_execute(RESET).await.map_err(RunError::Bind)?;
            self.busy = false;
            self.neutral();
        }
        Ok(())
    }

    /// Counts a binding that is sent, with a reset or without.
    pub(super) fn note_binding(&self, reset: bool) {
        self.tally.bound();
        if reset {
            self.tally.reset();
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
        self.ended(end.reset);
        bound.map_err(RunError::Bind)?;
        let output = ran.map_err(RunError::Statement)?;
        end.committed.map_err(RunError::Statement)?;
        Ok(output)
    }

    /// A transaction has ended with a reset, which came through or not.
    pub(super) fn ended(&mut self, reset: bool) {
        if reset {
            self.neutral();
        } else {
            self.needs_reset = true;
        }
    }
}

async fn prepare(
    client: &Client,
    watch: &Watch,
    prefix: Option<Prefix>,
    query: &Query<'_>,
) -> Result<Statement, Error> {
    watch.prefix.set(prefix);
    let prepared = match &query.params {
        Params::Described(_) | Params::Once => client.prepare(query.sql).await,
        Params::Typed(params) => {
            let types: Vec<Type> = params.iter().map(|param| param.ty.clone()).collect();
            client.prepare_typed(query.sql, &types).await
        }
    };
    watch.prefix.set(None);
    prepared
}

async fn send(
    client: &Client,
    watch: &Watch,
    prefix: Option<Prefix>,
    statement: Option<&Statement>,
    query: &Query<'_>,
) -> Result<Output, Error> {
    watch.prefix.set(prefix);
    // One row alone may be of a gigabyte.
    watch.seen.set_longest_row(query.bounds.map(|bounds| bounds.bytes));
    let sent = request(client, statement, query).await;
    // Where nothing was sent, it must not wait for another statement.
    watch.prefix.set(None);
    let rows = sent?;
    pin_mut!(rows);
    let mut output = Output::default();
    let bounds = query.bounds.unwrap_or(Bounds { rows: usize::MAX, bytes: usize::MAX });
    let mut bytes = 0_usize;
    while let Some(row) = rows.try_next().await? {
        bytes = bytes.saturating_add(row.raw_size_bytes());
        if output.rows.len() == bounds.rows || bytes > bounds.bytes {
            return Ok(Output { is_cut: true, ..Output::default() });
        }
        output.rows.push(row);
    }
    output.affected = rows.rows_affected().unwrap_or(0);
    Ok(output)
}

async fn request(
    client: &Client,
    statement: Option<&Statement>,
    query: &Query<'_>,
) -> Result<RowStream, Error> {
    match (&query.params, statement) {
        (Params::Described(params), Some(statement)) => {
            client.query_raw(statement, params.iter().copied()).await
        }
        (Params::Described(params), None) => {
            client.query_raw(query.sql, params.iter().copied()).await
        }
        (Params::Once, _) => {
            let none: [(&TypedParam, Type); 0] = [];
            client.query_typed_raw(query.sql, none).await
        }
        (Params::Typed(params), Some(statement)) => {
            client.query_raw::<_, &TypedParam, _>(statement, params.iter()).await
        }
        (Params::Typed(params), None) => {
            let typed = params.iter().map(|param| (param, param.ty.clone()));
            client.query_typed_raw::<&TypedParam, _>(query.sql, typed).await
        }
    }
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

/// The error of a prefix whose prepared statements are gone.
fn is_unknown_statement(error: &Error) -> bool {
    error.code() == Some(&SqlState::INVALID_SQL_STATEMENT_NAME)
}
