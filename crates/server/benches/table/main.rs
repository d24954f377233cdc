//! Throughput of the server compared with the limits of the machine, as one Markdown table.
//!
//! `make bench` takes about six minutes. `make growth` measures how cost grows with users and realms, and
//! `make directory` administration of many users. The load is
//! generated on the same machine and uses part of its CPUs, so ratios are more meaningful than absolute values. A
//! value and its limit are measured alternately.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::await_holding_refcell_ref,
    reason = "a measurement should fail immediately if something is unexpected, and its table is written to standard output"
)]

mod ceiling;
mod commits;
mod directory;
mod figures;
mod growth;
mod load;
mod machine;
#[path = "../../../backends/tests/support/mongod.rs"]
mod mongod;
mod population;
#[path = "../../tests/suite/support/process.rs"]
mod process;
mod reads;
mod refresh;
mod storm;
mod table;
mod user;
mod written;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = ceiling::Role::read(&args) {
        return ceiling::serve(role);
    }
    if !args.iter().any(|arg| arg == "--bench") {
        eprintln!("Measures nothing unless asked by `cargo bench`.");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if args.iter().any(|arg| arg == "--growth") {
        return runtime.block_on(growth::tell(&[1_000, 10_000, 100_000, 1_000_000], &[1, 10, 100, 1_000]));
    }
    if args.iter().any(|arg| arg == "--directory") {
        return runtime.block_on(directory::tell(200_000));
    }
    let table = runtime.block_on(figures::all());
    println!("\n{table}");
}
