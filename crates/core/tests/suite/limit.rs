//! Quotas, waits and devices.

use std::time::Duration;

use portcullis_core::{
    account::email::EmailAddress,
    clock::Timestamp,
    limit::{Denied, FailedAttempts, InFlight, LimitKey, LimitKind, Quota, SlidingWindow},
    session::device::{DeviceOwner, KnownDevice},
    suite::rows::{NOW, at},
};
use proptest::prelude::*;

use crate::support;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn after_five_free_attempts_each_wait_doubles() {
    let mut failures = FailedAttempts::NONE;
    let mut waits = Vec::new();
    for _ in 0..13 {
        failures = failures.and_one(NOW, DAY);
        waits.push(failures.wait(5, NOW).as_secs());
    }
    assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(failures.wait(5, at(59)), Duration::from_secs(1));
    assert_eq!(failures.wait(5, at(60)), Duration::ZERO);
}

#[test]
fn a_clock_set_back_does_not_extend_a_delay() {
    let failures = FailedAttempts { count: 5, last_at: at(30) };
    assert_eq!(failures.wait(5, NOW), Duration::from_secs(1));
}

#[test]
fn a_clock_that_was_set_back_far_locks_no_account() {
    let failures = FailedAttempts { count: 9, last_at: at(3600) };
    assert_eq!(failures.wait(5, NOW), Duration::ZERO);
    assert_eq!(failures.and_one(NOW, DAY).last_at, NOW);
    let quota = Quota { times: 1, per: Duration::from_secs(60) };
    let mut tally = SlidingWindow::default();
    tally.take(quota, at(3600)).unwrap();
    assert_eq!(tally.within(quota, NOW), 0);
    tally.take(quota, NOW).unwrap();
    tally.take(quota, NOW).unwrap_err();
}

#[test]
fn a_check_in_progress_is_counted_until_it_ends() {
    let (in_flight, key) = (InFlight::default(), LimitKey([1; 32]));
    let begin = |failed| in_flight.begin(key, in_flight.generation(key), failed, 5, NOW);
    let flying: Vec<_> = (0..5).map(|_| begin(FailedAttempts::NONE).unwrap()).collect();
    assert_eq!(begin(FailedAttempts::NONE).unwrap_err(), Denied::Wait(Duration::from_secs(1)));
    assert!(in_flight.begin(LimitKey([2; 32]), 0, FailedAttempts::NONE, 5, NOW).is_ok());
    drop(flying);
    let failed = FailedAttempts { count: 4, last_at: NOW };
    let mark = in_flight.generation(key);
    let last = begin(failed).unwrap();
    assert!(begin(failed).is_err());
    drop(last);
    assert_eq!(in_flight.begin(key, mark, failed, 5, NOW).unwrap_err(), Denied::Stale, "what was read may be too old");
    assert!(begin(failed).is_ok());
}

#[test]
fn addresses_of_one_network_are_one_client() {
    let key = |address: &str| LimitKey::client(LimitKind::Links, address.parse().unwrap());
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    assert_ne!(key("192.0.2.1"), LimitKey::client(LimitKind::Codes, "192.0.2.1".parse().unwrap()));
}

#[test]
fn a_device_is_known_for_its_account_and_password_and_a_year() {
    let (keys, others) = (support::keys("User1", 1), support::keys("User2", 1));
    let holder = |email: &str, at| DeviceOwner {
        account: EmailAddress::parse(email).unwrap().blind_index(&keys),
        password_set_at: at,
    };
    let account = holder("ada@example.com", NOW);
    let ctx = support::ctx_at(1, NOW);
    let device = KnownDevice::new(&ctx);
    let raw = device.expose(&ctx, &keys, account);
    assert_eq!(KnownDevice::parse(&ctx, &keys, account, &raw), Some(device));
    assert_eq!(KnownDevice::parse(&ctx, &keys, holder("bob@example.com", NOW), &raw), None);
    assert_eq!(KnownDevice::parse(&ctx, &keys, holder("ada@example.com", at(1)), &raw), None, "by an older password");
    assert_eq!(KnownDevice::parse(&ctx, &others, account, &raw), None);
    let later = support::ctx_at(1, NOW.plus(DAY * 365));
    assert_eq!(KnownDevice::parse(&later, &keys, account, &raw), None);
    for forged in ["", "AAAA", &format!("{raw}A"), &raw.replacen(raw.get(..2).unwrap(), "zz", 1)] {
        assert_eq!(KnownDevice::parse(&ctx, &keys, account, forged), None, "{forged}");
    }
}

fn quota() -> impl Strategy<Value = Quota> {
    (1_u32..200, 1_u64..10_000).prop_map(|(times, secs)| Quota { times, per: Duration::from_secs(secs) })
}

proptest! {
    #[test]
    fn no_window_exceeds_its_quota(quota in quota(), gaps in prop::collection::vec(0_u64..500_000, 1..400)) {
        let (mut tally, mut now, mut taken) = (SlidingWindow::default(), NOW, Vec::<Timestamp>::new());
        for gap in gaps {
            now = now.plus(Duration::from_millis(gap));
            let within = taken.iter().filter(|at| now.since(**at) < quota.per).count();
            match tally.take(quota, now) {
                Ok(()) => {
                    prop_assert!(within < quota.times as usize);
                    taken.push(now);
                }
                Err(wait) => {
                    prop_assert!(!wait.is_zero());
                    let mut later = tally.clone();
                    prop_assert!(later.take(quota, now.plus(wait)).is_ok(), "after the wait one may come");
                    if quota.times <= 64 {
                        prop_assert!(within >= quota.times as usize, "refused too early");
                    }
                }
            }
        }
        prop_assert_eq!(SlidingWindow::from_bytes(&tally.to_bytes()), tally);
    }

    #[test]
    fn a_sliding_window_can_be_parsed_from_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut tally = SlidingWindow::from_bytes(&bytes);
        let before = tally.within(Quota { times: 3, per: DAY }, NOW);
        let taken = tally.take(Quota { times: 3, per: DAY }, NOW);
        prop_assert_eq!(taken.is_ok(), before < 3);
        tally.refund(NOW);
    }
}
