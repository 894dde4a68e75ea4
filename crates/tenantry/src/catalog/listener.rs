//! Keeps the index fresh by LISTEN.
//!
//! Notifications are hints: any role may send one, so each leads to reading the row. A listener
//! whose socket is half open looks healthy and hears nothing; so it proves itself alive by a round
//! trip every [`HEARTBEAT`], after which everything committed before has been heard, and the index
//! counts for one [`LEASE`] from the moment that round trip began. Without a lease, lookups read
//! the row.

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::Notification;

use super::{
    index::Index,
    migrated::{self, Migrated},
    rows,
};
use crate::{Error, Result, SharedSession, TenantId, access::Access, db::Session};

/// How often the listener proves itself alive.
const HEARTBEAT: Duration = Duration::from_millis(250);
/// How long the index counts after a proof.
const LEASE: Duration = Duration::from_millis(950);
/// How long reading the whole catalog may take.
const LOADING: Duration = Duration::from_secs(30);
/// How long the listener waits before it connects again.
const PAUSE: Duration = Duration::from_millis(250);

/// What the listener's session begins with; the second channel is [`migrated::CHANNEL`].
const LISTEN: &str = "LISTEN tenantry_tenants; LISTEN tenantry_migrated";

/// Listens until the index is gone. `ready` hears of the first try.
pub(crate) async fn listen(
    access: Access,
    index: Weak<Index>,
    ready: tokio::sync::oneshot::Sender<Result<()>>,
) {
    let mut ready = Some(ready);
    loop {
        let Some(strong) = index.upgrade() else {
            return;
        };
        let ended = match start(&access, &strong).await {
            Ok(session) => {
                if let Some(ready) = ready.take() {
                    let _ = ready.send(Ok(()));
                }
                drop(strong);
                follow(session, &index).await
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) | Err(Error::PoolClosed) => return,
            Err(Error::Pooled(address)) => {
                tracing::warn!(
                    target: "tenantry::catalog",
                    %address,
                    "a pooler is in the way of LISTEN: each lookup reads the tenant's row"
                );
                if let Some(ready) = ready.take() {
                    let _ = ready.send(Ok(()));
                }
                return;
            }
            Err(error) => {
                if let Some(ready) = ready.take() {
                    let _ = ready.send(Err(error));
                    return;
                }
                tracing::warn!(target: "tenantry::catalog", %error, "the catalog cannot be heard");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens first, then reads everything: no change falls between.
async fn start(access: &Access, index: &Index) -> Result<SharedSession> {
    let lease = access.acquire_any().await?;
    // The connection may be one that a router has forgotten: then no answer comes, ever.
    let listening = timeout(LEASE, async {
        let mut session = SharedSession(Session::start(access.clone(), lease).await?);
        session.batch_execute(LISTEN).await?;
        Ok::<_, Error>(session)
    });
    let mut session = listening.await.map_err(|_| no_answer())??;
    let since = Instant::now();
    // What was announced before is heard no more.
    index.heard(Migrated::All);
    timeout(LOADING, index.load(&mut session)).await.map_err(|_| no_answer())??;
    index.renew(since, LEASE);
    Ok(session)
}

/// Takes in what is notified, until the connection or the index is gone.
async fn follow(mut session: SharedSession, index: &Weak<Index>) -> Result<()> {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut heard = Heard::default();
        tokio::select! {
            notified = session.next_notification() => match notified {
                Some(notification) => heard.take(&notification),
                None => return Err(Error::Answer("the connection has ended".into())),
            },
            _ = heartbeat.tick() => {}
        }
        let since = Instant::now();
        // After this round trip every change committed before it has been heard.
        let version = timeout(LEASE, rows::current_version(&mut session)).await;
        let version = version.map_err(|_| no_answer())??;
        session.queued().for_each(|notification| heard.take(&notification));
        let Some(index) = index.upgrade() else {
            return Ok(());
        };
        heard.migrated.into_iter().for_each(|migrated| index.heard(migrated));
        if !heard.changed.is_empty() {
            take_in(&mut session, &index, &heard.changed, version).await?;
        }
        index.renew(since, LEASE);
    }
}

/// What was notified.
#[derive(Default)]
struct Heard {
    /// The ids of tenants whose rows have changed.
    changed: BTreeSet<String>,
    migrated: Vec<Migrated>,
}

impl Heard {
    fn take(&mut self, notification: &Notification) {
        if notification.channel() == migrated::CHANNEL {
            self.migrated.push(Migrated::read(notification.payload()));
        } else {
            self.changed.insert(notification.payload().to_owned());
        }
    }
}

async fn take_in(
    session: &mut SharedSession,
    index: &Arc<Index>,
    changed: &BTreeSet<String>,
    version: i64,
) -> Result<()> {
    let ids: Vec<&str> = changed.iter().map(String::as_str).collect();
    let found = timeout(LEASE, rows::some(session, &ids)).await;
    let found = found.map_err(|_| no_answer())??;
    for id in ids {
        let is_there = found.iter().any(|row| row.tenant.id.as_str() == id);
        if !is_there && let Ok(id) = TenantId::parse_with(crate::Alphabet::Legacy, id) {
            index.remove(&id, version);
        }
    }
    for row in found {
        index.apply(row);
    }
    Ok(())
}

fn no_answer() -> Error {
    Error::Answer("no answer in time".into())
}
