//! What a process costs, as the kernel counts it.

use std::time::Duration;

/// Memory and CPU time of one process. Read from `/proc`, so on Linux only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Resident memory in bytes.
    pub(crate) resident: u64,
    /// User and system time of all its threads since it started.
    pub(crate) cpu: Duration,
}

/// The CPU time of all threads of process `id` that live, to the nanosecond; of a kernel with
/// scheduler statistics.
pub(crate) fn run_time(id: u32) -> Option<Duration> {
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{id}/task")).ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        total += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(total))
}

/// The memory that process `id` shares with nobody, in bytes.
pub(crate) fn private_memory(id: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let private = text.lines().filter(|line| line.starts_with("Private_"));
    let kilobytes = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    Some(kilobytes.sum::<u64>() * 1024)
}

/// Reads the usage of process `id`; nothing where there is no `/proc` or no such process.
pub(crate) fn usage(id: u32) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    parse_stat(&stat, rustix::param::clock_ticks_per_second(), rustix::param::page_size() as u64)
}

/// Fields 14 and 15 are user and system ticks, 24 is resident pages. The second field, the
/// program's name in parentheses, may hold spaces, so counting starts after it.
fn parse_stat(stat: &str, ticks_per_second: u64, page_size: u64) -> Option<Usage> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = field(14)? + field(15)?;
    Some(Usage {
        resident: field(24)? * page_size,
        cpu: Duration::from_secs_f64(ticks as f64 / ticks_per_second as f64),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse_stat;

    #[test]
    fn reads_ticks_and_pages_past_a_name_with_spaces_and_parentheses() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 11 0 0 0 250 50 0 0 20 0 3 0 99 123456 700 0";
        let usage = parse_stat(stat, 100, 4096).expect("all fields are there");
        assert_eq!(usage.cpu, Duration::from_secs(3));
        assert_eq!(usage.resident, 700 * 4096);
    }

    #[test]
    fn finds_itself() {
        if cfg!(target_os = "linux") {
            assert!(super::usage(std::process::id()).is_some_and(|usage| usage.resident > 0));
        }
    }
}
