//! Section `[admin]`: who may look after the tenants.

use secrecy::{ExposeSecret, SecretString};

use crate::config::reader::Reader;

/// A token that is shorter can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Who may look after the tenants of a running server, and where.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AdminConfig {
    /// `token`: what a request has to bring, as `Authorization: Bearer …`. Without one there are no
    /// such endpoints.
    pub token: Option<SecretString>,
    /// `path`: where they are. `/admin` by default.
    pub path: String,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let token = reader.parsed("admin.token", |token| {
            let token = SecretString::from(token.to_owned());
            let is_legal = token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
            match token.expose_secret().len() {
                SHORTEST_TOKEN.. if is_legal => Ok(token),
                _ => Err(format!(
                    "allowed are {SHORTEST_TOKEN} or more letters, digits and signs of ASCII, without blanks"
                )),
            }
        });
        let path = reader.parsed("admin.path", |path| match path {
            "/" => Err("it would leave no path to the tenants".to_owned()),
            path if path.starts_with('/') && !path.ends_with('/') => Ok(path.to_owned()),
            _ => {
                Err(r#"allowed is a path such as "/admin", without a slash at its end"#.to_owned())
            }
        });
        Self { token, path: path.unwrap_or_else(|| "/admin".to_owned()) }
    }
}
