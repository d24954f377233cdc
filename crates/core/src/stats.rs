//! Statistics: counters for each day and realm. Events are counted when their rows of the audit trail are sealed,
//! messages with the outcome of their delivery; the number of users is measured.

use std::collections::BTreeMap;

use crate::{
    audit::{AuditEntry, Event, Outcome},
    clock::Timestamp,
    id::RealmName,
    limit::LimitKind,
    message::Channel,
};

/// Event that is counted under its own name.
const EVENTS: [(Event, &str); 7] = [
    (Event::Registered, REGISTRATIONS),
    (Event::EmailVerified, VERIFIED),
    (Event::RegistrationClaimed, VERIFIED),
    (Event::UserVerified, VERIFIED),
    (Event::PasswordReset, RESETS),
    (Event::AccountDeleted, ERASED),
    (Event::UserErased, ERASED),
];
const REGISTRATIONS: &str = "registrations";
const VERIFIED: &str = "verified";
const RESETS: &str = "resets";
const ERASED: &str = "erased";
const SIGN_INS: &str = "sign_ins.";
const REFUSALS: &str = "refusals.";
const MAILS: &str = "mails.";
const SMS: &str = "sms.";
const SENT: &str = "sent";
const FAILED: &str = "failed";
const DROPPED: &str = "dropped";
const USERS: &str = "users";
const TWO_STEP: &str = "two_step";
const ACTIVE: &str = "active";
const ACTIVE_30D: &str = "active_30d";

/// Days after which a user no longer counts as active in [`DayStats::active_30d`].
pub const ACTIVE_DAYS: i64 = 30;

/// A counter of a realm on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stat {
    pub realm: RealmName,
    /// Beginning of the day.
    pub day: Timestamp,
    /// Names are stored, so their spelling must not change.
    pub name: String,
    pub value: u64,
}

/// Number of users of a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserCounts {
    pub users: u64,
    /// Users with two-step verification.
    pub two_step: u64,
    /// Users who were seen today.
    pub active: u64,
    /// Users who were seen in the last 30 days.
    pub active_30d: u64,
}

impl UserCounts {
    /// Returns the counters of a day.
    #[must_use]
    pub fn stats(self, realm: &RealmName, day: Timestamp) -> Vec<Stat> {
        let counters =
            [(USERS, self.users), (TWO_STEP, self.two_step), (ACTIVE, self.active), (ACTIVE_30D, self.active_30d)];
        let stat = |(name, value): (&str, u64)| Stat { realm: realm.clone(), day, name: name.to_owned(), value };
        counters.map(stat).into()
    }
}

/// Returns the counter increments for rows of the audit trail. Rows of administrators are not counted.
#[must_use]
pub fn counted(rows: &[AuditEntry]) -> Vec<Stat> {
    let mut counters: BTreeMap<(&RealmName, Timestamp, String), u64> = BTreeMap::new();
    let admin = RealmName::admin();
    for row in rows.iter().filter(|row| row.realm != admin) {
        if let Some(name) = name_of(row) {
            *counters.entry((&row.realm, row.at.day(), name)).or_default() += row.count;
        }
    }
    let stat = |((realm, day, name), value): ((&RealmName, Timestamp, String), u64)| Stat {
        realm: realm.clone(),
        day,
        name,
        value,
    };
    counters.into_iter().map(stat).collect()
}

fn name_of(row: &AuditEntry) -> Option<String> {
    let event = Event::ALL.iter().copied().find(|event| event.as_str() == row.event)?;
    if let Some((_, name)) = EVENTS.iter().find(|(known, _)| *known == event) {
        // Marking a phone number as verified does not create a user.
        let is_counted = event != Event::UserVerified || row.details.contains("email");
        return is_counted.then(|| (*name).to_owned());
    }
    if event == Event::LoggedIn {
        return method_of(&row.details).map(|method| format!("{SIGN_INS}{method}"));
    }
    let reason = refusal_of(event, row.reason.as_deref(), &row.outcome)?;
    Some(format!("{REFUSALS}{reason}"))
}

/// Returns the sign-in method from the details of an event; `None` if a client got tokens in a browser that was already
/// signed in. Rows of earlier versions have no method, which means `password`.
fn method_of(details: &str) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(details).unwrap_or_default();
    let text = |key: &str| details.get(key).and_then(serde_json::Value::as_str);
    match (text("method"), text("client")) {
        (Some(method), _) => Some(method.to_owned()),
        (None, Some(_)) => None,
        (None, None) => Some("password".to_owned()),
    }
}

/// Returns the reason for a rejected sign-in; `None` for other events.
fn refusal_of(event: Event, reason: Option<&str>, outcome: &str) -> Option<String> {
    if outcome != Outcome::Refused.as_str() {
        return None;
    }
    let sign_in_limits = [LimitKind::Passwords, LimitKind::Hashes, LimitKind::Factors, LimitKind::Passkeys];
    Some(match event {
        Event::LoginRefused => match reason {
            Some("wrong") | None => "wrong_password".to_owned(),
            Some(other) => other.to_owned(),
        },
        Event::MfaRefused | Event::SigninCodeRefused => "wrong_code".to_owned(),
        Event::PasskeyRefused => "passkey".to_owned(),
        Event::SocialRefused => "provider".to_owned(),
        Event::LimitReached if sign_in_limits.iter().any(|kind| Some(kind.as_str()) == reason) => "limited".to_owned(),
        _ => return None,
    })
}

/// Outcome of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    Sent,
    /// Delivery was abandoned.
    Failed,
    /// The address has no account. It is counted so that the work is the same, and not listed.
    Dropped,
}

/// Returns the counter of a delivery, if the channel carries messages.
#[must_use]
pub fn delivered(realm: &RealmName, now: Timestamp, channel: Channel, handed: Handed) -> Option<Stat> {
    let of_channel = match channel {
        Channel::Mail => MAILS,
        Channel::Sms => SMS,
        Channel::SmsStatus => return None,
    };
    let outcome = match handed {
        Handed::Sent => SENT,
        Handed::Failed => FAILED,
        Handed::Dropped => DROPPED,
    };
    let name = format!("{of_channel}{outcome}");
    Some(Stat { realm: realm.clone(), day: now.day(), name, value: 1 })
}

/// Messages of a channel on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    pub sent: u64,
    /// Messages whose delivery was abandoned.
    pub failed: u64,
}

/// Statistics of a realm on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayStats {
    pub realm: RealmName,
    /// Beginning of the day.
    pub day: Timestamp,
    pub registrations: u64,
    pub verified: u64,
    /// Users at the end of the day; `None` if they were not counted.
    pub users: Option<u64>,
    /// Number of sign-ins by method.
    pub sign_ins: BTreeMap<String, u64>,
    /// Number of rejected sign-ins by reason.
    pub refusals: BTreeMap<String, u64>,
    pub resets: u64,
    pub erased: u64,
    pub active: Option<u64>,
    pub active_30d: Option<u64>,
    pub two_step: Option<u64>,
    pub mails: Delivered,
    pub sms: Delivered,
}

/// Methods that are listed even if they were not used.
const METHODS: [&str; 4] = ["password", "passkey", "provider", "code"];

impl DayStats {
    fn new(realm: RealmName, day: Timestamp) -> Self {
        Self {
            realm,
            day,
            registrations: 0,
            verified: 0,
            users: None,
            sign_ins: METHODS.map(|method| (method.to_owned(), 0)).into(),
            refusals: BTreeMap::new(),
            resets: 0,
            erased: 0,
            active: None,
            active_30d: None,
            two_step: None,
            mails: Delivered::default(),
            sms: Delivered::default(),
        }
    }

    /// Returns the statistics of counters that are in order of day, realm and name.
    #[must_use]
    pub fn of(stats: Vec<Stat>) -> Vec<Self> {
        let mut days: Vec<Self> = Vec::new();
        for stat in stats {
            match days.last_mut().filter(|last| last.day == stat.day && last.realm == stat.realm) {
                Some(day) => day.add(&stat.name, stat.value),
                None => {
                    let mut day = Self::new(stat.realm, stat.day);
                    day.add(&stat.name, stat.value);
                    days.push(day);
                }
            }
        }
        days
    }

    /// Adds a counter. Those of later versions are ignored.
    fn add(&mut self, name: &str, value: u64) {
        if let Some(method) = name.strip_prefix(SIGN_INS) {
            self.sign_ins.insert(method.to_owned(), value);
        } else if let Some(reason) = name.strip_prefix(REFUSALS) {
            self.refusals.insert(reason.to_owned(), value);
        } else if let Some(outcome) = name.strip_prefix(MAILS) {
            self.mails.add(outcome, value);
        } else if let Some(outcome) = name.strip_prefix(SMS) {
            self.sms.add(outcome, value);
        } else {
            match name {
                REGISTRATIONS => self.registrations = value,
                VERIFIED => self.verified = value,
                RESETS => self.resets = value,
                ERASED => self.erased = value,
                USERS => self.users = Some(value),
                TWO_STEP => self.two_step = Some(value),
                ACTIVE => self.active = Some(value),
                ACTIVE_30D => self.active_30d = Some(value),
                _ => {}
            }
        }
    }

    /// Returns the number of sign-ins.
    #[must_use]
    pub fn logins(&self) -> u64 {
        self.sign_ins.values().sum()
    }
}

impl Delivered {
    fn add(&mut self, outcome: &str, value: u64) {
        match outcome {
            SENT => self.sent = value,
            FAILED => self.failed = value,
            _ => {}
        }
    }
}
