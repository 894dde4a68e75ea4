/// How much a plugin or tenant may be that comes from somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveLimits {
    /// The size of the archive, in bytes: 32 MB.
    pub packed: u64,
    /// What it may unpack to, in bytes: 128 MB.
    pub unpacked: u64,
    /// How many files and folders: 10,000.
    pub files: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { packed: 32 << 20, unpacked: 128 << 20, files: 10_000 }
    }
}
