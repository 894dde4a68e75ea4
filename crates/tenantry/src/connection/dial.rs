use std::{io, sync::Arc};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_postgres::{Config, config::Host};
use tokio_util::either::Either;

use super::{
    server::Server,
    wire::{Carries, Watch, Wire},
};

#[cfg(unix)]
pub(super) type Socket = Either<TcpStream, UnixStream>;
#[cfg(not(unix))]
pub(super) type Socket = Either<TcpStream, TcpStream>;

/// Opens a watched socket to the first of the server's hosts that answers. Each has the
/// `connect_timeout` to itself, as with libpq.
pub(super) async fn dial(server: &Server, watch: Arc<Watch>) -> io::Result<(Wire<Socket>, String)> {
    let config = server.config();
    let ports = config.get_ports();
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no host is given");
    let localhost = [Host::Tcp("localhost".to_owned())];
    let hosts = if config.get_hosts().is_empty() { &localhost[..] } else { config.get_hosts() };
    for (index, host) in hosts.iter().enumerate() {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let opened = match config.get_connect_timeout() {
            Some(within) => tokio::time::timeout(*within, open(host, port, config))
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            None => open(host, port, config).await,
        };
        match opened {
            Ok((socket, name)) => {
                let carries = match (&socket, server.tls().is_none()) {
                    (Either::Left(_), false) => Carries::AnswerFirst,
                    _ => Carries::Messages,
                };
                return Ok((Wire::new(socket, watch, carries), name));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn open(host: &Host, port: u16, config: &Config) -> io::Result<(Socket, String)> {
    match host {
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            keep_alive(SockRef::from(&stream), config)?;
            Ok((Either::Left(stream), name.clone()))
        }
        #[cfg(unix)]
        Host::Unix(directory) => {
            let path = directory.join(format!(".s.PGSQL.{port}"));
            Ok((Either::Right(UnixStream::connect(path).await?), String::new()))
        }
    }
}

/// Has the kernel find out that the other side is gone, as the URL says.
fn keep_alive(socket: SockRef<'_>, config: &Config) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if let Some(timeout) = config.get_tcp_user_timeout() {
        socket.set_tcp_user_timeout(Some(*timeout))?;
    }
    if !config.get_keepalives() {
        return Ok(());
    }
    let mut keepalive = TcpKeepalive::new().with_time(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        keepalive = keepalive.with_interval(interval);
    }
    #[cfg(unix)]
    if let Some(retries) = config.get_keepalives_retries() {
        keepalive = keepalive.with_retries(retries);
    }
    socket.set_tcp_keepalive(&keepalive)
}
