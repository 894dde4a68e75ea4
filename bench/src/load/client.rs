//! One client: a connection that is kept, one request at a time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::answer::{self, Finder};
use super::draw::Tenants;
use super::tally::Tally;
use super::{Request, Window};

/// How long after the window a client waits for its last answer.
const GRACE: Duration = Duration::from_secs(5);
/// The pause after a failed exchange, so that a server that refuses is not hammered.
const PAUSE: Duration = Duration::from_millis(10);
/// More than any answer of the contestants, errors included.
const LARGEST_ANSWER: usize = 64 * 1024;

pub(super) struct Client {
    address: SocketAddr,
    requests: Arc<[Request]>,
    tenants: Arc<Tenants>,
    random: SmallRng,
    pace: Option<Duration>,
    connection: Option<TcpStream>,
    buffer: Vec<u8>,
    finder: Finder,
}

/// How an exchange ended that was carried out.
enum Outcome {
    Right,
    WrongTenant,
    Status,
}

impl Client {
    pub(super) fn new(
        address: SocketAddr,
        requests: &Arc<[Request]>,
        tenants: &Arc<Tenants>,
        pace: Option<Duration>,
        seed: u64,
    ) -> Self {
        Self {
            address,
            requests: Arc::clone(requests),
            tenants: Arc::clone(tenants),
            random: SmallRng::seed_from_u64(seed),
            pace,
            connection: None,
            buffer: vec![0; LARGEST_ANSWER],
            finder: Finder::default(),
        }
    }

    /// Asks until the window closes, counting the answers that came within it.
    pub(super) async fn run(mut self, window: Window) -> Tally {
        let mut tally = Tally::default();
        let asking = self.ask_until_closed(window, &mut tally);
        if timeout_at(window.closes + GRACE, asking).await.is_err() {
            tally.errors.transport += 1;
        }
        tally
    }

    async fn ask_until_closed(&mut self, window: Window, tally: &mut Tally) {
        let mut started = Instant::now();
        let mut due = started;
        while started < window.closes {
            let outcome = self.exchange().await;
            let finished = Instant::now();
            if window.opens <= finished && finished < window.closes {
                match &outcome {
                    Ok(Outcome::Right) => tally.answer(finished - started),
                    Ok(Outcome::WrongTenant) => tally.errors.wrong_tenant += 1,
                    Ok(Outcome::Status) => tally.errors.status += 1,
                    Err(_) => tally.errors.transport += 1,
                }
            }
            started = finished;
            if outcome.is_err() {
                sleep(PAUSE).await;
                started = Instant::now();
            }
            if let Some(pace) = self.pace {
                due += pace;
                // Whoever is behind has waited since it was due.
                started = due;
                if Instant::now() < due {
                    sleep_until(due).await;
                    started = Instant::now();
                }
            }
        }
    }

    async fn exchange(&mut self) -> io::Result<Outcome> {
        let request = &self.requests[self.tenants.draw(&mut self.random)];
        // Taken out for as long as the exchange lasts: one that fails leaves no connection behind.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address).await?,
        };
        connection.write_all(&request.bytes).await?;
        let mut received = 0;
        let head = loop {
            received += read_some(&mut connection, &mut self.buffer[received..]).await?;
            match answer::head(&self.buffer[..received]) {
                Ok(None) => {}
                Ok(Some(head)) if head.body_end <= LARGEST_ANSWER => break head,
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        };
        while received < head.body_end {
            received += read_some(&mut connection, &mut self.buffer[received..]).await?;
        }
        if !head.closes {
            self.connection = Some(connection);
        }
        let body = &self.buffer[head.body_start..head.body_end];
        Ok(match head.status {
            200 if self.finder.holds(body, &request.expected) => Outcome::Right,
            200 => Outcome::WrongTenant,
            _ => Outcome::Status,
        })
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

async fn read_some(connection: &mut TcpStream, into: &mut [u8]) -> io::Result<usize> {
    match connection.read(into).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        some => Ok(some),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::super::Load;
    use crate::arguments::Draw;
    use crate::tenants;

    /// Answers request after request with `answers` in turn, hanging up after `Connection: close`.
    async fn serve(mut stream: TcpStream, answers: Vec<String>) {
        let mut request = [0; 1024];
        for answer in answers.iter().cycle() {
            if !matches!(stream.read(&mut request).await, Ok(1..)) {
                return;
            }
            let sent = stream.write_all(answer.as_bytes()).await;
            if sent.is_err() || answer.contains("connection: close") {
                return;
            }
        }
    }

    fn answer(head: &str, body: &str) -> String {
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn every_kind_of_answer_is_counted_as_what_it_is() {
        let name =
            |number| format!("{{\"name\":\"{}\"}}", tenants::project_name(&tenants::id(number)));
        let answers = vec![
            answer("200 OK", &name(1)),
            answer("200 OK", &name(2)),
            answer("503 Service Unavailable", ""),
            answer("200 OK\r\nconnection: close", &name(1)),
        ];
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers.clone()));
            }
        });
        let load = Load {
            address,
            first: 1,
            tenants: 1,
            draw: Draw::Uniform,
            clients: 2,
            warmup: Duration::ZERO,
            measured: Duration::from_millis(300),
            pace: None,
            seed: 1,
            asks: super::super::Asks::Project,
        };
        let tally = load.start().finish().await;
        let rounds = tally.errors.status;
        assert!(rounds > 4, "{tally:?}");
        assert_eq!(tally.errors.transport, 0);
        assert!(tally.errors.wrong_tenant.abs_diff(rounds) <= 2, "{:?}", tally.errors);
        assert!((tally.answered() as u64).abs_diff(2 * rounds) <= 4, "{:?}", tally.errors);
    }
}
