/// What a server promises about what it has committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// What is committed stays, whatever happens. The default.
    #[default]
    Durable,
    /// For tests: commits wait for nothing. A crash of the machine may spoil the data directory;
    /// a crash of PostgreSQL loses the commits of its last second, and spoils nothing; the end of
    /// its owner, in whatever way, does no harm at all.
    Fast,
}

impl Mode {
    /// What PostgreSQL is to be told.
    pub(crate) fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Durable => &[],
            Self::Fast => {
                &[("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")]
            }
        }
    }
}
