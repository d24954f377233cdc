//! Number of repetitions of race tests.

/// Returns the number of rounds: `PORTCULLIS_TEST_ROUNDS`, which `make soak` sets to 20, or a few.
#[allow(clippy::disallowed_methods, reason = "the run says how long its races last")]
pub fn rounds() -> usize {
    std::env::var("PORTCULLIS_TEST_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap())
}
