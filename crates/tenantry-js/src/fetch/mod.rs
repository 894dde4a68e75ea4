//! `fetch`: where it may go.

/// The allow-list of `fetch`. The default allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchPolicy {
    /// Origins, such as `https://api.example.com`.
    pub origins: Vec<String>,
}
