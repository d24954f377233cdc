//! Cookies of sign-in flows at other providers.

use std::time::Duration;

use portcullis_core::federation::{FlowPurpose, FlowState};

use crate::support::{ctx, keys};

#[test]
fn the_cookie_of_a_flow_fits_a_browser_and_opens_for_its_flow_only() {
    let (ctx, keys) = (ctx(1), keys("User1", 1));
    let (state, other) = (FlowState::begin(&ctx), FlowState::begin(&ctx));
    let purpose = FlowPurpose::Link { user: "u".repeat(26) };
    for (length, is_kept) in [(0, true), (3 * 1024, true), (3 * 1024 + 1, false), (6 * 1024, false)] {
        let next = "a".repeat(length);
        let cookie = state.seal(&ctx, &keys, "house", (purpose.clone(), Some(&next))).unwrap();
        assert!(cookie.len() < 4_000, "{length}: {}", cookie.len());
        let (flow, kept) = state.open(ctx.now, &keys, &cookie).unwrap();
        assert_eq!((flow.provider.as_str(), &flow.purpose), ("house", &purpose));
        assert_eq!(kept.is_some(), is_kept, "{length}");
        assert!(other.open(ctx.now, &keys, &cookie).is_none());
        assert!(state.open(ctx.now.plus(Duration::from_secs(600)), &keys, &cookie).is_none());
    }
    let cookie = state.seal(&ctx, &keys, "house", (FlowPurpose::Login, Some("here"))).unwrap();
    for forged in [cookie.replace(".here", ".there"), cookie.replace(".here", ""), format!("{cookie}.there")] {
        assert!(state.open(ctx.now, &keys, &forged).is_none(), "{forged}");
    }
}
