//! Data stored about a user: all of it is in the export, and none of it can be read after deletion. The lists below
//! are compared with the tables of the database and the kinds of records, so that new ones cannot be forgotten.

use std::{collections::BTreeSet, time::Duration};

use portcullis_core::{
    id::{RealmName, UserId},
    record::RecordKind,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, Protected, TestApp, json, problem};

/// How a table's data about a user is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Included in this member of the export. The rows are removed with the account.
    Exported(&'static str),
    /// Included in this member of the export, but the rows remain. Their sealed parts cannot be opened without the
    /// user's data key.
    Sealed(&'static str),
    /// Rows that refer to the user but contain no personal data. They are removed with the account.
    Removed,
    /// Rows that refer to the user or a session until they expire, so that every server learns of the revocation.
    Expires,
    /// No reference to a user.
    Nothing,
}

use Kept::{Expires, Exported, Nothing, Removed, Sealed};

/// Tables of both stores. In MongoDB, the users of a realm are in a collection named after the realm.
const TABLES: &[(&str, Kept)] = &[
    ("users", Exported("user")),
    ("sessions", Exported("sessions")),
    ("records", Exported("pending")),
    ("audit", Sealed("events")),
    ("audit_blocks", Nothing),
    // Links and codes: hashes and times.
    ("challenges", Removed),
    ("changes", Expires),
    ("revocations", Expires),
    // Belong to people who have not verified the address.
    ("registrations", Nothing),
    // Recipients are sealed under the realm's key until the message is delivered or abandoned. Device and address of a
    // sign-in are sealed under the user's key.
    ("outbox", Nothing),
    ("failures", Nothing),
    ("quotas", Nothing),
    ("stats", Nothing),
    ("root_keys", Nothing),
    ("signing_keys", Nothing),
    ("migrations", Nothing),
    // Further collections of MongoDB. A lock contains the key that a batch depended on, for an hour.
    ("locks", Expires),
    ("counters", Nothing),
];

/// The kinds of records, with the type that each has in the export.
const RECORDS: &[(RecordKind, Option<&str>)] = &[
    (RecordKind::EmailPending, Some("email_change")),
    (RecordKind::PhonePending, Some("phone_change")),
    // The number itself is in the profile.
    (RecordKind::PhoneVerified, None),
    (RecordKind::EmailReserved, Some("email_reserved")),
    // Contained in the members `factors`, `devices` and `identities` of the export. The tests of providers cover
    // more.
    (RecordKind::Identity, None),
    (RecordKind::Totp, None),
    (RecordKind::Passkey, None),
    // A hash and a time, without an owner.
    (RecordKind::Spent, None),
    (RecordKind::Sms, None),
    (RecordKind::RecoveryCodes, None),
    (RecordKind::Device, None),
    // Refers to registrations and has no owner.
    (RecordKind::Succession, None),
    // Belong to administrators, who have no export. An invitation has no user yet.
    (RecordKind::Invitation, None),
    (RecordKind::AdminGrant, None),
    (RecordKind::AdminOwners, None),
    (RecordKind::AdminKey, None),
    // Belongs to an application.
    (RecordKind::Client, None),
    (RecordKind::ClientMark, None),
    // Exported as the member `grants`.
    (RecordKind::Consent, None),
    // Belong to servers, not to users.
    (RecordKind::AuditKey, None),
    (RecordKind::Node, None),
    (RecordKind::Lease, None),
    (RecordKind::Sample, None),
    (RecordKind::OtherSample, None),
];

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const EARLIER: &str = "quokka.planted@example.com";
const CURRENT: &str = "wombat.planted@example.com";
const WANTED: &str = "numbat.planted@example.com";
const PHONE: &str = "+12025550143";

/// Settings that allow all factors, so that each kind has a record.
const WITH_SMS: &[(&str, &str)] = &[("MFA_METHODS", "totp,sms,recovery_code")];

/// Texts that must never be stored in plain text.
const PLANTED: &[&str] = &[
    "planted",
    "quokka",
    "wombat",
    "numbat",
    "zebedee",
    "wolframite",
    "2025550143",
    "1234567890",
    "firefox",
    "argon2",
];

/// Creates a user with every kind of stored data. Also returns the access token and all secrets that were issued.
async fn planted(app: &TestApp) -> (Person, String, Vec<String>) {
    let john = Person::new(EARLIER);
    let mut form = john.form();
    form["first_name"] = "Zebedee".into();
    form["last_name"] = "Wolframite".into();
    form["attributes"] = json!({"kind": "planted"});
    let created = json(app.post_json("/User1/create", form).await, 200).await;
    let john = Person { id: created["id"].as_str().unwrap().to_owned(), ..john }.verify(app).await;
    problem(app.login("User1", &john.email, "wrong-wrong-wrong").await, 401).await;
    let protected = Protected::add(app, &john).await;
    john.prove_phone(app).await;
    app.advance(Duration::from_secs(1));
    let sms = app.request(Method::POST, "/User1/me/mfa/sms").bearer_auth(&protected.token).send().await.unwrap();
    json(sms, 201).await;
    let code = protected.app.next_code(app);
    let login = [
        ("username", john.email.as_str()),
        ("password", john.password.as_str()),
        ("code", &code),
        ("remember", "true"),
    ];
    let entered = app.request(Method::POST, "/User1/login").header("User-Agent", FIREFOX).form(&login);
    let entered = json(entered.send().await.unwrap(), 200).await;
    let text = |name: &str| entered[name].as_str().unwrap().to_owned();
    let token = text("access_token");
    let post = async |path: &str, body: Value| {
        let request = app.request(Method::POST, &format!("/User1/me/{path}")).bearer_auth(&token).json(&body);
        json(request.send().await.unwrap(), 202).await
    };
    post("email", json!({"email": CURRENT})).await;
    let confirm = app.link(CURRENT, "verify").await;
    assert_eq!(app.open(&confirm).await.status(), 200);
    post("email", json!({"email": WANTED})).await;
    let handle = post("phone", json!({"phone": PHONE})).await["handle"].as_str().unwrap().to_owned();
    json(app.post_json("/User1/forget_password", json!({"email": CURRENT})).await, 200).await;
    let links = [app.link(CURRENT, "reset_password_form").await, app.link(WANTED, "verify").await];
    let links = links.iter().chain([&confirm]).map(|link| link.split_once("token=").unwrap().1.to_owned());
    let secrets = links.chain([text("refresh_token"), text("device"), token.clone(), handle]);
    let secrets = secrets.chain(protected.recovery).chain([protected.app.secret()]).collect();
    (Person { email: CURRENT.to_owned(), ..john }, token, secrets)
}

/// Returns whether a row contains a text.
fn names(row: &[u8], what: &str) -> bool {
    row.windows(what.len()).any(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

#[tokio::test]
async fn every_table_and_every_kind_of_record_is_in_the_lists() {
    let app = TestApp::with(WITH_SMS).await;
    planted(&app).await;
    let listed: BTreeSet<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    for table in app.tables().await {
        assert!(listed.contains(table.as_str()), "what does `{table}` keep?");
    }
    let kinds: Vec<RecordKind> = RECORDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.len(), RecordKind::ALL.len());
    assert!(RecordKind::ALL.iter().all(|kind| kinds.contains(kind)));
}

#[tokio::test]
async fn the_export_has_everything_that_is_kept_and_no_secret() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, token, secrets) = planted(&app).await;
    app.advance(Duration::from_secs(1));
    let answer = app.get_as(&token, "/User1/me/export").await;
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"account.json\"");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let text = answer.text().await.unwrap();
    let export: Value = serde_json::from_str(&text).unwrap();
    let members: Vec<&str> = export.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["exported_at", "realm", "user", "pending", "sessions", "events", "factors", "devices", "identities", "grants"];
    assert_eq!(members, expected);
    for (table, kept) in TABLES {
        let (Exported(member) | Sealed(member)) = kept else { continue };
        let holds = export[member].as_array().is_none_or(|list| !list.is_empty()) && !export[member].is_null();
        assert!(holds, "nothing of `{table}` is in `{member}`: {export}");
    }
    let types: Vec<&str> =
        export["pending"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    for (kind, word) in RECORDS {
        assert!(word.is_none_or(|word| types.contains(&word)), "{kind:?} is missing: {types:?}");
    }
    let types = |member: &str| {
        let list = export[member].as_array().unwrap().iter();
        list.map(|one| one["type"].as_str().unwrap_or("device").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (types("factors"), types("devices")),
        (vec!["sms".into(), "totp".into(), "recovery_code".into()], vec!["device".into()])
    );
    let me = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!((&export["user"], &export["realm"], &me["id"]), (&me, &json!("User1"), &json!(john.id)));
    for planted in [EARLIER, CURRENT, WANTED, PHONE, "Zebedee", "Wolframite", "Firefox on Linux"] {
        assert!(text.contains(planted), "{planted} is missing: {text}");
    }
    for secret in secrets.iter().map(String::as_str).chain(["argon2", "$m=", &john.password, "Mozilla"]) {
        assert!(!text.contains(secret), "{secret} is a secret: {text}");
    }
    let events = json(app.get_as(&token, "/User1/me/events").await, 200).await;
    assert_eq!(events["events"][0]["event"], "exported");
    assert_eq!(events["events"].as_array().unwrap().len(), export["events"].as_array().unwrap().len());
}

#[tokio::test]
async fn nothing_that_was_kept_can_be_read_after_the_erasure() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, token, secrets) = planted(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let realm = RealmName::parse("User1").unwrap();
    let user = app.store().await.user(&realm, &UserId::parse(&john.id).unwrap()).await.unwrap().unwrap();
    let before = app.rows().await;
    for (table, kept) in TABLES.iter().filter(|(_, kept)| matches!(kept, Exported(_) | Sealed(_) | Removed)) {
        let found = before.iter().any(|(name, row)| name == table && names(row, &john.id));
        assert!(found, "`{table}` is {kept:?}, and has nothing to erase");
    }
    let erased = app.request(Method::DELETE, "/User1/me").bearer_auth(&token).send().await.unwrap();
    json(erased, 200).await;
    app.pump().await;
    for (table, row) in app.rows().await {
        let kept = TABLES.iter().find(|(name, _)| *name == table).map_or(Nothing, |(_, kept)| *kept);
        assert!(!names(&row, &john.id) || matches!(kept, Sealed(_) | Expires), "`{table}` still names the user");
    }

    app.run_maintenance().await;
    let contents = app.contents().await;
    assert!(contents.iter().any(|(_, bytes)| names(bytes, &jane.id)), "the right files are searched");
    for (name, bytes) in contents {
        for planted in PLANTED.iter().copied().chain(secrets.iter().map(String::as_str)) {
            assert!(!names(&bytes, planted), "{name} contains {planted}");
        }
        // Without the data key, the data sealed with it is unreadable in every copy.
        let sealed = [&user.envelope.data_key, &user.envelope.profile, &user.envelope.password];
        for sealed in sealed.map(|sealed| sealed.as_bytes()) {
            assert!(!bytes.windows(sealed.len()).any(|window| window == sealed), "{name} contains the envelope");
        }
    }
}
