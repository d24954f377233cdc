//! Per-realm settings: sources, names, rules, and the output of `config show`.

use std::time::Duration;

use portcullis::{
    cli,
    config::{RealmPolicy, settings_markdown},
};
use serde_json::Value;

use super::{
    Desk, assert_has,
    table::{of_member, sample, with_providers},
};

impl Desk {
    fn policy(&self, realm: &str) -> RealmPolicy {
        let policies = self.config().policies;
        let found = policies.into_iter().find(|(name, _)| name.as_str() == realm);
        found.unwrap_or_else(|| panic!("there is no realm {realm}")).1
    }

    fn reset_ttl(&self, realm: &str) -> u64 {
        self.policy(realm).reset_ttl.as_secs()
    }

    fn told(&self) -> String {
        self.errors().replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Returns the names of the per-realm settings.
fn per_realm() -> Vec<String> {
    let page = settings_markdown();
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.contains("Can be set per realm."));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn without_settings_of_its_own_a_realm_has_those_of_the_server() {
    let config = Desk::new().env("RESET_TTL", "10m").config();
    assert_eq!(config.policies.keys().map(|realm| realm.as_str()).collect::<Vec<_>>(), ["User1", "User2"]);
    for policy in config.policies.values() {
        assert_eq!(policy.reset_ttl, Duration::from_secs(600));
        assert_eq!(policy.otp_ttl, Duration::from_secs(300));
        assert_eq!(policy.access_token_ttl, Duration::from_secs(1800));
        assert_eq!(policy.templates, config.templates);
    }
}

/// Names of the per-realm settings, in documentation order.
const PER_REALM: &[&str] = &[
    "APP_URL",
    "TEMPLATES_DIR",
    "DEFAULT_LOCALE",
    "ACCESS_TOKEN_TTL",
    "REFRESH_TOKEN_TTL",
    "SESSION_MAX_AGE",
    "REFRESH_GRACE",
    "SESSIONS_MAX",
    "SIGNUP",
    "SIGNUP_REQUIRED",
    "REGISTRATION_TTL",
    "INVITATION_TTL",
    "VERIFICATION_TTL",
    "RESET_TTL",
    "OTP_TTL",
    "PHONE_UNIQUE",
    "EMAIL_UNDO_WINDOW",
    "NEW_DEVICE_MAIL",
    "FRESH_AUTH_AGE",
    "DELETE_MAX_AUTH_AGE",
    "PASSWORD_MIN_LENGTH",
    "MFA_POLICY",
    "MFA_METHODS",
    "MFA_TTL",
    "MFA_REMEMBER",
    "ADDITION_UNDO",
    "PAGES",
    "BROWSER_SESSION_IDLE",
    "BROWSER_SESSION_MAX_AGE",
    "BROWSER_REMEMBER",
    "EMAIL_SIGNIN",
    "SIGNIN_CODE_TTL",
    "BRAND_NAME",
    "BRAND_COLOR",
    "BRAND_COLOR_DARK",
    "BRAND_LOGO",
    "BRAND_LOGO_DARK",
    "BRAND_FAVICON",
    "BRAND_CORNERS",
    "BRAND_LINKS",
    "OIDC",
    "ID_TOKEN_ALGORITHM",
    "SCOPES",
    "PASSKEYS",
    "SOCIAL_LINK",
    "SOCIAL_<NAME>_CLIENT_ID",
    "SOCIAL_<NAME>_CLIENT_SECRET",
    "SOCIAL_<NAME>_NATIVE_CLIENT_IDS",
    "SOCIAL_<NAME>_SCOPES",
    "SOCIAL_<NAME>_LABEL",
    "SOCIAL_<NAME>_TRUST_EMAIL",
    "SOCIAL_<NAME>_TRUST_MFA",
    "SOCIAL_<NAME>_ISSUER",
    "SOCIAL_<NAME>_TENANT",
    "SOCIAL_<NAME>_TEAM_ID",
    "SOCIAL_<NAME>_KEY_ID",
    "SOCIAL_<NAME>_KEY",
    "SOCIAL_<NAME>_BASE_URL",
];

#[test]
fn each_setting_of_realms_changes_one_realm_in_each_notation() {
    assert_eq!(per_realm(), PER_REALM);
    // The language has only one possible value, and secrets are not shown.
    let is_shown =
        |name: &String| !name.ends_with("_SECRET") && name != "SOCIAL_<NAME>_KEY" && name != "DEFAULT_LOCALE";
    for name in per_realm().into_iter().filter(is_shown) {
        let (value, name) = (sample(&name), of_member(&name));
        let variable = format!("REALM_USER1_{name}");
        let toml = format!("[realms.User1]\n{} = '{value}'\n", name.to_lowercase());
        for desk in [
            Desk::new().env(&variable, value),
            Desk::new().file(".env", &format!("{variable}={value}\n")),
            Desk::new().file("portcullis.toml", &toml),
        ]
        .map(with_providers)
        {
            let seen = |realm| format!("{:?}", desk.policy(realm)).replace(desk.dir.path().to_str().unwrap(), "");
            assert_ne!(seen("User1"), seen("User2"), "{name} changes nothing");
        }
    }
}

#[test]
fn a_realms_own_values_override_server_wide_ones_from_any_source() {
    let all = || Desk::new().flag("--reset-ttl", "1m").env("RESET_TTL", "2m").file(".env", "RESET_TTL=3m\n");
    let toml = || all().file("portcullis.toml", "reset_ttl = '4m'\n[realms.User1]\nreset_ttl = '10m'\n");
    let dotenv = || toml().file(".env", "RESET_TTL=3m\nREALM_USER1_RESET_TTL=11m\n");
    let env = || dotenv().env("REALM_USER1_RESET_TTL", "12m");
    for (desk, minutes) in [(all(), 1), (toml(), 10), (dotenv(), 11), (env(), 12)] {
        assert_eq!(desk.reset_ttl("User1"), minutes * 60);
        assert_eq!(desk.reset_ttl("User2"), 60);
    }
    let empty = Desk::new().env("RESET_TTL", "2m").env("REALM_USER1_RESET_TTL", " ");
    assert_eq!(empty.reset_ttl("User1"), 120, "an empty value counts as unset");
}

#[test]
fn a_realms_value_can_come_from_a_file() {
    let with_file = || Desk::new().file("ttl", "10m\n");
    assert_eq!(with_file().env("REALM_USER1_RESET_TTL_FILE", "ttl").reset_ttl("User1"), 600);
    let toml = with_file().file("portcullis.toml", "[realms.User1]\nreset_ttl_file = 'ttl'\n");
    assert_eq!((toml.reset_ttl("User1"), toml.reset_ttl("User2")), (600, 1800));
    let both = with_file().env("REALM_USER1_RESET_TTL", "1m").env("REALM_USER1_RESET_TTL_FILE", "ttl");
    assert_has(&both.told(), &["REALM_USER1_RESET_TTL: is set (", "fix: unset REALM_USER1_RESET_TTL_FILE"]);
    let none = Desk::new().env("REALM_USER1_RESET_TTL_FILE", "none");
    assert_has(&none.told(), &["REALM_USER1_RESET_TTL_FILE: none cannot be read"]);
}

#[test]
fn the_name_of_a_realm_is_written_in_upper_case_and_with_underscores() {
    let desk = Desk::new().env("REALMS", "my-shop,my,MY_shop_2").env("REALM_MY_SHOP_RESET_TTL", "10m");
    let desk = desk.env("REALM_MY_RESET_TTL", "11m").env("REALM_MY_SHOP_2_RESET_TTL", "12m");
    assert_eq!(["my-shop", "my", "MY_shop_2"].map(|realm| desk.reset_ttl(realm) / 60), [10, 11, 12]);
}

#[test]
fn two_realms_of_the_same_name_in_variables_need_toml() {
    let twins = || Desk::new().env("REALMS", "shop,Shop,my-shop,my_shop");
    for (name, realms) in
        [("REALM_SHOP_RESET_TTL", "`shop` and `Shop`"), ("REALM_MY_SHOP_RESET_TTL", "`my-shop` and `my_shop`")]
    {
        assert_has(
            &twins().env(name, "10m").told(),
            &["1 problem:", &format!("{name}: is ambiguous between the realms {realms}")],
        );
        assert_has(&twins().file(".env", &format!("{name}=10m\n")).told(), &[".env, line 1"]);
    }
    let toml = "[realms.shop]\nreset_ttl = '10m'\n[realms.Shop]\nreset_ttl = '11m'\n";
    let desk = twins().file("portcullis.toml", toml);
    assert_eq!((desk.reset_ttl("shop"), desk.reset_ttl("Shop")), (600, 660));
}

#[test]
fn a_setting_that_is_server_wide_is_rejected_for_a_realm() {
    const SAYS: &str = "cannot be set for one realm: ";
    let env = Desk::new().env("REALM_USER1_PORT", "1").told();
    let expected = [
        "1 problem:",
        "REALM_USER1_PORT: ",
        SAYS,
        "PORT is server-wide",
        "from: the environment",
        "fix: write PORT instead of REALM_USER1_PORT",
    ];
    assert_has(&env, &expected);
    let dotenv = Desk::new().file(".env", "\nREALM_USER1_JWT_SECRET=x\n").told();
    assert_has(&dotenv, &["1 problem:", SAYS, "JWT_SECRET is server-wide", ".env, line 2"]);
    let toml = Desk::new().file("portcullis.toml", "[realms.User1]\nlimit_sms_total_file = 'x'\n").told();
    assert_has(&toml, &["1 problem:", "realms.User1.limit_sms_total_file: ", SAYS, "portcullis.toml, line 2"]);
}

#[test]
fn a_misspelt_realm_setting_gets_the_closest_suggestion() {
    let toml = Desk::new().file("portcullis.toml", "[realms.User1]\nreste_ttl = '1m'\nRESET_TTL = '1m'\n").told();
    let expected = [
        "2 problems:",
        "realms.User1.reste_ttl: is not a setting of a realm; did you mean `reset_ttl`?",
        "realms.User1.RESET_TTL: is not a setting of a realm; did you mean `reset_ttl`?",
    ];
    assert_has(&toml, &expected);
    for (name, meant) in [
        ("REALM_USER1_RESTE_TTL", "REALM_USER1_RESET_TTL"),
        ("REALM_USER1_RESTE_TTL_FILE", "REALM_USER1_RESET_TTL_FILE"),
        ("REALM_USR1_RESET_TTL", "REALM_USER1_RESET_TTL"),
    ] {
        let says = format!("{name}: is not a setting; did you mean `{meant}`?");
        assert_has(&Desk::new().file(".env", &format!("{name}=1m\n")).told(), &["1 problem:", &says]);
        let says = format!("{name}: is not a setting; did you mean `{meant}`?");
        assert_eq!(Desk::new().env(name, "1m").warnings(), says);
    }
    // Other programs may have realms too.
    assert_eq!(Desk::new().env("REALM_NAME", "x").env("REALM_USER1_CURATOR", "x").warnings(), "");
}

#[test]
fn a_bad_value_of_a_realm_is_fixed_in_the_notation_of_its_source() {
    for (desk, name, origin, fix) in [
        (
            Desk::new().env("REALM_USER1_OTP_TTL", "soon"),
            "REALM_USER1_OTP_TTL",
            "the environment",
            "REALM_USER1_OTP_TTL=5m",
        ),
        (
            Desk::new().file(".env", "\nREALM_USER1_OTP_TTL=soon\n"),
            "REALM_USER1_OTP_TTL",
            ".env, line 2",
            "REALM_USER1_OTP_TTL=5m",
        ),
        (
            Desk::new().file("portcullis.toml", "[realms.User1]\notp_ttl = 'soon'\n"),
            "realms.User1.otp_ttl",
            "portcullis.toml, line 2",
            "otp_ttl = \"5m\"",
        ),
    ] {
        let told = desk.told();
        assert_has(&told, &["1 problem:", &format!("{name}: must be a duration"), "(it is `soon`)"]);
        assert_has(&told, &[&format!("from: {origin}\n      fix: {fix}")]);
    }
    let list = "[realms.User1.more]\notp_ttl = '1m'\n";
    assert_has(
        &Desk::new().file("portcullis.toml", list).told(),
        &["1 problem:", "realms.User1.more: is not a setting of a realm"],
    );
}

#[test]
fn rules_apply_to_a_realms_effective_values() {
    let long = Desk::new().env("REALM_USER1_OTP_TTL", "11m").told();
    assert_has(&long, &["1 problem:", "REALM_USER1_OTP_TTL: must be at most 10m", "fix: REALM_USER1_OTP_TTL=10m"]);
    let short = Desk::new().file("portcullis.toml", "[realms.User2]\nregistration_ttl = '1h'\n").told();
    let expected = [
        "1 problem:",
        "realms.User2.registration_ttl: is shorter than VERIFICATION_TTL",
        "from: realms.User2.registration_ttl: portcullis.toml, line 2; VERIFICATION_TTL: the default (24h)",
    ];
    assert_has(&short, &expected);
    let other = Desk::new().env("REALM_USER2_VERIFICATION_TTL", "8d").told();
    let origin = "from: REGISTRATION_TTL: the default (7d); REALM_USER2_VERIFICATION_TTL: the environment";
    assert_has(&other, &["1 problem:", "REGISTRATION_TTL: is shorter than VERIFICATION_TTL", origin]);
    let both = Desk::new().env("REALM_USER2_VERIFICATION_TTL", "8d").env("REALM_USER2_REGISTRATION_TTL", "9d");
    both.config();
    let folder = Desk::new().env("REALM_USER1_TEMPLATES_DIR", "none").told();
    assert_has(&folder, &["1 problem:", "REALM_USER1_TEMPLATES_DIR: none is not a folder"]);
}

#[test]
fn production_checks_each_realm() {
    let desk = || Desk::production().env("REALM_USER2_PASSWORD_MIN_LENGTH", "7");
    let expected = [
        "1 problem:",
        "REALM_USER2_PASSWORD_MIN_LENGTH: is less than 8",
        "(refused in production)",
        "fix: REALM_USER2_PASSWORD_MIN_LENGTH=8",
    ];
    assert_has(&desk().told(), &expected);
    let (code, checked) = desk().run(cli::check);
    assert_eq!((code, checked.trim_end()), (1, desk().errors().as_str()));
    let warned = Desk::new().env("REALM_USER2_PASSWORD_MIN_LENGTH", "7").warnings();
    assert_has(&warned, &["REALM_USER2_PASSWORD_MIN_LENGTH: is less than 8"]);
    // Problems shared by all realms are reported once.
    let all = desk().env("PASSWORD_MIN_LENGTH", "6").env("REALM_USER1_OTP_TTL", "1m").told();
    assert_has(&all, &["2 problems:", "1. PASSWORD_MIN_LENGTH: ", "2. REALM_USER2_PASSWORD_MIN_LENGTH: "]);
}

#[test]
fn show_lists_the_settings_of_a_realm_and_their_sources() {
    let toml = "[realms.User2]\npassword_min_length = 12\n";
    let desk = Desk::new().env("RESET_TTL", "2m").env("REALM_USER2_RESET_TTL", "10m").file("portcullis.toml", toml);
    let (code, text) = desk.run(cli::show);
    assert_eq!(code, 0);
    let own = text.split_once("# Realm User2\n").unwrap().1.split_once("\n\n").unwrap().0;
    let lines: Vec<&str> = own.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_has(lines[0], &["RESET_TTL ", " 10m ", "(the environment)"]);
    assert_has(lines[1], &["PASSWORD_MIN_LENGTH ", " 12 ", "portcullis.toml, line 2)"]);
    assert!(!text.contains("# Realm User1"));

    let shown: Value = serde_json::from_str(&desk.run_as(cli::show, cli::OutputFormat::Json).1).unwrap();
    let names = |realm: usize| -> Vec<&str> {
        let lines = shown["realms"][realm]["settings"].as_array().unwrap();
        lines.iter().map(|line| line["name"].as_str().unwrap()).collect()
    };
    assert_eq!(shown["realms"][1]["name"], "User2");
    assert_eq!((names(0).len(), names(1)), (0, vec!["RESET_TTL", "PASSWORD_MIN_LENGTH"]));
    assert_eq!(shown["realms"][1]["settings"][0]["value"], "10m");
    assert_eq!(shown["realms"][1]["settings"][0]["origin"], "the environment");
}
