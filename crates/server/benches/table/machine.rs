//! The machine that runs the measurements, and the memory of processes.

use std::{fs, num::NonZero, thread, time::Duration};

use tokio::time::sleep;

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Returns a one-line description of this machine.
pub(crate) fn line() -> String {
    let cpu = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = value("/proc/meminfo", "MemTotal").as_deref().map_or(0.0, mebibytes) / 1024.0;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cpu}, {} processors, {memory:.1} GiB, Linux {}", cores(), kernel.trim())
}

/// Sleeps for this duration. Returns the share of CPU time used by other processes.
pub(crate) async fn rest(length: Duration) -> f64 {
    let before = ticks();
    sleep(length).await;
    let after = ticks();
    (after.busy - before.busy) / (after.all - before.all)
}

/// CPU times since the machine was booted.
struct Ticks {
    busy: f64,
    all: f64,
}

fn ticks() -> Ticks {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().next().unwrap();
    // user, nice, system, idle, iowait, irq, softirq, steal. The remaining fields are included in the first two.
    let all: Vec<f64> = line.split_whitespace().skip(1).take(8).map(|ticks| ticks.parse().unwrap()).collect();
    let sum: f64 = all.iter().sum();
    Ticks { busy: sum - all[3] - all[4], all: sum }
}

/// Returns the resident memory of a process, in MiB.
pub(crate) fn resident(process: u32) -> f64 {
    mebibytes(&value(&format!("/proc/{process}/status"), "VmRSS").expect("a process"))
}

/// Returns the CPU time used by a process so far, in user and kernel mode, for all threads.
pub(crate) fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    // The name, in parentheses, may contain spaces.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u64>().expect("a number");
    // Linux reports it in hundredths of a second, regardless of the kernel's tick rate.
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// Parses `19456 kB`.
fn mebibytes(text: &str) -> f64 {
    text.trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let of_name = |line: &str| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim().to_owned());
    text.lines().find_map(of_name)
}
