//! Row D90: an unread log delays no request.

use std::{
    io::Read,
    process::{Child, Stdio},
};

use reqwest::Method;

use crate::{
    origin_defects::program::Visitor,
    support::{
        Person, json,
        process::{CHEAP, Program},
    },
};

/// The log collector has stopped reading. The pipe fills up, then the queue, and no request waits for either.
#[tokio::test]
async fn d90_nothing_waits_for_a_log_that_is_not_read() {
    let mut program = Program::new(CHEAP);
    program.set("LOG_LEVEL", "trace");
    let mut process = Mortal(program.command(&[]).stderr(Stdio::piped()).spawn().unwrap());
    let visitor = Visitor::of(&program);
    while visitor.request(Method::GET, "/livez").send().await.is_err() {
        assert!(process.0.try_wait().unwrap().is_none(), "it does not start");
        tokio::task::yield_now().await;
    }
    for _ in 0..600 {
        assert_eq!(visitor.get("/nowhere").await.status(), 404);
    }
    json(visitor.create(&Person::new("john@example.com")).await, 200).await;
    json(visitor.get("/health").await, 200).await;
    process.0.kill().unwrap();
    let unread = process.0.stderr.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
    // It has 16 pages, and each write starts a new one if it does not fit into the rest of the last.
    assert!(unread >= 32_768, "the pipe was not full: {unread} bytes");
}

/// A process that is killed on drop.
struct Mortal(Child);

impl Drop for Mortal {
    fn drop(&mut self) {
        // It may have exited already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
