//! Which errors are worth another try.

use std::{error::Error, io};

use tokio_postgres::error::DbError;

use crate::DatabaseError;

/// Whether an error, or one that caused it, is worth another try.
///
/// It looks at SQLSTATEs, kinds of I/O errors and closed connections, all the way down the chain
/// of [sources](Error::source). The [module](super) has the list.
///
/// ```
/// use std::io;
/// use tenantry::retry::is_retryable;
///
/// assert!(is_retryable(&io::Error::from(io::ErrorKind::ConnectionRefused)));
/// assert!(!is_retryable(&io::Error::from(io::ErrorKind::PermissionDenied)));
/// ```
pub fn is_retryable(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(verdict) = verdict(error) {
            return verdict;
        }
        next = error.source();
    }
    false
}

/// What this error says by itself, without its sources; nothing if they are to say it.
fn verdict(error: &(dyn Error + 'static)) -> Option<bool> {
    if let Some(error) = error.downcast_ref::<tokio_postgres::Error>() {
        return error.is_closed().then_some(true);
    }
    if let Some(error) = error.downcast_ref::<DbError>() {
        return Some(is_retryable_sqlstate(error.code().code()));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        // What an I/O error wraps is not its source: its source is that one's source.
        return is_retryable_io(error.kind())
            .then_some(true)
            .or_else(|| error.get_ref().map(|inner| is_retryable(inner)));
    }
    if let Some(error) = error.downcast_ref::<crate::Error>() {
        return own_verdict(error);
    }
    if let Some(error) = error.downcast_ref::<DatabaseError>() {
        return Some(is_retryable_sqlstate(error.sqlstate()));
    }
    #[cfg(feature = "diesel")]
    if let Some(error) = error.downcast_ref::<diesel::result::Error>() {
        return diesel_verdict(error);
    }
    None
}

/// Whether an error with this SQLSTATE is worth another try.
pub(crate) fn is_retryable_sqlstate(code: &str) -> bool {
    matches!(
        code,
        "08000" | "08001" | "08003" | "08004" | "08006" // connection exceptions
            | "40001" // serialization_failure
            | "40P01" // deadlock_detected
            | "53300" // too_many_connections
            | "57P01" // admin_shutdown
            | "57P02" // crash_shutdown
            | "57P03" // cannot_connect_now
            | "57P05" // idle_session_timeout
    )
}

fn is_retryable_io(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;

    matches!(
        kind,
        Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::NotConnected
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::TimedOut
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::WouldBlock
            | Kind::Interrupted
            | Kind::AddrNotAvailable
    )
}

/// Our own errors hold the SQLSTATE and not always PostgreSQL's error as a source.
fn own_verdict(error: &crate::Error) -> Option<bool> {
    if let Some(code) = error.sqlstate() {
        return Some(is_retryable_sqlstate(code));
    }
    match error {
        // While PostgreSQL is away its socket's file is away too.
        crate::Error::Unavailable(unavailable) => unavailable
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>())
            .filter(|source| source.kind() == io::ErrorKind::NotFound)
            .map(|_| true),
        crate::Error::Application(error) => Some(is_retryable(&**error)),
        _ => None,
    }
}

#[cfg(feature = "diesel")]
fn diesel_verdict(error: &diesel::result::Error) -> Option<bool> {
    use diesel::result::{DatabaseErrorKind as Kind, Error};

    if let Some(code) = crate::sqlstate(error) {
        return Some(is_retryable_sqlstate(code));
    }
    match error {
        Error::DatabaseError(kind, _) => Some(matches!(
            kind,
            Kind::SerializationFailure | Kind::ClosedConnection | Kind::UnableToSendCommand
        )),
        Error::QueryBuilderError(error) => Some(is_retryable(&**error)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_postgres::NoTls;

    use super::*;

    /// What tokio-postgres reports when the server answers with this SQLSTATE.
    async fn postgres_error(sqlstate: &str) -> tokio_postgres::Error {
        let (client, mut server) = tokio::io::duplex(1024);
        let answer = async {
            let length = server.read_u32().await.unwrap();
            server.read_exact(&mut vec![0; length as usize - 4]).await.unwrap();
            let fields = format!("SFATAL\0VFATAL\0C{sqlstate}\0Mno\0\0");
            server.write_u8(b'E').await.unwrap();
            server.write_u32(4 + fields.len() as u32).await.unwrap();
            server.write_all(fields.as_bytes()).await.unwrap();
        };
        let mut config = tokio_postgres::Config::new();
        config.user("app").ssl_mode(tokio_postgres::config::SslMode::Disable);
        let (result, ()) = tokio::join!(config.connect_raw(client, NoTls), answer);
        match result {
            Ok(_) => panic!("the server refused"),
            Err(error) => error,
        }
    }

    /// What tokio-postgres reports when the server hangs up.
    async fn closed_error() -> tokio_postgres::Error {
        let (client, server) = tokio::io::duplex(1024);
        let connection = async {
            drop(server);
            let mut config = tokio_postgres::Config::new();
            config.user("app").ssl_mode(tokio_postgres::config::SslMode::Disable);
            config.connect_raw(client, NoTls).await
        };
        match connection.await {
            Ok(_) => panic!("the server is gone"),
            Err(error) => error,
        }
    }

    /// An application's error around another.
    #[derive(Debug)]
    struct Wrapped<E>(E);

    impl<E> fmt::Display for Wrapped<E> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("it did not work")
        }
    }

    impl<E: Error + 'static> Error for Wrapped<E> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[tokio::test]
    async fn the_documented_sqlstates_are_retryable_and_no_others() {
        let documented: Vec<&str> = include_str!("retryable.md")
            .split("Among those that are *not*")
            .next()
            .unwrap()
            .split("| I/O error")
            .next()
            .unwrap()
            .split('`')
            .filter(|code| code.len() == 5 && code.chars().all(|c| c.is_ascii_alphanumeric()))
            .collect();
        assert_eq!(documented.len(), 12);
        for code in documented {
            assert!(is_retryable(&postgres_error(code).await), "{code}");
        }
        let others = [
            "08007", "08P01", "22001", "23505", "25P02", "25P03", "28P01", "40002", "40003",
            "42P01", "53100", "53200", "55P03", "57014", "57P04", "58030", "XX000",
        ];
        for code in others {
            assert!(!is_retryable(&postgres_error(code).await), "{code}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_is_retryable() {
        assert!(is_retryable(&closed_error().await));
    }

    #[tokio::test]
    async fn sources_are_looked_at_all_the_way_down() {
        let deep = Wrapped(Wrapped(postgres_error("40001").await));
        assert!(is_retryable(&deep));
        assert!(!is_retryable(&Wrapped(Wrapped(postgres_error("23505").await))));
        assert!(is_retryable(&Wrapped(io::Error::from(io::ErrorKind::BrokenPipe))));
        assert!(is_retryable(&io::Error::other(postgres_error("57P03").await)));
        assert!(!is_retryable(&io::Error::other(postgres_error("28P01").await)));
        assert!(!is_retryable(&Wrapped(fmt::Error)));
    }

    #[tokio::test]
    async fn our_own_errors_are_judged_by_what_postgresql_said() {
        let own = async |code| crate::Error::from_postgres(postgres_error(code).await, "db:5432");
        assert!(is_retryable(&own("40001").await));
        assert!(is_retryable(&own("57P01").await));
        assert!(!is_retryable(&own("23505").await));
        assert!(is_retryable(&Wrapped(own("40P01").await)));
        assert!(is_retryable(&crate::Error::application(own("40001").await)));
        assert!(!is_retryable(&crate::Error::PoolClosed));

        let unreachable = |kind| {
            let error = crate::ConnectError::io("/run/postgresql", io::Error::from(kind));
            crate::Error::Unavailable(error.into())
        };
        assert!(is_retryable(&unreachable(io::ErrorKind::ConnectionRefused)));
        assert!(is_retryable(&unreachable(io::ErrorKind::NotFound)));
        assert!(!is_retryable(&unreachable(io::ErrorKind::PermissionDenied)));
    }

    #[cfg(feature = "diesel")]
    #[tokio::test]
    async fn diesels_errors_are_judged_by_our_own_inside_them() {
        use diesel::result::{DatabaseErrorKind as Kind, Error};

        let ours = crate::Error::from_postgres(postgres_error("57P01").await, "db:5432");
        assert!(is_retryable(&Error::QueryBuilderError(Box::new(ours))));
        let deadlock = Box::new("deadlock detected (SQLSTATE 40P01)".to_owned());
        assert!(is_retryable(&Error::DatabaseError(Kind::Unknown, deadlock)));
    }

    #[cfg(feature = "diesel")]
    #[test]
    fn diesels_kinds_are_known() {
        use diesel::result::{DatabaseErrorKind as Kind, Error};

        let error = |kind| Error::DatabaseError(kind, Box::new("no".to_owned()));
        assert!(is_retryable(&error(Kind::SerializationFailure)));
        assert!(is_retryable(&error(Kind::ClosedConnection)));
        assert!(!is_retryable(&error(Kind::UniqueViolation)));
        assert!(!is_retryable(&Error::NotFound));
    }
}
