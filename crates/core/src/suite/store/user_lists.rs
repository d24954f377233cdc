//! Store tests of user lists: in both directions of age, and with filters.

use super::done;
use crate::{
    account::{Lock, Role, User},
    batch,
    port::{Store, UserOp, UserPlace, UserQuery},
    suite::rows::{NOW, at, here, sealed, there, user, user_id},
};

/// Seconds of a day.
const DAY: i64 = 86_400;

fn query(limit: usize) -> UserQuery {
    UserQuery::of(here(), NOW, limit)
}

async fn ids(store: &dyn Store, query: &UserQuery) -> Vec<String> {
    store.users_page(query).await.unwrap().iter().map(|user| user.id.as_str().to_owned()).collect()
}

async fn insert(store: &dyn Store, users: impl IntoIterator<Item = User>) {
    done(store, users.into_iter().map(|user| UserOp::Insert(user).into())).await;
}

fn named(id: &str) -> User {
    user(&here(), id, &format!("{id}@example.org"))
}

/// Newest first. Users created at the same time are ordered by identifier. No user is skipped or repeated.
pub async fn pages_of_users_go_in_both_directions(store: &dyn Store) {
    let all = ["ada", "bob", "cat", "dan", "eve"];
    // Two users per second.
    let users = (0_i64..).zip(all).map(|(number, id)| User { created_at: at(number / 2), ..named(id) });
    insert(store, users).await;
    insert(store, [user(&there(), "zoe", "zoe@example.org")]).await;
    let (mut seen, mut from) = (Vec::new(), None);
    loop {
        let page = store.users_page(&UserQuery { from: from.take(), ..query(2) }).await.unwrap();
        seen.extend(page.iter().map(|user| user.id.as_str().to_owned()));
        let Some(last) = page.last() else { break };
        from = Some(UserPlace::from(last));
    }
    assert_eq!(seen, ["eve", "dan", "cat", "bob", "ada"]);
    let from = Some(UserPlace { created_at: at(0), id: "ada".to_owned() });
    let back = UserQuery { from, is_backwards: true, ..query(3) };
    assert_eq!(ids(store, &back).await, ["bob", "cat", "dan"], "towards the beginning, the nearest first");
    // The user at the position may have been deleted.
    done(store, batch![UserOp::Delete { realm: here(), id: user_id("cat"), revision: 1 }]).await;
    let from = Some(UserPlace { created_at: at(1), id: "cat".to_owned() });
    assert_eq!(ids(store, &UserQuery { from, ..query(9) }).await, ["bob", "ada"]);
}

/// Each filter alone, and all filters combined.
pub async fn users_are_listed_by_filters(store: &dyn Store) {
    let role = |word: &str| Role::parse(word).expect("a role");
    let lock = |until| Some(Lock { at: at(-9), until, reason: sealed("why") });
    insert(
        store,
        [
            User { two_step: true, roles: vec![role("reader"), role("editor")], ..named("abcdef-1") },
            User { lock: lock(None), roles: vec![role("edit")], created_at: at(-5), ..named("abcdef-2") },
            User { lock: lock(Some(at(5))), seen_on: Some(at(-DAY)), created_at: at(-6), ..named("abcdeg-3") },
            User { lock: lock(Some(at(-5))), roles: Vec::new(), created_at: at(-7), ..named("abcdeg-4") },
        ],
    )
    .await;
    let listed = async |query: UserQuery| ids(store, &query).await;
    assert_eq!(listed(UserQuery { is_locked: Some(true), ..query(9) }).await, ["abcdef-2", "abcdeg-3"]);
    assert_eq!(listed(UserQuery { is_locked: Some(false), ..query(9) }).await, ["abcdef-1", "abcdeg-4"]);
    assert_eq!(listed(UserQuery { two_step: Some(true), ..query(9) }).await, ["abcdef-1"]);
    assert_eq!(listed(UserQuery { two_step: Some(false), ..query(9) }).await.len(), 3);
    assert_eq!(listed(UserQuery { role: Some(role("editor")), ..query(9) }).await, ["abcdef-1", "abcdeg-3"]);
    assert_eq!(
        listed(UserQuery { role: Some(role("edit")), ..query(9) }).await,
        ["abcdef-2"],
        "a role is not a prefix"
    );
    assert_eq!(listed(UserQuery { created_from: Some(at(-5)), ..query(9) }).await, ["abcdef-1", "abcdef-2"]);
    assert_eq!(listed(UserQuery { created_before: Some(at(-5)), ..query(9) }).await, ["abcdeg-3", "abcdeg-4"]);
    let before = UserQuery { seen_before: Some(at(-DAY)), ..query(9) };
    assert_eq!(listed(before).await, ["abcdef-1", "abcdef-2", "abcdeg-4"], "also those who were never seen");
    assert_eq!(listed(UserQuery { seen_before: Some(NOW), ..query(9) }).await.len(), 4);
    assert_eq!(listed(UserQuery { id_prefix: "abcdef".to_owned(), ..query(9) }).await, ["abcdef-1", "abcdef-2"]);
    let both = UserQuery { id_prefix: "abcdeg".to_owned(), is_locked: Some(true), ..query(9) };
    assert_eq!(listed(both).await, ["abcdeg-3"]);
}

/// The day never decreases, no revision changes, and a missing user is not an error.
pub async fn the_day_on_which_a_user_was_seen_is_recorded(store: &dyn Store) {
    let ada = named("ada");
    insert(store, [ada.clone()]).await;
    let seen = |on| batch![UserOp::Seen { realm: here(), id: user_id("ada"), on }];
    for (on, expected) in [(at(0), at(0)), (at(DAY), at(DAY)), (at(0), at(DAY))] {
        done(store, seen(on)).await;
        let stored = store.user(&here(), &ada.id).await.unwrap();
        assert_eq!(stored, Some(User { seen_on: Some(expected), ..ada.clone() }));
    }
    done(store, batch![UserOp::Seen { realm: there(), id: user_id("ada"), on: NOW }]).await;
    assert_eq!(store.user(&there(), &ada.id).await.unwrap(), None);
    done(store, batch![UserOp::Update(User { seen_on: Some(at(DAY)), revision: 2, ..ada })]).await;
}
