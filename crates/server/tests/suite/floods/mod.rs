//! Slow, greedy and numerous clients only delay themselves.

mod connections;
mod docs;
mod hashes;
mod requests;

use std::{fs, io::Write, net::TcpStream, time::Duration};

use crate::support::process::Program;

/// Maximum response time during a flood, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

fn connect(program: &Program, says: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", program.port())).unwrap();
    stream.write_all(says.as_bytes()).unwrap();
    stream
}

/// Returns the resident memory in MiB.
pub fn memory(program: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[allow(clippy::print_stdout, reason = "the figures of the soak")]
pub fn tell(figures: &str) {
    println!("{figures}");
}
