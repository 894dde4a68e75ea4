//! What memory is in use.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How often, by this variable, or as usual.
pub(crate) fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|times| times.parse().ok()).unwrap_or(usual)
}

/// What is in use at a moment, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Given out by the allocator and not given back; JavaScript's heaps are of it.
    allocated: usize,
    /// The process's, as the system counts it.
    resident: usize,
}

impl Memory {
    pub(crate) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
        Self { allocated: ALLOCATOR.current_usage(), resident: pages * rustix::param::page_size() }
    }

    /// That no more than so much has come to it since.
    #[track_caller]
    pub(crate) fn is_flat(self, over: &str, allocated: usize, resident: usize) {
        let now = Self::now();
        let [before, after, process, process_after] =
            [self.allocated, now.allocated, self.resident, now.resident].map(|bytes| bytes / 1024);
        println!(
            "{over}: {before} KB allocated, then {after}; the process had {process} KB, then {process_after}"
        );
        assert!(now.allocated < self.allocated + allocated, "{over}: {before} KB, then {after}");
        assert!(
            now.resident < self.resident + resident,
            "{over}: {process} KB, then {process_after}"
        );
    }
}
