//! The clients of a bad tenant, in a process of their own: what they cost is not to be taken for what the
//! server costs its other tenants.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::arguments::Misbehave;
use crate::failure::{Doing as _, Failure, Result};
use crate::load::answer;
use crate::tenants;

/// How long a client waits, in milliseconds, that was answered with an error: as many ask at a time as there
/// are, and neither as fast as they are refused nor all at the same moment.
const REFUSED: RangeInclusive<u64> = 100..=300;
/// How long one waits whose connection has ended.
const CUT: Duration = Duration::from_millis(50);

/// How many requests were answered with which status.
pub(super) type Statuses = BTreeMap<u16, usize>;

/// `tenantry-bench misbehave`.
pub(crate) async fn run(arguments: Misbehave) -> Result<()> {
    let statuses = Arc::new(Mutex::new(Statuses::new()));
    let mut clients = JoinSet::new();
    let request: Arc<str> = format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\nx-tenant-id: {}\r\n\r\n",
        arguments.path,
        arguments.address,
        tenants::id(arguments.tenant)
    )
    .into();
    for number in 0..arguments.clients {
        let mut random = SmallRng::seed_from_u64(u64::try_from(number)?);
        let (statuses, request) = (Arc::clone(&statuses), Arc::clone(&request));
        clients.spawn(async move {
            loop {
                let _cut = ask(arguments.address, &request, &statuses, &mut random).await;
                tokio::time::sleep(CUT).await;
            }
        });
    }
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    clients.shutdown().await;
    let statuses = statuses.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{}", serde_json::to_string(&*statuses)?);
    Ok(())
}

/// Asks again and again on one connection, until it ends.
async fn ask(
    address: SocketAddr,
    request: &str,
    statuses: &Mutex<Statuses>,
    random: &mut SmallRng,
) -> Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        connection.write_all(request.as_bytes()).await?;
        let mut received = 0;
        let head = loop {
            match connection.read(&mut buffer[received..]).await? {
                0 => return Err(Failure::new("the connection has ended")),
                more => received += more,
            }
            match answer::head(&buffer[..received]) {
                Ok(Some(head)) if head.body_end <= received => break head,
                Ok(_) => {}
                Err(answer::NotHttp) => return Err(Failure::new("no answer")),
            }
        };
        *statuses.lock().unwrap_or_else(PoisonError::into_inner).entry(head.status).or_default() +=
            1;
        if head.status != 200 {
            let pause = random.random_range(REFUSED);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        if head.closes {
            return Ok(());
        }
    }
}

/// The process that misbehaves. Killed when dropped.
pub(super) struct Misbehaving(Child);

impl Misbehaving {
    pub(super) fn start(address: SocketAddr, path: &str, clients: usize) -> Result<Self> {
        let program = std::env::current_exe().doing("cannot find this program")?;
        let mut command = Command::new(program);
        command.args(["misbehave", &address.to_string(), path, "--clients", &clients.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        Ok(Self(command.spawn().doing("cannot start the bad tenant's clients")?))
    }

    /// Ends it: how it was answered.
    pub(super) async fn stop(mut self) -> Result<Statuses> {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().await?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
