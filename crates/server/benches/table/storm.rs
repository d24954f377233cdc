//! What others see of a server while there are far more logins than it can hash.

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
/// Between two requests of whoever is not part of it.
const A_BREATH: Duration = Duration::from_millis(1);

/// One that is over.
pub(crate) struct Storm {
    /// Milliseconds than which 99 of 100 were faster, by what was asked for.
    slow: [(&'static str, f64); 3],
    /// Logins a second.
    logins: f64,
    /// Of a hundred logins, those that were turned away: the queue has an end, and nobody waits in it for longer than its deadline.
    turned_away: f64,
}

impl Storm {
    /// Lets so many clients log in without a pause, while one each reads, refreshes and asks for the server's health.
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
            slow: [("reads", reads), ("refreshes", refreshes), ("answers of `/health`", looks)],
            logins: rates.good,
            turned_away: 100.0 * rates.turned_away / (rates.good + rates.turned_away),
        }
    }

    /// Its rows, beside those of the same over MongoDB.
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

/// Asks again and again, for what follows from the last answer; gives the milliseconds than which 99 of 100 were faster.
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
