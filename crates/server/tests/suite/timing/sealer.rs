//! Sealing the audit trail has a negligible effect on logins.

use std::time::{Duration, Instant};

use crate::support::{Person, TestApp};

/// Duration of a round, and number of rounds of each kind, which alternate.
const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 6;
/// Number of concurrent logins.
const TOGETHER: usize = 8;

/// Logs in until the end of the round. Returns the number of logins.
async fn logins(app: &TestApp, people: &[Person]) -> usize {
    let began = Instant::now();
    let of = async |john: &Person| {
        let mut number = 0;
        while began.elapsed() < ROUND {
            john.log_in(app).await;
            number += 1;
        }
        number
    };
    futures_util::future::join_all(people.iter().map(of)).await.into_iter().sum()
}

/// Uses the cheapest hashes, so that the number of logins is only limited by the store.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measured by make soak"]
#[allow(clippy::print_stdout, reason = "the figures belong to the output of a run")]
async fn logins_are_as_many_with_the_sealer_as_without() {
    let app = TestApp::start().await;
    let mut people = Vec::new();
    for number in 0..TOGETHER {
        people.push(Person::new(&format!("user{number}@example.com")).join(&app).await);
    }
    let (mut with, mut without) = (0, 0);
    for round in 0..ROUNDS * 2 {
        let sealing = async {
            if round % 2 == 1 {
                std::future::pending::<()>().await;
            }
            loop {
                // Ten times as often as in a server.
                tokio::time::sleep(Duration::from_secs(1)).await;
                app.seal_audit().await;
            }
        };
        let number = tokio::select! {
            number = logins(&app, &people) => number,
            never = sealing => never,
        };
        *(if round % 2 == 0 { &mut with } else { &mut without }) += number;
        app.seal_audit().await;
    }
    let share = f64::from(u32::try_from(with).unwrap()) / f64::from(u32::try_from(without).unwrap());
    println!("{with} logins with the sealer, {without} without: {:.1} %", share * 100.0);
    assert!(share > 0.9, "aim: 98 %");
}
