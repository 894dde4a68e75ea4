//! Running migrations in one schema.
//!
//! - here: in a transaction with their rows in the ledger, a file in one message;
//! - [`alone`]: files that refuse a transaction, statement by statement.

pub(crate) mod alone;

use std::{error::Error, time::Duration};

use tenantry::{BatchError, SharedSession, TenantId, Transaction};

use crate::{
    Failure, MigrationTransaction, RustMigration,
    guard::{self, Guard},
    ledger,
    message::{self, Message, Place},
    rust_migration::On,
    site::{BUSY, Site},
    step::{Body, Step},
};

/// Why migrations were not applied.
#[derive(Debug)]
pub(crate) enum NotApplied {
    /// The ledger is not what it was: another runner has applied a file meanwhile, or the schema
    /// was dropped or made anew.
    LedgerChanged,
    /// The ledger's table was made by an earlier version.
    LedgerOutdated,
    /// Another runner is at work in the schema.
    Busy,
    /// It was rolled back, and may go well another time: somebody held a lock.
    Locked(Failure),
    /// It was rolled back.
    Failed(Failure),
}

/// Whether a schema has the ledger's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LedgerTable {
    There,
    /// The next file makes it, unless another runner has.
    Missing,
    /// The next file gives it the columns it lacks.
    Outdated,
}

/// How migrations run in a schema.
#[derive(Clone, Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) site: &'a Site,
    pub(crate) lock_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    /// The role that files run as, quoted.
    pub(crate) role: Option<String>,
    /// What looks at what cannot be read before.
    pub(crate) guard: Option<Guard>,
    /// Whose schema it is; nobody's is the shared one.
    pub(crate) tenant: Option<&'a TenantId>,
    pub(crate) way: Way,
}

/// Whether migrations are applied or undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
    /// What runs is a seed: no ledger knows of it.
    Seed,
}

/// What a transaction begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// Whether the schema's lock is to be taken: it is kept from one file to the next.
    pub(crate) lock: bool,
    pub(crate) ledger: LedgerTable,
}

/// A migration to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    /// A file.
    File(&'a Step, &'a Body<'a>),
    /// Code.
    Code(&'a Step, &'a dyn RustMigration),
}

impl Terms<'_> {
    /// Opens a transaction.
    fn open(&self, message: &mut Message<'_>, opening: Opening) {
        message.ours("BEGIN");
        if opening.lock {
            message.ours(&self.site.try_lock());
        }
        match opening.ledger {
            LedgerTable::There => {}
            LedgerTable::Missing => message.ours(&ledger::create_new(self.site)),
            LedgerTable::Outdated => message.ours(&ledger::upgrade(self.site)),
        }
    }

    /// Gives what comes the tenant's names, timeouts and role, whatever an earlier file has set.
    fn bind(&self, message: &mut Message<'_>, body: Option<&Body<'_>>) {
        message.ours("RESET SESSION AUTHORIZATION");
        message.ours("RESET ALL");
        self.bind_fresh(message, body);
    }

    /// The same in a session in which nobody has set anything.
    fn bind_fresh(&self, message: &mut Message<'_>, body: Option<&Body<'_>>) {
        message.ours(&self.site.bind());
        let lock_timeout =
            body.and_then(|body| body.directives().lock_timeout).unwrap_or(self.lock_timeout);
        message.ours(&format!("SET LOCAL lock_timeout = {}", milliseconds(lock_timeout)));
        let statement_timeout =
            body.and_then(|body| body.directives().statement_timeout).or(self.statement_timeout);
        if let Some(timeout) = statement_timeout {
            message.ours(&format!("SET LOCAL statement_timeout = {}", milliseconds(timeout)));
        }
    }

    fn take_role(&self, message: &mut Message<'_>) {
        if let Some(role) = &self.role {
            message.ours(&format!("SET LOCAL ROLE {role}"));
        }
    }

    /// One file, with its row.
    fn file<'f>(&self, message: &mut Message<'f>, (step, body): (&Step, &'f Body<'f>)) {
        self.bind(message, Some(body));
        self.claim(message, step);
        self.enter(message, body.is_opaque());
        message.file(body);
        self.leave(message, body.is_opaque());
        self.complete(message, step);
    }

    /// One file that can be read, alone in its transaction, under the schema's lock and where the ledger
    /// lacks it: one statement says at last that it was applied, and needs no other.
    fn plain_file<'f>(
        &self,
        message: &mut Message<'f>,
        (step, body): (&Step, &'f Body<'f>),
        opening: Opening,
    ) {
        match opening.lock {
            true => self.bind_fresh(message, Some(body)),
            false => self.bind(message, Some(body)),
        }
        self.take_role(message);
        message.file(body);
        if self.role.is_some() {
            message.ours("RESET ROLE");
        }
        message.ours(&ledger::record(self.site, step.row()));
    }

    /// Whether a transaction that opens so and does this alone is [`plain_file`](Self::plain_file)'s.
    fn is_plain(&self, body: &Body<'_>, opening: Opening) -> bool {
        // Before the lock was taken another runner may have applied what the ledger was read to lack.
        let is_known = !opening.lock || opening.ledger == LedgerTable::Missing;
        self.way == Way::Up && is_known && body.is_plain()
    }

    /// From here on a migration's own statements run.
    fn enter(&self, message: &mut Message<'_>, is_opaque: bool) {
        self.take_role(message);
        if let Some(guard) = self.guard.as_ref().filter(|_| is_opaque) {
            message.ours(&guard.before());
        }
    }

    /// From here on ours do.
    fn leave(&self, message: &mut Message<'_>, is_opaque: bool) {
        if self.role.is_some() {
            message.ours("RESET ROLE");
        }
        if let Some(guard) = self.guard.as_ref().filter(|_| is_opaque) {
            if let Some(role) = guard.role() {
                message.ours(&role);
            }
            message.ours(&guard.after());
        }
    }

    /// Claims the migration for this transaction: fails where another has applied or undone it.
    fn claim(&self, message: &mut Message<'_>, step: &Step) {
        match self.way {
            Way::Up => message.ours(&ledger::claim(self.site, step.row())),
            Way::Down => message.ours(&ledger::claim_down(self.site, step.number)),
            Way::Seed => {}
        }
    }

    fn complete(&self, message: &mut Message<'_>, step: &Step) {
        match self.way {
            Way::Up => message.ours(&ledger::complete(self.site, step.number)),
            Way::Down => message.ours(&ledger::complete_down(self.site, step.number)),
            Way::Seed => {}
        }
    }

    /// Why a message failed.
    pub(crate) fn explain(&self, message: &Message<'_>, failed: BatchError) -> NotApplied {
        let place = message.place(&failed);
        let error = failed.error;
        let database = error.as_database_error();
        if database.is_some_and(|error| error.message.contains(BUSY)) {
            return NotApplied::Busy;
        }
        if let Some(failure) = database.and_then(|error| guard::caught(&error.message)) {
            return NotApplied::Failed(message.name(failure));
        }
        if database.is_some_and(|error| error.message.contains(ledger::NOT_THERE)) {
            return NotApplied::LedgerChanged;
        }
        if database.is_some_and(|error| error.message.contains(ledger::ENDED)) {
            let message_ = "it ended the transaction it ran in".to_owned();
            return NotApplied::Failed(
                message.name(Failure::new("MIGRATION_UNFINISHED", message_)),
            );
        }
        let of_ledger =
            database.is_some_and(|error| error.table.as_ref() == Some(&self.site.ledger_name));
        let is_ours = !matches!(place, Place::In(..));
        match error.sqlstate() {
            Some("23505") if is_ours && of_ledger => NotApplied::LedgerChanged,
            Some("42P01" | "42P07" | "3F000") if matches!(place, Place::Before) => {
                NotApplied::LedgerChanged
            }
            Some("42703") if matches!(place, Place::Before) => NotApplied::LedgerOutdated,
            Some("42704" | "22023" | "42501") if matches!(place, Place::Before) => {
                NotApplied::Failed(self.role_unusable(error))
            }
            _ => match place {
                Place::In(body, spot) => sort(message::failure(error, body, spot)),
                Place::Before | Place::After => {
                    let mut failure = message.name(Failure::from(error));
                    if !failure.is_unavailable() {
                        failure.code = "MIGRATION_FAILED";
                    }
                    sort(failure)
                }
            },
        }
    }

    fn role_unusable(&self, error: tenantry::Error) -> Failure {
        let mut failure = Failure::from(error);
        failure.code = "ROLE_UNUSABLE";
        failure.hint(
            "migrations.role names the role that a tenant's migrations run as: create it, make it \
             the owner of the tenant's schema, and grant it to whoever migrates",
        )
    }
}

/// Whether a failure may go away by itself.
fn sort(mut failure: Failure) -> NotApplied {
    if failure.is_unavailable() {
        failure.hint = Some("whether it was applied is in the ledger: run this again".to_owned());
        return NotApplied::Failed(failure);
    }
    match failure.sqlstate.as_deref() {
        // A lock was not to be had in time; a deadlock; two that change the same.
        Some("55P03" | "40P01" | "40001") => NotApplied::Locked(failure),
        _ => NotApplied::Failed(failure),
    }
}

/// For PostgreSQL's settings, in which nought is for ever.
fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX).max(1)
}

/// Applies migrations in one transaction, all of them or none.
pub(crate) async fn apply(
    session: &mut SharedSession,
    terms: &Terms<'_>,
    pieces: &[Piece<'_>],
    opening: Opening,
) -> Result<(), NotApplied> {
    let mut message = Message::default();
    terms.open(&mut message, opening);
    if let [Piece::File(step, body)] = pieces
        && terms.is_plain(body, opening)
    {
        terms.plain_file(&mut message, (step, body), opening);
        message.ours("COMMIT");
        let sent = send(&mut On::Session(&mut *session), terms, &message).await;
        return rolled_back(session, sent).await;
    }
    let ran = run(On::Session(&mut *session), terms, pieces, message, "COMMIT").await;
    rolled_back(session, ran).await
}

/// Ends the transaction of what has failed.
async fn rolled_back(
    session: &mut SharedSession,
    ran: Result<(), NotApplied>,
) -> Result<(), NotApplied> {
    if ran.is_err() {
        // If the connection is lost, PostgreSQL rolls back by itself.
        let _ = session.batch_execute("ROLLBACK").await;
    }
    ran
}

/// Applies migrations as part of a transaction that is open.
pub(crate) async fn apply_within(
    transaction: &mut Transaction,
    terms: &Terms<'_>,
    pieces: &[Piece<'_>],
) -> Result<(), NotApplied> {
    run(On::Transaction(transaction), terms, pieces, Message::default(), "").await
}

/// Runs what comes one after the other, in as few messages as there can be: files and everything
/// of ours between two migrations in Rust are one.
async fn run<'a>(
    on: On<'_>,
    terms: &Terms<'_>,
    pieces: &[Piece<'a>],
    mut message: Message<'a>,
    end: &str,
) -> Result<(), NotApplied> {
    let mut tx = MigrationTransaction { on, tenant: terms.tenant };
    for piece in pieces {
        match piece {
            Piece::File(step, body) => terms.file(&mut message, (step, body)),
            Piece::Code(step, code) => {
                terms.bind(&mut message, None);
                terms.claim(&mut message, step);
                terms.enter(&mut message, true);
                send(&mut tx.on, terms, &message).await?;
                match terms.way {
                    Way::Down => code.down(&mut tx).await,
                    Way::Up | Way::Seed => code.up(&mut tx).await,
                }
                .map_err(|error| failed(step, error))?;
                message = Message::default();
                message.after(&step.name);
                terms.leave(&mut message, true);
                terms.complete(&mut message, step);
            }
        }
    }
    if !end.is_empty() {
        message.ours(end);
    }
    send(&mut tx.on, terms, &message).await
}

async fn send(on: &mut On<'_>, terms: &Terms<'_>, message: &Message<'_>) -> Result<(), NotApplied> {
    let sent = match on {
        On::Session(session) => session.batch_counted(message.sql()).await,
        On::Transaction(transaction) => transaction.batch_counted(message.sql()).await,
    };
    sent.map_err(|error| terms.explain(message, error))
}

/// What code gave, as a failure: with all that PostgreSQL said, where that was it.
fn failed(step: &Step, error: Box<dyn Error + Send + Sync>) -> NotApplied {
    let mut failure = match error.downcast::<tenantry::Error>() {
        Ok(error) => Failure::from(*error),
        Err(error) => Failure::new("MIGRATION_FAILED", error.to_string()),
    };
    if !failure.is_unavailable() {
        failure.code = "MIGRATION_FAILED";
    }
    sort(failure.in_file(&step.name))
}
