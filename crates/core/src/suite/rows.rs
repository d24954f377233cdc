//! Sample rows for store tests. A name or number distinguishes rows of the same kind.

use std::time::Duration;

use crate::{
    account::{
        Account, Envelope, Profile, Registration, Role, User, attributes::Attributes, country::CountryCode,
        email::EmailAddress, name::PersonName, phone::PhoneNumber,
    },
    audit::{Actor, ActorKind, AuditId, AuditRow, Details, Event, Outcome},
    clock::Timestamp,
    id::{ChallengeId, LeaseId, NodeId, OutboxId, RealmName, RequestId, SessionId, UserId},
    link::{Challenge, Purpose},
    message::{
        MessageKind,
        outbox::{Lease, OutboxRow},
    },
    port::{RootKeyRow, SigningKeyRow},
    record::{RecordKind, RecordRow},
    seal::{BlindIndex, Sealed},
    session::{Amr, Family, Revocation, Session, SessionKind, TokenHash},
    token::Algorithm,
};

/// Current time in all cases: 2026-11-01T00:00:00Z.
pub const NOW: Timestamp = Timestamp::from_secs(1_793_491_200);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Returns the time `seconds` after [`NOW`], or before it if negative.
#[must_use]
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(NOW.secs() + seconds)
}

/// Returns the realm used in most cases.
#[must_use]
pub fn here() -> RealmName {
    realm("User1")
}

/// Returns another realm.
#[must_use]
pub fn there() -> RealmName {
    realm("User2")
}

/// Returns a realm name.
#[must_use]
pub fn realm(name: &str) -> RealmName {
    RealmName::parse(name).expect("a realm's name")
}

/// Returns a user identifier.
#[must_use]
pub fn user_id(name: &str) -> UserId {
    UserId::parse(name).expect("an identifier")
}

/// Returns a session identifier.
#[must_use]
pub fn session_id(name: &str) -> SessionId {
    SessionId::parse(name).expect("an identifier")
}

/// Returns a message identifier.
#[must_use]
pub fn outbox_id(name: &str) -> OutboxId {
    OutboxId::parse(name).expect("an identifier")
}

/// Returns a challenge identifier.
#[must_use]
pub const fn challenge_id(number: u8) -> ChallengeId {
    ChallengeId([number; 16])
}

/// Returns the blind index of an address.
#[must_use]
pub fn index(address: &str) -> BlindIndex {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(address.bytes()) {
        *to = from;
    }
    BlindIndex(bytes)
}

/// Returns sealed data that contains the text.
#[must_use]
pub fn sealed(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes().to_vec())
}

/// Returns an envelope with three different values.
#[must_use]
pub fn envelope(of: &str) -> Envelope {
    let part = |what: &str| sealed(&format!("{what} of {of}"));
    Envelope { data_key: part("key"), profile: part("profile"), password: part("password") }
}

/// Returns a user of this realm with this address, at the first revision.
#[must_use]
pub fn user(realm: &RealmName, id: &str, address: &str) -> User {
    User {
        realm: realm.clone(),
        id: user_id(id),
        index: index(address),
        envelope: envelope(id),
        password_set_at: NOW,
        phone_verified_at: None,
        phone_disputed: false,
        compromised: false,
        two_step: false,
        roles: vec![Role::parse("editor").expect("a role")],
        lock: None,
        seen_on: None,
        is_invited: false,
        created_at: NOW,
        revision: 1,
    }
}

/// Returns a registration of this realm with this address, valid for an hour.
#[must_use]
pub fn registration(realm: &RealmName, id: &str, address: &str) -> Registration {
    Registration {
        realm: realm.clone(),
        id: user_id(id),
        index: index(address),
        envelope: envelope(id),
        contested: false,
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
    }
}

/// Returns a challenge of this realm, valid for an hour.
#[must_use]
pub fn challenge(realm: &RealmName, number: u8) -> Challenge {
    Challenge {
        realm: realm.clone(),
        id: challenge_id(number),
        purpose: Purpose::Registration,
        subject: user_id("ada"),
        lifetime: Duration::from_secs(900),
        expires_at: NOW.plus(HOUR),
        used_at: None,
        tries: 0,
        note: None,
    }
}

/// Returns a session of this realm, valid for an hour.
#[must_use]
pub fn session(realm: &RealmName, id: &str) -> Session {
    Session {
        realm: realm.clone(),
        id: session_id(id),
        user: user_id("ada"),
        auth_time: at(-1),
        amr: vec![Amr::Password, Amr::Otp],
        client: sealed("192.0.2.1"),
        kind: SessionKind::Api,
        impersonator: None,
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
        family: Family { current: token_hash(1), previous: None, rotated_at: NOW, idle_until: NOW.plus(HOUR) },
        grant: None,
    }
}

/// Returns the hash of a refresh token.
#[must_use]
pub const fn token_hash(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

/// Returns a session's revocation, kept in the log for a quarter of an hour.
#[must_use]
pub fn revocation(realm: &RealmName, session: &str) -> Revocation {
    Revocation { realm: realm.clone(), session: session_id(session), expires_at: at(900) }
}

/// Returns a message that is due now.
#[must_use]
pub fn message(id: &str) -> OutboxRow {
    OutboxRow {
        id: outbox_id(id),
        realm: here(),
        kind: MessageKind::VerifyEmail,
        recipient: sealed("ada@example.org"),
        index: Some(index("ada@example.org")),
        challenge: Some(challenge_id(1)),
        created_at: NOW,
        due_at: NOW,
        give_up_at: NOW.plus(HOUR),
        attempts: 0,
        unknowns: 0,
    }
}

/// Returns a lease of one minute from this time.
#[must_use]
pub fn lease(id: &str, now: Timestamp) -> Lease {
    let id = LeaseId::parse(id).expect("an identifier");
    Lease { id, now, until: now.plus(Duration::from_secs(60)) }
}

/// Returns the identifier of an audit row from `seconds` after [`NOW`].
#[must_use]
pub fn audit_id(seconds: i64, number: u8) -> AuditId {
    AuditId::of(at(seconds), [number; 10])
}

/// Returns an audit row with all columns set.
#[must_use]
pub fn audit(realm: &RealmName) -> AuditRow {
    AuditRow {
        id: audit_id(0, 1),
        at: NOW,
        realm: realm.clone(),
        event: Event::LoginRefused,
        outcome: Outcome::Refused,
        reason: Some("wrong_password"),
        rule: Some("LIMIT_PASSWORDS_ACCOUNT"),
        actor: Actor { kind: ActorKind::User, id: Some("ada".to_owned()) },
        user: Some(user_id("ada")),
        index: Some(index("ada@example.org")),
        session: Some(session_id("session")),
        request_id: RequestId::parse("request").expect("an identifier"),
        node: NodeId::parse("node"),
        details: Details::default().with(Event::LoginRefused, "requests", vec!["first", "second"]),
        client: Some(sealed("client")),
        note: Some(sealed("note")),
        count: 2,
    }
}

/// Returns a realm's root key.
#[must_use]
pub fn root_key(realm: &RealmName, revision: u64) -> RootKeyRow {
    RootKeyRow { realm: realm.clone(), wrapped: sealed(&format!("wrapping {revision}")), revision }
}

/// Returns a signing key created `seconds` after [`NOW`].
#[must_use]
pub fn signing_key(kid: &str, seconds: i64) -> SigningKeyRow {
    SigningKeyRow {
        kid: kid.to_owned(),
        algorithm: Algorithm::EdDsa,
        private: sealed(&format!("half of {kid}")),
        created_at: at(seconds),
    }
}

/// Returns an account with this given name.
#[must_use]
pub fn account(id: &str, first_name: &str) -> Account {
    let name = |name| PersonName::parse(name).expect("a name");
    let profile = Profile {
        email: EmailAddress::parse("ada@example.org").expect("an address"),
        first_name: Some(name(first_name)),
        last_name: Some(name("Lovelace")),
        phone: Some(PhoneNumber::parse("+441632960001").expect("a number")),
        country: Some(CountryCode::parse("GB").expect("a country")),
        locale: None,
        attributes: Attributes::default(),
    };
    Account {
        id: user_id(id),
        profile,
        updated_at: Some(NOW),
        roles: Vec::new(),
        is_phone_verified: false,
        two_step: false,
        pending_email: None,
        has_password: true,
        password_set_at: NOW,
        created_at: NOW,
        revision: 1,
        data_key: sealed("key"),
    }
}

/// Returns a record without an owner, at the first revision.
#[must_use]
pub fn record(realm: &RealmName, key: &str) -> RecordRow {
    RecordRow {
        realm: realm.clone(),
        kind: RecordKind::Sample,
        key: key.to_owned(),
        owner: None,
        expires_at: None,
        revision: 1,
        body: sealed(&format!("body of {key}")),
    }
}
