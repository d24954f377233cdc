//! The messages shown at startup.

use std::{
    fs::File,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::process::{CHEAP, Program};

/// Starts the program on a terminal provided by `script`, and returns the output until it serves.
async fn shown(settings: &[(&str, &str)]) -> (String, u16) {
    let program = Program::new(&[]);
    let file = program.folder().join("typescript");
    let mut command = Command::new("script");
    command.args(["-qfec", env!("CARGO_BIN_EXE_portcullis")]).arg(&file).current_dir(program.folder());
    command
        .stdin(Stdio::null())
        .stdout(File::create(program.folder().join("out")).unwrap())
        .env("TERM", "dumb")
        .env("NO_COLOR", "1");
    command.env("PORT", program.port().to_string()).envs(CHEAP.iter().copied()).envs(settings.iter().copied());
    let child = Stopped(command.spawn().unwrap());
    let begun = Instant::now();
    loop {
        let seen = std::fs::read_to_string(&file).unwrap_or_default();
        // The log line is written by another thread.
        let is_complete = seen.contains("  Next ") || settings.contains(&("LOG_FORMAT", "json"));
        if seen.contains("serving") && is_complete {
            drop(child);
            return (seen, program.port());
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{seen}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A child process that is stopped on drop.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _status = self.0.wait();
    }
}

#[tokio::test]
async fn links_are_shown_on_a_terminal() {
    let (seen, port) = shown(&[]).await;
    let base = format!("http://localhost:{port}");
    for line in [
        "is ready (development)".to_owned(),
        format!("  Address        {base}\r\n"),
        format!("  Documentation  {base}/docs\r\n"),
        format!("  Mailbox        {base}/dev/mailbox\r\n"),
        format!("  Next           open {base}, "),
    ] {
        assert!(seen.contains(&line), "{line}: {seen}");
    }
    let (without, _) = shown(&[("DOCS", "off"), ("MAIL_SERVER", "127.0.0.1")]).await;
    assert!(!without.contains("Documentation") && !without.contains("Mailbox"), "{without}");
    let (collected, _) = shown(&[("LOG_FORMAT", "json")]).await;
    assert!(!collected.contains("is ready"), "{collected}");
}

#[tokio::test]
async fn without_a_terminal_only_log_lines_are_written() {
    let mut program = Program::start(CHEAP).await;
    assert!(program.stop().await.success());
    let log = program.log();
    assert!(log.contains("serving") && !log.contains("is ready") && !log.contains("/dev/mailbox"), "{log}");
}
