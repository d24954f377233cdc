//! Settings of other providers. Each provider has its own family of settings.

use portcullis::{cli, config::RealmPolicy};
use portcullis_core::{ExposeSecret, federation::ClientSecret};

use super::{Desk, assert_has};

fn policy(desk: &Desk, realm: &str) -> RealmPolicy {
    desk.config().policies.into_iter().find(|(name, _)| name.as_str() == realm).unwrap().1
}

/// Returns names and issuers of the providers of a realm.
fn listed(desk: &Desk, realm: &str) -> Vec<(String, String)> {
    policy(desk, realm).providers.into_iter().map(|provider| (provider.name, provider.base_url)).collect()
}

#[test]
fn a_provider_has_the_values_of_its_preset_and_presets_come_first() {
    let desk = Desk::new()
        .file("portcullis.toml", "social_zoo_client_id = 'us'\nsocial_zoo_issuer = 'https://zoo.example.com/'\n")
        .file("secret", "of-google\n")
        .env("SOCIAL_GOOGLE_CLIENT_ID", "us")
        .env("SOCIAL_GOOGLE_CLIENT_SECRET_FILE", "secret")
        .file(
            ".env",
            "SOCIAL_MICROSOFT_CLIENT_ID=us\nSOCIAL_MICROSOFT_CLIENT_SECRET=x\nSOCIAL_MICROSOFT_TENANT=consumers\n",
        )
        .env("REALM_USER2_SOCIAL_GITHUB_CLIENT_ID", "us")
        .env("REALM_USER2_SOCIAL_GITHUB_CLIENT_SECRET", "x");
    let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
    let [google, microsoft, github, zoo] = [
        pair("google", "https://accounts.google.com"),
        pair("microsoft", "https://login.microsoftonline.com/consumers/v2.0"),
        pair("github", "https://github.com"),
        pair("zoo", "https://zoo.example.com/"),
    ];
    assert_eq!(listed(&desk, "User1"), [google.clone(), microsoft.clone(), zoo.clone()]);
    assert_eq!(listed(&desk, "User2"), [google, microsoft, github, zoo]);
    let providers = policy(&desk, "User1").providers;
    let ClientSecret::Fixed(secret) = providers[0].client_secret.as_ref().unwrap() else { panic!("no secret") };
    assert_eq!(secret.expose_secret(), "of-google");
    assert_eq!((providers[0].label.as_str(), providers[2].label.as_str()), ("Google", "ZOO"));
    assert_eq!(providers[0].trusted_url(), None, "only a setting names a host that may be private");
    assert_eq!(providers[2].trusted_url(), Some("https://zoo.example.com/"), "verbatim");
    assert!(!format!("{providers:?}").contains("of-google"));
}

#[test]
fn a_provider_that_lacks_something_is_a_problem_with_its_fix() {
    let told = |settings: &[(&str, &str)]| {
        settings.iter().fold(Desk::new(), |desk, (name, value)| desk.env(name, value)).errors()
    };
    assert_has(&told(&[("SOCIAL_ZOO_CLIENT_ID", "us")]), &["SOCIAL_ZOO_ISSUER: is required"]);
    assert_has(&told(&[("SOCIAL_ZOO_LABEL", "Zoo")]), &["SOCIAL_ZOO_CLIENT_ID: is required"]);
    assert_has(&told(&[("SOCIAL_GOOGLE_CLIENT_ID", "us")]), &["SOCIAL_GOOGLE_CLIENT_SECRET: is required"]);
    let apple = [("SOCIAL_APPLE_CLIENT_ID", "us"), ("SOCIAL_APPLE_KEY_ID", "key")];
    assert_has(&told(&apple), &["SOCIAL_APPLE_TEAM_ID: is required", "SOCIAL_APPLE_KEY: is required"]);
    let broken = "-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----\n";
    let broken = Desk::new().file("apple.p8", broken).env("SOCIAL_APPLE_KEY_FILE", "apple.p8");
    let broken = broken.env("SOCIAL_APPLE_CLIENT_ID", "us").env("SOCIAL_APPLE_TEAM_ID", "team");
    assert_has(&broken.env("SOCIAL_APPLE_KEY_ID", "key").errors(), &["must be a P-256 private key in PEM"]);
    let link = [("SOCIAL_LINK_CLIENT_ID", "us"), ("SOCIAL_LINK_ISSUER", "https://link.example.com")];
    assert_has(&told(&link), &["configures a provider `link`"]);
    let bad = [("SOCIAL_ZOO_CLIENT_ID", "us"), ("SOCIAL_ZOO_ISSUER", "zoo"), ("SOCIAL_ZOO_TRUST_EMAIL", "maybe")];
    assert_has(
        &told(&bad),
        &["SOCIAL_ZOO_ISSUER: must be an absolute URL", "SOCIAL_ZOO_TRUST_EMAIL: must be `on` or `off`"],
    );
    let native = Desk::new().env("SOCIAL_GOOGLE_CLIENT_ID", "us").env("SOCIAL_GOOGLE_NATIVE_CLIENT_IDS", "a, b");
    assert_eq!(policy(&native, "User1").providers[0].native_client_ids, ["a", "b"]);
    // A setting that repeats the address of a preset makes no server of one's own.
    let github = Desk::new().env("SOCIAL_GITHUB_CLIENT_ID", "us").env("SOCIAL_GITHUB_CLIENT_SECRET", "x");
    let github = github.env("SOCIAL_GITHUB_BASE_URL", "https://github.com/");
    assert_eq!(policy(&github, "User1").providers[0].trusted_url(), None);
}

#[test]
fn a_misspelt_setting_of_a_provider_is_named() {
    let warned = Desk::new().env("SOCIAL_GOOGLE_CLIENTID", "us").warnings();
    assert_has(&warned, &["SOCIAL_GOOGLE_CLIENTID", "did you mean `SOCIAL_GOOGLE_CLIENT_ID`?"]);
    let refused = Desk::new().file(".env", "SOCIAL_GOOGLE_ISUER=https://x.example.com\n").errors();
    assert_has(&refused, &["did you mean `SOCIAL_GOOGLE_ISSUER`?"]);
    assert_eq!(Desk::new().env("SOCIAL_NETWORK_FOR_CATS", "1").warnings(), "");
}

#[test]
fn production_rejects_plain_http_and_doubles_of_known_providers() {
    let told = |name: &str, issuer: &str| {
        let desk = Desk::production().env(&format!("SOCIAL_{name}_CLIENT_ID"), "us");
        desk.env(&format!("SOCIAL_{name}_CLIENT_SECRET"), "x").env(&format!("SOCIAL_{name}_ISSUER"), issuer).errors()
    };
    assert_has(
        &told("ZOO", "http://zoo.example.com"),
        &["SOCIAL_ZOO_ISSUER: is plain http", "(refused in production)"],
    );
    assert_has(&told("GOOGLE", "https://double.example.com"), &["SOCIAL_GOOGLE_ISSUER: replaces the address"]);
}

#[test]
fn the_settings_of_providers_are_shown_and_secrets_are_not() {
    let desk = Desk::new().env("SOCIAL_GOOGLE_CLIENT_ID", "us").env("SOCIAL_GOOGLE_CLIENT_SECRET", "hidden");
    let (code, shown) = desk.run(cli::show);
    assert_eq!(code, 0, "{shown}");
    assert_has(&shown, &["# Sign-in with other providers", "SOCIAL_GOOGLE_CLIENT_ID", "SOCIAL_LINK"]);
    assert!(!shown.contains("hidden") && !shown.contains("<NAME>"), "{shown}");
}
