//! Response times of other requests during far more logins than the server can hash.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    load::{self, Connection, Load},
    process::Program,
    refresh::newest,
    table::Table,
};

pub(crate) const CLIENTS: usize = 256;
const LENGTH: Duration = Duration::from_secs(8);
/// Pause between two requests of a client that is not part of the storm.
const A_BREATH: Duration = Duration::from_millis(1);

/// Results of a storm.
pub(crate) struct Storm {
    /// 99th percentile in milliseconds, by kind of request.
    slow: [(&'static str, f64); 3],
    /// Logins per second.
    logins: f64,
    /// Percentage of logins that were rejected because the queue was full or their deadline had passed.
    turned_away: f64,
}

impl Storm {
    /// Lets `CLIENTS` clients log in without a pause, while one client each reads, refreshes and requests the
    /// server's health.
    pub(crate) async fn raise(program: &Program, login: &[u8], token: &str) -> Self {
        let logins = Load::same(program.port(), CLIENTS, login.to_vec());
        let (read, health) = (load::get("/User1/me", Some(token)), load::get("/health", None));
        let reader = Connection::open(program.port()).await.unwrap();
        let mut refresher = Connection::open(program.port()).await.unwrap();
        assert_eq!(refresher.ask(login).await.unwrap(), 200);
        let visitor = Connection::open(program.port()).await.unwrap();
        let (rates, reads, refreshes, looks) = tokio::join!(
            logins.rates(LENGTH),
            slow(reader, |_| read.clone()),
            slow(refresher, |last| load::refresh(&newest(last))),
            slow(visitor, |_| health.clone()),
        );
        Self {
            slow: [("reads", reads), ("refreshes", refreshes), ("responses of `/health`", looks)],
            logins: rates.good,
            turned_away: 100.0 * rates.turned_away / (rates.good + rates.turned_away),
        }
    }

    /// Adds the results to the table, together with those over MongoDB.
    pub(crate) fn tell(&self, table: &mut Table, over_mongodb: &Self) {
        for ((what, ours), (_, theirs)) in self.slow.iter().zip(&over_mongodb.slow) {
            table.figure(
                format!(
                    "storm of {CLIENTS} clients that log in without a pause: 99 of 100 {what} are faster (aim: 10 ms)"
                ),
                *ours,
                "ms",
            );
            table.over_mongodb(*theirs, "ms");
        }
        table.figure("logins in the storm", self.logins, "/s");
        table.over_mongodb(over_mongodb.logins, "/s");
        table.figure("logins in the storm that were turned away with 503", self.turned_away, "%");
        table.over_mongodb(over_mongodb.turned_away, "%");
    }
}

/// Repeats a request that depends on the previous response, and returns the 99th percentile in milliseconds.
async fn slow(mut connection: Connection, next: impl Fn(&Connection) -> Vec<u8>) -> f64 {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < LENGTH {
        let request = next(&connection);
        let asked = Instant::now();
        let status = connection.ask(&request).await.unwrap();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(connection.body()));
        took.push(asked.elapsed().as_secs_f64() * 1000.0);
        sleep(A_BREATH).await;
    }
    took.sort_by(f64::total_cmp);
    took[took.len() * 99 / 100]
}
