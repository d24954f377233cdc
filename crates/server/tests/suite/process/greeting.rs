//! The messages shown at startup.

use std::{
    fs::File,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::process::{CHEAP, Program};

async fn shown(settings: &[(&str, &str)]) -> (String, u16) {
    let (seen, program, _child) = started(settings).await;
    (seen, program.port())
}

/// Starts the program on a terminal provided by `script`, and returns the output until it serves.
async fn started(settings: &[(&str, &str)]) -> (String, Program, Stopped) {
    started_by(env!("CARGO_BIN_EXE_portcullis"), settings).await
}

async fn started_by(line: &str, settings: &[(&str, &str)]) -> (String, Program, Stopped) {
    let program = Program::new(&[]);
    let file = program.folder().join("typescript");
    let mut command = Command::new("script");
    command.args(["-qfec", line]).arg(&file).current_dir(program.folder());
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
            return (seen, program, child);
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
async fn the_first_owner_is_made_by_the_link_on_the_terminal() {
    let (seen, program, _child) = started(&[]).await;
    let base = format!("http://localhost:{}", program.port());
    let line = seen.lines().find(|line| line.starts_with("  First owner")).unwrap_or_else(|| panic!("{seen}"));
    let link = line.split_whitespace().nth(2).unwrap();
    let (page, token) = link.split_once('#').unwrap();
    assert_eq!((page, seen.matches(token).count()), (&*format!("{base}/admin/setup"), 1), "no line of the log has it");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let show = async || client.get(page).send().await.unwrap();
    assert!(show().await.text().await.unwrap().contains("Create owner account"));
    let make = async |token: &str, email: &str, password: &str| {
        let form = [("setup_token", token), ("email", email), ("password", password)];
        client.post(page).header("Origin", &base).form(&form).send().await.unwrap()
    };
    let (email, password) = ("owner@example.com", "violet-teapot-hammer");
    for (token, email, password) in [("wrong", email, password), (token, "owner", password), (token, email, "short")] {
        assert_eq!(make(token, email, password).await.status(), 422, "{email} {password}");
    }
    let both = make(token, "owner", "short").await.text().await.unwrap();
    assert!(both.contains("Enter a full email address") && both.matches("class=\"error\"").count() == 2, "{both}");
    let made = make(token, email, password).await;
    assert_eq!((made.status().as_u16(), made.headers()["location"].to_str().unwrap()), (303, "/admin"));
    let cookie = made.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let own = client.get(format!("{base}/v1/admin/me")).header("Cookie", cookie).send().await.unwrap();
    assert!(own.text().await.unwrap().contains("owner@*"));
    assert_eq!(make(token, "other@example.com", password).await.status(), 422, "it works once");
    assert_eq!(show().await.status(), 303, "there is an owner");
}

#[tokio::test]
async fn the_link_of_the_first_owner_is_not_on_the_terminal_of_a_container() {
    // The server is the first process, as in `docker run -t`, or the child of one, as in `docker run --init -t`.
    let program = env!("CARGO_BIN_EXE_portcullis");
    for inside in [program.to_owned(), format!("sh -c '{program}; true'")] {
        let container = format!("unshare --user --map-root-user --pid --fork --kill-child --mount-proc {inside}");
        let (seen, _, _child) = started_by(&container, &[]).await;
        assert!(seen.contains("portcullis admins invite ADDRESS --role owner --print"), "{seen}");
        assert!(seen.contains("  Next ") && !seen.contains("/admin/setup"), "{seen}");
    }
}

#[tokio::test]
async fn without_a_terminal_only_log_lines_are_written() {
    let mut program = Program::start(CHEAP).await;
    assert!(program.stop().await.success());
    let log = program.log();
    assert!(log.contains("serving") && !log.contains("is ready") && !log.contains("/dev/mailbox"), "{log}");
}
