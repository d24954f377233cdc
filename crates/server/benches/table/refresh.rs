//! Refreshes. Each client continues with its latest token, and each refresh is on disk before the response.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    load::{self, Connection, Cost, FORM, Window},
    machine,
    process::Program,
};

/// Clients with one session each.
pub(crate) struct Refreshers {
    port: u16,
    /// Current refresh token of each client.
    tokens: Vec<String>,
}

impl Refreshers {
    /// Logs in this number of clients.
    pub(crate) async fn log_in(program: &Program, clients: usize, email: &str, password: &str) -> Self {
        let mut connection = Connection::open(program.port()).await.unwrap();
        let login = load::post("/User1/login", FORM, &format!("username={email}&password={password}"));
        let mut tokens = Vec::new();
        for _ in 0..clients {
            assert_eq!(connection.ask(&login).await.unwrap(), 200);
            tokens.push(newest(&connection));
        }
        Self { port: program.port(), tokens }
    }

    /// Measures refreshes per second, and the CPU time that this process uses for each.
    pub(crate) async fn cost(&mut self, length: Duration, process: u32) -> Cost {
        let mut connections = Vec::new();
        for token in self.tokens.drain(..) {
            connections.push((Connection::open(self.port).await.unwrap(), token));
        }
        let (before, window) = (machine::processor_time(process), Arc::new(Window::open(length)));
        let mut tasks = JoinSet::new();
        for (mut connection, mut token) in connections {
            let window = Arc::clone(&window);
            tasks.spawn(async move {
                let mut count = 0;
                while window.is_open() {
                    assert_eq!(connection.ask(&load::refresh(&token)).await.unwrap(), 200);
                    token = newest(&connection);
                    window.count();
                    count += 1;
                }
                (token, count)
            });
        }
        let (tokens, counts): (Vec<_>, Vec<u64>) = tasks.join_all().await.into_iter().unzip();
        self.tokens = tokens;
        let used = machine::processor_time(process).saturating_sub(before);
        Cost { rate: window.per_second(), each: load::micros(used, counts.into_iter().sum()) }
    }
}

/// Returns the refresh token of the last response.
pub(crate) fn newest(connection: &Connection) -> String {
    let answer: Value = serde_json::from_slice(connection.body()).unwrap();
    answer["refresh_token"].as_str().unwrap().to_owned()
}
