use std::time::Duration;

use portcullis_core::message::outbox::{retry_at, retry_unknown_at};

use crate::support::ctx;

#[test]
fn backoffs_double_up_to_a_quarter_of_an_hour_with_jitter() {
    let ctx = ctx(1);
    let wait = |failures| retry_at(&ctx, ctx.now, failures).since(ctx.now);
    for (failures, longest) in [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (60, 900)] {
        let (least, most) = (Duration::from_secs(longest) / 2, Duration::from_secs(longest));
        for _ in 0..50 {
            let wait = wait(failures);
            assert!(least <= wait && wait <= most, "{wait:?} after {failures}");
        }
    }
    assert_ne!(wait(5), wait(5));
}

#[test]
fn after_an_unknown_outcome_there_are_two_more_attempts_hours_apart() {
    let ended = ctx(1).now;
    let waits: Vec<_> =
        (0..4).map_while(|unknowns| retry_unknown_at(ended, unknowns)).map(|at| at.since(ended)).collect();
    assert_eq!(waits, [Duration::from_secs(2 * 3600), Duration::from_secs(6 * 3600)]);
}
