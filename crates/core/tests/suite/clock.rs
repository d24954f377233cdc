use std::time::Duration;

use portcullis_core::clock::Timestamp;
use proptest::prelude::*;

#[test]
fn a_point_in_time_is_written_in_utc_with_a_z() {
    assert_eq!(Timestamp::from_secs(1_767_225_600).to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(Timestamp::from_millis(1_767_225_600_250).to_string(), "2026-01-01T00:00:00.25Z");
    assert_eq!(Timestamp::from_secs(1_767_225_600).year(), 2026);
}

proptest! {
    #[test]
    fn time_never_overflows(millis: i64, add: u64) {
        let later = Timestamp::from_millis(millis).plus(Duration::from_millis(add));
        prop_assert!(later.millis() >= millis);
        let _ = later.to_string();
    }
}
