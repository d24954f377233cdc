//! The modules of the conformance suite of the OpenID Foundation (Basic OP, Config OP, RP-initiated logout), and the
//! test here that proves what each of them asks for.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json as value;

use super::{MINE, SECRET, VERIFIER, answer, app, claims, exchange, request, signed_in, userinfo};
use crate::support::json;

/// Name of a module, and the test that covers it as `file::function`; or why there is none.
const MODULES: &[(&str, Result<&str, &str>)] = &[
    ("oidcc-server", Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is")),
    ("oidcc-response-type-missing", Ok("attacks::an_invalid_request_is_reported_to_the_client_with_state_and_issuer")),
    ("oidcc-userinfo-get", Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is")),
    ("oidcc-userinfo-post-header", Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is")),
    ("oidcc-userinfo-post-body", Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is")),
    (
        "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
        Ok("conformance::what_a_request_may_leave_out_or_add"),
    ),
    ("oidcc-scope-profile", Ok("conformance::each_scope_alone_gives_its_claims")),
    ("oidcc-scope-email", Ok("conformance::each_scope_alone_gives_its_claims")),
    (
        "oidcc-scope-address",
        Err("an optional scope, which this server does not have: it is left out, and `scope` says so"),
    ),
    ("oidcc-scope-phone", Ok("flow::scopes_determine_what_a_client_sees")),
    ("oidcc-scope-all", Ok("conformance::each_scope_alone_gives_its_claims")),
    ("oidcc-ensure-other-scope-order-succeeds", Ok("conformance::each_scope_alone_gives_its_claims")),
    ("oidcc-display-page", Ok("conformance::what_a_request_may_leave_out_or_add")),
    ("oidcc-display-popup", Ok("conformance::what_a_request_may_leave_out_or_add")),
    ("oidcc-prompt-login", Ok("flow::what_a_request_asks_of_the_user_is_asked")),
    ("oidcc-prompt-none-not-logged-in", Ok("flow::what_a_request_asks_of_the_user_is_asked")),
    ("oidcc-prompt-none-logged-in", Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is")),
    ("oidcc-max-age-1", Ok("conformance::an_authentication_that_is_too_old_is_renewed_and_its_time_is_told")),
    ("oidcc-max-age-10000", Ok("conformance::an_authentication_that_is_too_old_is_renewed_and_its_time_is_told")),
    ("oidcc-ensure-request-with-unknown-parameter-succeeds", Ok("conformance::what_a_request_may_leave_out_or_add")),
    ("oidcc-id-token-hint", Ok("flow::an_id_token_hint_of_another_user_is_rejected")),
    ("oidcc-login-hint", Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is")),
    ("oidcc-ui-locales", Ok("conformance::what_a_request_may_leave_out_or_add")),
    ("oidcc-claims-locales", Ok("conformance::what_a_request_may_leave_out_or_add")),
    (
        "oidcc-ensure-request-with-acr-values-succeeds",
        Ok("assurance::only_the_factor_is_asked_for_if_only_the_class_is_missing"),
    ),
    ("oidcc-codereuse", Ok("attacks::a_second_use_of_a_code_ends_the_session_of_the_first")),
    ("oidcc-codereuse-30seconds", Ok("attacks::a_second_use_of_a_code_ends_the_session_of_the_first")),
    (
        "oidcc-ensure-registered-redirect-uri",
        Ok("attacks::without_a_matching_client_and_redirect_uri_the_response_is_a_page"),
    ),
    ("oidcc-ensure-post-request-succeeds", Ok("flow::responses_can_be_posted_and_requests_can_be_forms")),
    ("oidcc-server-client-secret-post", Ok("flow::each_client_authenticates_in_its_own_way_and_has_its_own_algorithm")),
    (
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        Ok("attacks::an_invalid_request_is_reported_to_the_client_with_state_and_issuer"),
    ),
    ("oidcc-claims-essential", Err("the parameter `claims` is optional, not announced, and ignored")),
    (
        "oidcc-ensure-request-object-with-redirect-uri",
        Ok("attacks::an_invalid_request_is_reported_to_the_client_with_state_and_issuer"),
    ),
    ("oidcc-refresh-token", Ok("lifetime::a_refresh_replaces_the_token_and_can_be_repeated_for_a_minute")),
    (
        "oidcc-ensure-request-with-valid-pkce-succeeds",
        Ok("flow::a_user_signs_in_consents_and_the_client_learns_who_it_is"),
    ),
    (
        "oidcc-server-rotate-keys",
        Err("the suite asks the operator to rotate the keys; routes::keys proves that old tokens stay valid"),
    ),
    (
        "oidcc-ensure-client-assertion-with-iss-aud-succeeds",
        Ok("assertion::a_client_signs_in_its_users_with_its_own_key"),
    ),
    ("oidcc-refresh-token-rp-key-rotation", Ok("assertion::a_client_signs_in_its_users_with_its_own_key")),
    (
        "oidcc-discovery-endpoint-verification",
        Ok("flow::the_metadata_names_the_endpoints_and_is_the_same_at_three_addresses"),
    ),
    (
        "oidcc-rp-initiated-logout-discovery-endpoint-verification",
        Ok("flow::the_metadata_names_the_endpoints_and_is_the_same_at_three_addresses"),
    ),
    ("oidcc-rp-initiated-logout", Ok("signout::a_hint_of_the_browsers_own_session_ends_it_at_once")),
    (
        "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
        Ok("signout::what_does_not_belong_together_is_a_page_and_ends_nothing"),
    ),
    (
        "oidcc-rp-initiated-logout-bad-id-token-hint",
        Ok("signout::what_does_not_belong_together_is_a_page_and_ends_nothing"),
    ),
    (
        "oidcc-rp-initiated-logout-modified-id-token-hint",
        Ok("signout::what_does_not_belong_together_is_a_page_and_ends_nothing"),
    ),
    (
        "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        Ok("signout::what_does_not_belong_together_is_a_page_and_ends_nothing"),
    ),
    (
        "oidcc-rp-initiated-logout-no-id-token-hint",
        Ok("signout::without_proof_the_user_is_asked_and_then_the_browser_goes_back"),
    ),
    (
        "oidcc-rp-initiated-logout-no-params",
        Ok("signout::without_proof_the_user_is_asked_and_then_the_browser_goes_back"),
    ),
    (
        "oidcc-rp-initiated-logout-only-state",
        Ok("signout::without_proof_the_user_is_asked_and_then_the_browser_goes_back"),
    ),
    (
        "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
        Ok("signout::a_hint_of_the_browsers_own_session_ends_it_at_once"),
    ),
    ("oidcc-rp-initiated-logout-no-state", Ok("signout::a_form_is_repeated_as_get_and_puts_no_token_into_a_url")),
];

#[test]
fn every_module_of_the_conformance_suite_has_a_test_or_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/openid");
    let mut names = BTreeSet::new();
    for (module, covered) in MODULES {
        assert!(names.insert(module), "{module} is listed twice");
        if let Ok(test) = covered {
            let (file, function) = test.split_once("::").unwrap();
            let source = fs::read_to_string(folder.join(format!("{file}.rs"))).unwrap();
            assert!(source.contains(&format!("fn {function}(")), "{module}: {test}");
        }
    }
}

/// Exchanges the code of an answer to the client `mine`.
async fn tokens(app: &crate::support::TestApp, shown: &crate::pages::browser::Shown) -> serde_json::Value {
    let code = answer(shown, MINE)["code"].clone();
    let form = [("client_id", "mine"), ("client_secret", SECRET), ("redirect_uri", MINE), ("code_verifier", VERIFIER)];
    json(exchange(app, &code, &form).await, 200).await
}

#[tokio::test]
async fn what_a_request_may_leave_out_or_add() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    for more in [
        &[("nonce", "")][..],
        &[("state", "")],
        &[("extra", "foobar")],
        &[("display", "page")],
        &[("display", "popup")],
        &[("ui_locales", "se")],
        &[("claims_locales", "se")],
        &[("claims", "{\"id_token\":{}}")],
        &[("resource", "https://api.example.com")],
    ] {
        let shown = browser.get(&request("mine", MINE, more)).await;
        let tokens = tokens(&app, &shown).await;
        let nonce = claims(tokens["id_token"].as_str().unwrap())["nonce"].clone();
        assert_eq!(nonce, if more[0].0 == "nonce" { value!(null) } else { value!("n-1") }, "{more:?}");
    }
}

#[tokio::test]
async fn each_scope_alone_gives_its_claims() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    for (scope, names) in [
        ("openid", &["sub"][..]),
        ("openid profile", &["family_name", "given_name", "name", "sub", "updated_at"]),
        ("openid email", &["email", "email_verified", "sub"]),
        (
            "email profile openid",
            &["email", "email_verified", "family_name", "given_name", "name", "sub", "updated_at"],
        ),
        (
            "openid profile email address phone",
            &["email", "email_verified", "family_name", "given_name", "name", "sub", "updated_at"],
        ),
    ] {
        let shown = browser.get(&request("mine", MINE, &[("scope", scope)])).await;
        let tokens = tokens(&app, &shown).await;
        let seen = json(userinfo(&app, tokens["access_token"].as_str().unwrap()).await, 200).await;
        let mut found: Vec<&String> = seen.as_object().unwrap().keys().collect();
        found.sort();
        assert_eq!(found, names, "{scope}");
    }
}

#[tokio::test]
async fn the_time_of_the_last_change_of_the_profile_is_told() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let own = john.log_in(&app).await;
    let told = tokens(&app, &browser.get(&request("mine", MINE, &[("scope", "openid profile")])).await).await;
    let token = told["access_token"].as_str().unwrap();
    let seen = async || json(userinfo(&app, token).await, 200).await["updated_at"].as_i64().unwrap();
    let first = claims(told["id_token"].as_str().unwrap())["updated_at"].as_i64().unwrap();
    assert_eq!(seen().await, first);
    app.clock.advance(std::time::Duration::from_secs(60));
    john.log_in(&app).await;
    assert_eq!(seen().await, first, "a sign-in changes nothing");
    let change = app.request(reqwest::Method::PATCH, "/User1/me").bearer_auth(&own);
    json(change.json(&value!({"last_name": "Smith"})).send().await.unwrap(), 200).await;
    assert_eq!(seen().await, first + 60);
}

#[tokio::test]
async fn an_authentication_that_is_too_old_is_renewed_and_its_time_is_told() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let auth_time =
        |tokens: &serde_json::Value| claims(tokens["id_token"].as_str().unwrap())["auth_time"].as_i64().unwrap();
    let first = auth_time(&tokens(&app, &browser.get(&request("mine", MINE, &[("max_age", "1")])).await).await);
    app.clock.advance(std::time::Duration::from_secs(2));
    let same = browser.get(&request("mine", MINE, &[("max_age", "10000"), ("prompt", "none")])).await;
    assert_eq!(auth_time(&tokens(&app, &same).await), first);
    let led = browser.get(&request("mine", MINE, &[("max_age", "1")])).await;
    let page = browser.get(&led.location).await;
    let back = browser.submit(&page.form("confirm"), &[("password", john.password.as_str())]).await;
    assert_eq!(auth_time(&tokens(&app, &back).await), first + 2);
}
