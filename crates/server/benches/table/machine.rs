//! Where the figures were taken, and what the system says about a process.

use std::{fs, num::NonZero, thread};

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// One line about this machine.
pub(crate) fn line() -> String {
    let cpu = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = value("/proc/meminfo", "MemTotal").as_deref().map_or(0.0, mebibytes) / 1024.0;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cpu}, {} processors, {memory:.1} GiB, Linux {}", cores(), kernel.trim())
}

/// How busy the machine has been during the last minute.
pub(crate) fn load_average() -> String {
    let all = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    all.split(' ').next().unwrap_or_default().to_owned()
}

/// The memory of a process that is in the machine's memory, in MiB.
pub(crate) fn resident(process: u32) -> f64 {
    mebibytes(&value(&format!("/proc/{process}/status"), "VmRSS").expect("a process"))
}

/// `19456 kB`
fn mebibytes(text: &str) -> f64 {
    text.trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let of_name = |line: &str| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim().to_owned());
    text.lines().find_map(of_name)
}
