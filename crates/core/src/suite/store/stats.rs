//! Counters of a day and realm.

use crate::{
    account::User,
    batch,
    clock::Timestamp,
    port::{Op, StatOp, Store, UserOp},
    stats::{Stat, UserCounts},
    suite::{
        join_all,
        rows::{NOW, here, there, user, user_id},
        store::done,
    },
};

const DAY: i64 = 24 * 3600 * 1000;

fn day(number: i64) -> Timestamp {
    Timestamp::from_millis(NOW.day().millis() + number * DAY)
}

fn stat(on: i64, name: &str, value: u64) -> Stat {
    Stat { realm: here(), day: day(on), name: name.to_owned(), value }
}

/// Counters are created by their first use. Each realm has its own.
pub async fn counters_are_added_to_set_and_listed_by_day(store: &dyn Store) {
    assert_eq!(store.stats(&here(), day(-400), day(0)).await.unwrap(), []);
    let elsewhere = Stat { realm: there(), ..stat(0, "logins", 9) };
    done(store, batch![StatOp::Add(stat(0, "logins", 2)), StatOp::Set(stat(0, "users", 7)), StatOp::Add(elsewhere)])
        .await;
    done(store, batch![StatOp::Add(stat(0, "logins", 3)), StatOp::Set(stat(0, "users", 6))]).await;
    done(
        store,
        batch![StatOp::Add(stat(-2, "resets", 1)), StatOp::Add(stat(-1, "a", 1)), StatOp::Add(stat(1, "b", 1))],
    )
    .await;
    let listed = store.stats(&here(), day(-1), day(0)).await.unwrap();
    assert_eq!(listed, [stat(-1, "a", 1), stat(0, "logins", 5), stat(0, "users", 6)]);
    assert_eq!(store.stats(&there(), day(0), day(0)).await.unwrap().len(), 1);
}

/// Additions at the same time are all counted.
pub async fn no_addition_is_lost_in_a_race(store: &dyn Store) {
    let add = || store.commit(batch![StatOp::Add(stat(0, "logins", 1))]);
    let added = join_all((0..20).map(|_| add())).await;
    assert!(added.iter().all(Result::is_ok), "{added:?}");
    assert_eq!(store.stats(&here(), day(0), day(0)).await.unwrap(), [stat(0, "logins", 20)]);
}

/// Users are counted by day of use and second factor, each realm for itself.
pub async fn users_are_counted(store: &dyn Store) {
    assert_eq!(store.user_counts(&here(), day(0), day(-29)).await.unwrap(), UserCounts::default());
    let with = |name: &str, seen_on: Option<i64>, two_step: bool| {
        let row = user(&here(), name, &format!("{name}@example.org"));
        Op::from(UserOp::Insert(User { seen_on: seen_on.map(day), two_step, ..row }))
    };
    let users = [
        with("ada", Some(0), true),
        with("bob", Some(-29), false),
        with("eve", Some(-30), true),
        with("joe", None, false),
        UserOp::Insert(user(&there(), "zoe", "zoe@example.org")).into(),
    ];
    done(store, users).await;
    let counts = UserCounts { users: 4, two_step: 2, active: 1, active_30d: 2 };
    assert_eq!(store.user_counts(&here(), day(0), day(-29)).await.unwrap(), counts);
    let seen = UserOp::Seen { realm: here(), id: user_id("bob"), on: day(0) };
    done(store, batch![seen, UserOp::Delete { realm: here(), id: user_id("joe"), revision: 1 }]).await;
    let counts = UserCounts { users: 3, active: 2, ..counts };
    assert_eq!(store.user_counts(&here(), day(0), day(-29)).await.unwrap(), counts);
}
