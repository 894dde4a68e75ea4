//! What a connection URL says.

mod parameters;

use std::{fmt, path::PathBuf, str::FromStr};

use tokio_postgres::config::{Host, SslMode};

use self::parameters::Parameters;
use crate::tls::{RootCertificates, TlsConfig, TlsMode};

/// What is sent as `application_name` unless the URL says otherwise.
const APPLICATION_NAME: &str = "tenantry";

/// What a connection URL says: where the server is, who connects, and how TLS is used.
///
/// Both of libpq's forms are understood: `postgres://user:password@host:5432/database?key=value`,
/// and `host=localhost user=app dbname=app`. Unlike tokio-postgres itself it knows libpq's
/// `sslmode=verify-ca` and `verify-full`, and `sslrootcert`.
///
/// `Debug` output doesn't show the password, and [`Display`](fmt::Display) is the user, host and
/// database alone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Everything but the ways of verifying a server's certificate. Its `ssl_mode` agrees with
    /// `tls`.
    pub postgres: tokio_postgres::Config,
    /// Whether TLS is used, and what is verified.
    pub tls: TlsConfig,
}

impl FromStr for ServerConfig {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, InvalidDatabaseUrl> {
        let mut parameters = Parameters::parse(url)?;
        let mut tls = take_tls(&mut parameters)?;
        let mut postgres: tokio_postgres::Config =
            parameters.join().parse().map_err(from_postgres)?;
        if postgres.get_hosts().is_empty() && postgres.get_hostaddrs().is_empty() {
            return Err(InvalidDatabaseUrl("it names no host".to_owned()));
        }
        if postgres.get_application_name().is_none() {
            postgres.application_name(APPLICATION_NAME);
        }
        // Over a Unix socket PostgreSQL knows no TLS, and libpq doesn't ask for it.
        if postgres.get_hostaddrs().is_empty() && postgres.get_hosts().iter().all(is_unix) {
            tls.mode = TlsMode::Disable;
        }
        postgres.ssl_mode(match tls.mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        });
        Ok(Self { postgres, tls })
    }
}

impl fmt::Display for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let postgres = &self.postgres;
        let user = postgres.get_user();
        if let Some(user) = user {
            write!(f, "{user}@")?;
        }
        let ports = postgres.get_ports();
        for (index, host) in postgres.get_hosts().iter().enumerate() {
            let port = ports.get(index).or(ports.first()).unwrap_or(&5432);
            let separator = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) => write!(f, "{separator}{host}:{port}")?,
                Host::Unix(folder) => write!(f, "{separator}{}:{port}", folder.display())?,
            }
        }
        match postgres.get_dbname().or(user) {
            Some(database) => write!(f, "/{database}"),
            None => Ok(()),
        }
    }
}

fn take_tls(parameters: &mut Parameters) -> Result<TlsConfig, InvalidDatabaseUrl> {
    let mode = match parameters.take("sslmode")? {
        Some(mode) => mode.parse()?,
        None => TlsMode::default(),
    };
    let Some(roots) = parameters.take("sslrootcert")? else {
        let roots = RootCertificates::System;
        return Ok(TlsConfig { mode, roots });
    };
    Ok(TlsConfig {
        // As in libpq: whoever names certificates wants them looked at.
        mode: if mode == TlsMode::Require { TlsMode::VerifyCa } else { mode },
        roots: match &*roots {
            "system" => RootCertificates::System,
            _ => RootCertificates::File(PathBuf::from(roots)),
        },
    })
}

fn is_unix(host: &Host) -> bool {
    matches!(host, Host::Unix(_))
}

/// What tokio-postgres has to say, which at most names a parameter.
fn from_postgres(error: tokio_postgres::Error) -> InvalidDatabaseUrl {
    let reason =
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    InvalidDatabaseUrl(format!("it is not a connection URL: {reason}"))
}

/// Why a connection URL can't be used. The message doesn't repeat the URL, which holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDatabaseUrl(pub(crate) String);

impl fmt::Display for InvalidDatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidDatabaseUrl {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio_postgres::config::Host;

    use super::*;

    fn parse(url: &str) -> ServerConfig {
        url.parse().unwrap()
    }

    fn message(url: &str) -> String {
        url.parse::<ServerConfig>().unwrap_err().to_string()
    }

    #[test]
    fn both_forms_say_the_same() {
        for url in [
            "postgres://app:s%20%27%5C@db.example:6432/shop?sslmode=verify-full&connect_timeout=7",
            "postgresql://app:s%20%27%5C@db.example:6432?dbname=shop&connect_timeout=7\
             &sslmode=verify-full",
            r"host=db.example port=6432 user=app password='s \'\\' dbname = shop
              sslmode=verify-full connect_timeout=7",
            r"  password=s\ \'\\ host = 'db.example' port=6432 user=app dbname=shop
              sslmode='verify-full' connect_timeout=7 ",
        ] {
            let ServerConfig { postgres, tls } = parse(url);
            assert_eq!(postgres.get_hosts(), [Host::Tcp("db.example".to_owned())], "{url}");
            assert_eq!(postgres.get_ports(), [6432]);
            assert_eq!(postgres.get_user(), Some("app"));
            assert_eq!(postgres.get_password(), Some(&br"s '\"[..]), "{url}");
            assert_eq!(postgres.get_dbname(), Some("shop"));
            assert_eq!(postgres.get_connect_timeout(), Some(&Duration::from_secs(7)));
            assert_eq!(postgres.get_ssl_mode(), SslMode::Require);
            assert_eq!(tls.mode, TlsMode::VerifyFull);
        }
    }

    #[test]
    fn sslmode_and_sslrootcert_are_libpqs() {
        let tls = |parameters: &str| parse(&format!("postgres://db/app{parameters}")).tls;
        assert_eq!(tls("").mode, TlsMode::Prefer);
        assert_eq!(tls("?sslmode=disable").mode, TlsMode::Disable);
        assert_eq!(tls("?sslmode=require").mode, TlsMode::Require);
        let with_roots = tls("?sslmode=require&sslrootcert=/etc/my%20root.crt");
        assert_eq!(with_roots.mode, TlsMode::VerifyCa);
        assert_eq!(with_roots.roots, RootCertificates::File("/etc/my root.crt".into()));
        assert_eq!(tls("?sslmode=verify-full&sslrootcert=system").roots, RootCertificates::System);
        assert_eq!(
            message("postgres://db/app?sslmode=verify"),
            "its sslmode must be disable, prefer, require, verify-ca or verify-full"
        );
    }

    #[test]
    fn a_unix_socket_is_a_host() {
        for url in [
            "postgres://%2Frun%2Fpostgresql/app",
            "postgres:///app?host=/run/postgresql",
            "host=/run/postgresql dbname=app",
        ] {
            assert_eq!(parse(url).postgres.get_hosts(), [Host::Unix("/run/postgresql".into())]);
        }
    }

    #[test]
    fn only_unix_sockets_do_without_tls() {
        let mode = |url| parse(url).tls.mode;
        assert_eq!(mode("host=/run/postgresql sslmode=require"), TlsMode::Disable);
        assert_eq!(mode("host=/run/postgresql,db sslmode=require"), TlsMode::Require);
        assert_eq!(mode("hostaddr=10.0.0.1 sslmode=require"), TlsMode::Require);
        assert_eq!(
            mode("host=/run/postgresql hostaddr=10.0.0.1 sslmode=require"),
            TlsMode::Require
        );
    }

    #[test]
    fn the_application_names_itself_unless_the_url_does() {
        let name = |url| parse(url).postgres.get_application_name().map(str::to_owned);
        assert_eq!(name("postgres://db/app").as_deref(), Some("tenantry"));
        assert_eq!(name("postgres://db/app?application_name=shop").as_deref(), Some("shop"));
    }

    #[test]
    fn a_question_mark_in_the_password_is_part_of_it() {
        let postgres = parse("postgres://app:wh?t=1@db/app?sslmode=disable").postgres;
        assert_eq!(postgres.get_password(), Some(&b"wh?t=1"[..]));
        assert_eq!(postgres.get_ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn an_at_sign_in_a_parameter_is_part_of_it() {
        for url in
            ["postgres://db/app?application_name=a@b", "postgres://app@db/app?application_name=a@b"]
        {
            let postgres = parse(url).postgres;
            assert_eq!(postgres.get_application_name(), Some("a@b"));
            assert_eq!(postgres.get_hosts(), [Host::Tcp("db".to_owned())]);
        }
    }

    #[test]
    fn what_cannot_be_used_is_explained_without_repeating_it() {
        let cases = [
            ("", "it names no host"),
            ("postgres://", "it names no host"),
            ("postgres:///app", "it names no host"),
            (
                "mysql://root:hunter2@db/x?a=b",
                "it must begin with postgres:// or postgresql://, and not mysql://",
            ),
            ("hunter2://x", "it must begin with postgres:// or postgresql://"),
            ("hunter2", "as key=value pairs, it has a key without a value"),
            (
                "host=db password=hunter2 hunter3",
                "as key=value pairs, it has a key without a value",
            ),
            ("host=db password='hunter2", "as key=value pairs, it has a quote that is not closed"),
            ("host=db password=hun ter2=x", "its parameter number 3 is not known"),
            ("postgres://db/app?sslcert=hunter2", "its parameter sslcert is not supported"),
            ("postgres://db/app?hunter2=1", "its parameter number 1 is not known"),
            ("postgres://db/app?hunter2", "a parameter after its ? has no ="),
            (
                "postgres://a:hunter2@db:pg/app",
                "it is not a connection URL: invalid value for option `port`",
            ),
            (
                "postgres://a:hunter2@db/app?target_session_attrs=x",
                "it is not a connection URL: invalid value for option `target_session_attrs`",
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(message(url), expected, "{url}");
            assert!(!expected.contains("hunter"));
        }
    }

    #[test]
    fn nothing_that_is_printed_holds_the_password() {
        let server = parse("postgres://app:hunter2@db.example:6432/shop");
        assert!(!format!("{server:?}").contains("hunter2"));
        assert_eq!(server.to_string(), "app@db.example:6432/shop");
        assert_eq!(
            parse("host=/run/postgresql user=app").to_string(),
            "app@/run/postgresql:5432/app"
        );
        assert_eq!(parse("postgres://app@a:1,b:2/shop").to_string(), "app@a:1,b:2/shop");
    }
}
