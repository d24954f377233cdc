//! Row D42: password guesses are delayed, and the delays do not reveal whether the account exists.

use reqwest::StatusCode;

use super::{MINUTE, SECOND, guess};
use crate::{
    limits::{ENFORCED, retry_after},
    origin_defects::answer::{Answer, assert_alike},
    support::{Person, TestApp, json, problem},
};

/// One guess every two seconds, for twenty minutes.
#[tokio::test]
async fn d42_endless_guessing_has_one_guess_a_minute() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    for (who, email) in [("an account", &*john.email), ("no account", "unknown@example.com")] {
        let (mut judged, mut refused) = (0, 0);
        for number in 0..600 {
            let answer = guess(&app, number, email, "wrong-wrong-wrong").await;
            match answer.status() {
                StatusCode::UNAUTHORIZED => judged += 1,
                _ => {
                    assert!((1..=60).contains(&retry_after(&answer)));
                    problem(answer, 429).await;
                    refused += 1;
                }
            }
            app.advance(2 * SECOND);
        }
        // Five without a wait, six with a wait of less than a minute, and one in each of the remaining minutes.
        assert_eq!((judged, refused), (5 + 6 + 18, 600 - 29), "{who}");
    }
    // The owner waits at most a minute.
    app.advance(MINUTE);
    json(guess(&app, 1, &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn d42_the_waits_of_known_and_unknown_addresses_are_alike() {
    let app = TestApp::with(ENFORCED).await;
    Person::new("owner@example.com").join(&app).await;
    Person::new("pending@example.com").register(&app).await;
    Person::new("both@example.com").join(&app).await;
    Person::new("both@example.com").with_password("another persons phrase").register(&app).await;
    Person::new("elsewhere@example.com").of("User2").join(&app).await;
    let mut rounds = vec![Vec::new(); 8];
    for who in ["unknown", "owner", "pending", "both", "elsewhere"] {
        for (number, round) in rounds.iter_mut().enumerate() {
            let answer = guess(&app, number, &format!("{who}@example.com"), "wrong-wrong-wrong").await;
            round.push((format!("{who}, {number}"), Answer::of(answer).await));
        }
        // The client limits have expired by then.
        app.advance(MINUTE);
    }
    for round in &rounds {
        assert_alike(round);
    }
    assert_eq!(
        rounds.iter().map(|round| round[0].1.status).collect::<Vec<_>>(),
        [401, 401, 401, 401, 401, 429, 429, 429]
    );
}
