//! A code verifies only the number that it was sent to.

use std::time::Duration;

use super::{OTHER, Outlets, PHONE, give, is_proved, keys, renumber, user};
use crate::support::{Person, problem};

#[tokio::test]
async fn d31_a_code_proves_no_number_but_the_one_that_it_went_to() {
    let mut outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let handle = outlets.ask(&john.id, PHONE).await;
    let code = outlets.code().await;
    outlets.app.stop().await;
    renumber(&outlets.app, &*outlets.app.store().await, &john, OTHER).await;
    outlets.app = outlets.app.restart().await;
    assert_eq!(problem(give(&outlets.app, &handle, &code).await, 400).await["detail"], "Invalid OTP");
    assert!(!is_proved(&outlets.app, &john).await);

    // A queued code is sent to neither number once they differ.
    let sent = outlets.tries();
    outlets.ask(&john.id, OTHER).await;
    outlets.app.stop().await;
    renumber(&outlets.app, &*outlets.app.store().await, &john, PHONE).await;
    outlets.app = outlets.app.restart().await;
    outlets.wait(10).await;
    assert_eq!(outlets.tries(), sent);
}

#[tokio::test]
async fn d31_a_number_that_changes_while_its_code_is_given_back_is_not_proved_by_it() {
    let outlets = Outlets::open(&[]).await;
    let mut before = 0;
    for round in 0..12 {
        let john = outlets.join(Person::new(&format!("john{round}@example.com"))).await;
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        let store = outlets.app.store().await;
        let changed = async {
            // The delay ranges from immediately to long after the code was entered.
            tokio::time::sleep(Duration::from_micros(100 << round)).await;
            renumber(&outlets.app, &*store, &john, OTHER).await;
        };
        let (given, ()) = tokio::join!(give(&outlets.app, &handle, &code), changed);
        let given = given.status().as_u16();
        assert!([200, 400].contains(&given), "{given}");
        before += u64::from(given == 200);
        let user = user(&*store, &john).await;
        let phone = user.account(&keys(&*store).await).unwrap().profile.phone.unwrap();
        assert_eq!((phone.as_str(), user.phone_verified_at), (OTHER, None), "given {given}");
    }
    assert!(before > 0, "the change always came first");
}
