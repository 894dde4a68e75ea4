use std::{io, sync::Arc};

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_postgres::config::Host;
use tokio_util::either::Either;

use super::{
    server::Server,
    wire::{Carries, Watch, Wire},
};

#[cfg(unix)]
pub(super) type Socket = Either<TcpStream, UnixStream>;
#[cfg(not(unix))]
pub(super) type Socket = Either<TcpStream, TcpStream>;

/// Opens a watched socket to the first of the server's hosts that answers.
pub(super) async fn dial(server: &Server, watch: Arc<Watch>) -> io::Result<(Wire<Socket>, String)> {
    let config = server.config();
    let ports = config.get_ports();
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no host is given");
    let localhost = [Host::Tcp("localhost".to_owned())];
    let hosts = if config.get_hosts().is_empty() { &localhost[..] } else { config.get_hosts() };
    for (index, host) in hosts.iter().enumerate() {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        match open(host, port).await {
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

async fn open(host: &Host, port: u16) -> io::Result<(Socket, String)> {
    match host {
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            Ok((Either::Left(stream), name.clone()))
        }
        #[cfg(unix)]
        Host::Unix(directory) => {
            let path = directory.join(format!(".s.PGSQL.{port}"));
            Ok((Either::Right(UnixStream::connect(path).await?), String::new()))
        }
    }
}
