//! The `tenantry` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    use_small_pages();
    tenantry_cli::run(std::env::args_os())
}

/// The allocator asks for pages of 2 MB, which are in memory as a whole once a byte of them is used: that costs many small
/// heaps, such as isolates are, much memory for little time.
#[cfg(target_os = "linux")]
fn use_small_pages() {
    // Where it is not allowed, more memory is used.
    let _ = nix::sys::prctl::set_thp_disable(true);
}
