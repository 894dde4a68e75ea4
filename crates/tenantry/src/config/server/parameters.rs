//! The parameters of a connection URL, in both of its forms.

use percent_encoding::percent_decode_str;

use super::InvalidDatabaseUrl;

/// The parameters that a URL may have: those of tokio-postgres, and `sslrootcert`.
const PARAMETERS: [&str; 20] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// A connection URL, its parameters apart from the rest.
pub(super) struct Parameters {
    /// What comes before the parameters; nothing for pairs.
    head: String,
    list: Vec<Parameter>,
}

struct Parameter {
    key: String,
    value: String,
    /// Whether the value is percent-encoded (in a URL) or plain.
    encoded: bool,
}

impl Parameters {
    /// Takes a text of either form apart.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let parameters = match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) => split_url(text, text.len() - rest.len())?,
            Some((scheme, _)) if !scheme.contains('=') => return Err(foreign_scheme(scheme)),
            _ => Self { head: String::new(), list: split_pairs(text)? },
        };
        let unknown = |parameter: &Parameter| !PARAMETERS.contains(&&*parameter.key);
        match parameters.list.iter().position(unknown) {
            Some(index) => Err(unknown_parameter(&parameters.list[index].key, index + 1)),
            None => Ok(parameters),
        }
    }

    /// Takes a parameter out. As in libpq the last one counts if there are several.
    pub(super) fn take(&mut self, key: &str) -> Result<Option<String>, InvalidDatabaseUrl> {
        let Some(value) = self.list.extract_if(.., |parameter| parameter.key == key).last() else {
            return Ok(None);
        };
        if !value.encoded {
            return Ok(Some(value.value));
        }
        match percent_decode_str(&value.value).decode_utf8() {
            Ok(decoded) => Ok(Some(decoded.into_owned())),
            Err(_) => Err(InvalidDatabaseUrl(format!("its {key} is not UTF-8"))),
        }
    }

    /// Puts together what is left, for tokio-postgres.
    pub(super) fn join(self) -> String {
        let mut joined = self.head;
        for (index, Parameter { key, value, encoded }) in self.list.iter().enumerate() {
            if *encoded {
                let separator = if index == 0 { '?' } else { '&' };
                // To tokio-postgres the first @ ends the credentials, wherever it is.
                let value = value.replace('@', "%40");
                joined.push_str(&format!("{separator}{key}={value}"));
            } else {
                let value = value.replace('\\', "\\\\").replace('\'', "\\'");
                joined.push_str(&format!("{key}='{value}' "));
            }
        }
        joined
    }
}

/// Takes a URL apart, whose scheme ends at `authority`.
fn split_url(url: &str, authority: usize) -> Result<Parameters, InvalidDatabaseUrl> {
    // A question mark in the credentials, before the @, is part of them.
    let search = match url[authority..].find(['@', '/']).map(|offset| authority + offset) {
        Some(at) if url[at..].starts_with('@') => at,
        _ => authority,
    };
    let Some(start) = url[search..].find('?').map(|offset| search + offset) else {
        return Ok(Parameters { head: url.to_owned(), list: Vec::new() });
    };
    let list = url[start + 1..]
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| InvalidDatabaseUrl("a parameter after its ? has no =".to_owned()))?;
            Ok(Parameter { key: key.to_owned(), value: value.to_owned(), encoded: true })
        })
        .collect::<Result<_, _>>()?;
    Ok(Parameters { head: url[..start].to_owned(), list })
}

/// The parameters of libpq's other form, `key=value key='a value'`.
fn split_pairs(text: &str) -> Result<Vec<Parameter>, InvalidDatabaseUrl> {
    let malformed = |what: &str| InvalidDatabaseUrl(format!("as key=value pairs, it has {what}"));
    let mut parameters = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, value) =
            rest.split_once('=').ok_or_else(|| malformed("a key without a value"))?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(malformed("a key without a value"));
        }
        let value = value.trim_start();
        let (value, end) = match value.strip_prefix('\'') {
            Some(quoted) => scan(quoted, |c| c == '\'')
                .filter(|(_, end)| *end < quoted.len())
                .map(|(value, end)| (value, &quoted[end + 1..]))
                .ok_or_else(|| malformed("a quote that is not closed"))?,
            None => scan(value, char::is_whitespace)
                .filter(|(value, _)| !value.is_empty())
                .map(|(found, end)| (found, &value[end..]))
                .ok_or_else(|| malformed("a key without a value"))?,
        };
        parameters.push(Parameter { key: key.to_owned(), value, encoded: false });
        rest = end.trim_start();
    }
    Ok(parameters)
}

/// The text up to the first character that ends it, without the backslashes that escape one, and
/// where that is. Nothing if a backslash is last.
fn scan(text: &str, ends: impl Fn(char) -> bool) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            _ if ends(character) => return Some((value, index)),
            _ => value.push(character),
        }
    }
    Some((value, text.len()))
}

/// A parameter is named only if it's one that people write here: a piece of a password that was
/// not quoted looks like a parameter too.
fn unknown_parameter(key: &str, number: usize) -> InvalidDatabaseUrl {
    const FOREIGN: [&str; 22] = [
        "connection_limit",
        "fallback_application_name",
        "gssencmode",
        "keepalives_count",
        "krbsrvname",
        "passfile",
        "pgbouncer",
        "pool_timeout",
        "replication",
        "require_auth",
        "schema",
        "search_path",
        "service",
        "socket_timeout",
        "sslcert",
        "sslcompression",
        "sslcrl",
        "sslkey",
        "sslpassword",
        "sslsni",
        "statement_cache_size",
        "timezone",
    ];
    InvalidDatabaseUrl(if FOREIGN.contains(&key) {
        format!("its parameter {key} is not supported")
    } else {
        format!("its parameter number {number} is not known")
    })
}

/// Only a scheme that people do have here is named: anything else may be a piece of a password.
fn foreign_scheme(scheme: &str) -> InvalidDatabaseUrl {
    const FOREIGN: [&str; 7] = ["http", "https", "mariadb", "mongodb", "mysql", "redis", "sqlite"];
    let expected = "it must begin with postgres:// or postgresql://";
    InvalidDatabaseUrl(if FOREIGN.contains(&scheme) {
        format!("{expected}, and not {scheme}://")
    } else {
        expected.to_owned()
    })
}
