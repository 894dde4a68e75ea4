//! Who runs this, and where.

use std::sync::OnceLock;

/// The machine's name.
pub(crate) fn name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let uname = rustix::system::uname();
        uname.nodename().to_string_lossy().replace('\0', "")
    })
}

/// Whoever runs the process, by the name in its environment.
pub(crate) fn user() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    user.unwrap_or_else(|_| format!("uid {}", rustix::process::getuid().as_raw()))
}
