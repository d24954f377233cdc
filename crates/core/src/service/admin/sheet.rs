//! A user as shown to administrators. Masking is applied here, so that no route can bypass it.

use serde_json::{Map, Value};

use super::{Administered, subject::Subject};
use crate::{
    account::{
        Lock, Profile, User, country::CountryCode, locale::Locale, name::PersonName, password::PasswordHash,
        phone::PhoneNumber,
    },
    admin::{Assist, Right, masked_email, masked_name, masked_phone},
    clock::Timestamp,
    error::{Error, Result},
    factor::{ListedFactor, Method},
    limit::{LimitKey, LimitKind},
};

/// A user as shown to an administrator.
#[derive(Debug)]
pub struct UserSheet {
    pub id: String,
    pub realm: String,
    /// `active`, `locked`, `invited` or `unverified`.
    pub status: &'static str,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub country_code: Option<String>,
    pub country: Option<&'static str>,
    pub locale: Option<String>,
    /// `None` if masked.
    pub attributes: Option<Map<String, Value>>,
    pub roles: Vec<String>,
    pub is_email_verified: bool,
    pub is_phone_verified: bool,
    pub pending_email: Option<String>,
    pub two_step: bool,
    /// `None` for registrations and invitations.
    pub password: Option<PasswordSheet>,
    pub locked: Option<LockSheet>,
    pub factors: Vec<ListedFactor>,
    /// Number of live sessions.
    pub sessions: usize,
    pub wrong_passwords: WrongPasswords,
    pub created_at: Timestamp,
    /// `sign_up` or `admin`.
    pub created_by: &'static str,
    pub seen_on: Option<Timestamp>,
    pub revision: u64,
}

/// State of a user's password. Contains neither the password nor its hash.
#[derive(Debug)]
pub struct PasswordSheet {
    pub set_at: Timestamp,
    /// Kind of the password hash. `none` if there is no password.
    pub kind: &'static str,
    pub compromised: bool,
}

/// The lock of a user.
#[derive(Debug)]
pub struct LockSheet {
    pub at: Timestamp,
    pub until: Option<Timestamp>,
    /// `None` if masked.
    pub reason: Option<String>,
}

/// Failed password attempts of an account.
#[derive(Debug, Default)]
pub struct WrongPasswords {
    pub count: u32,
    pub wait_until: Option<Timestamp>,
}

/// The personal data of a user.
#[derive(Debug, Default)]
struct Shown {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    country_code: Option<String>,
    country: Option<&'static str>,
    locale: Option<String>,
    attributes: Option<Map<String, Value>>,
}

fn shown(profile: &Profile, is_masked: bool) -> Shown {
    let name = |name: &Option<PersonName>| {
        let text = name.as_ref().map(PersonName::as_str);
        text.map(|text| if is_masked { masked_name(text) } else { text.to_owned() })
    };
    let phone = profile.phone.as_ref().map(PhoneNumber::as_str);
    let email = profile.email.as_str();
    Shown {
        email: if is_masked { masked_email(email) } else { email.to_owned() },
        first_name: name(&profile.first_name),
        last_name: name(&profile.last_name),
        phone: phone.map(|phone| if is_masked { masked_phone(phone) } else { phone.to_owned() }),
        country_code: profile.country.as_ref().map(|country| country.as_str().to_owned()),
        country: profile.country.as_ref().map(CountryCode::name),
        locale: profile.locale.as_ref().map(|locale: &Locale| locale.as_str().to_owned()),
        attributes: (!is_masked).then(|| profile.attributes.members().clone()),
    }
}

/// Returns the name and address of a user for a list.
pub(super) fn name_of(profile: &Profile, is_masked: bool) -> (String, Option<String>, Option<String>) {
    let Shown { email, first_name, last_name, .. } = shown(profile, is_masked);
    (email, first_name, last_name)
}

/// Returns the status of a user.
pub(super) fn status_of(user: &User, now: Timestamp) -> &'static str {
    if user.is_locked(now) { "locked" } else { "active" }
}

impl<R: Right> Administered<'_, R> {
    /// Returns whether personal data is masked for this administrator.
    pub(super) fn is_masked(&self) -> bool {
        !self.permit.has::<Assist>()
    }

    /// Builds the view of a subject.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(super) async fn sheet(&self, subject: &Subject) -> Result<UserSheet> {
        match subject {
            Subject::User(user) => self.sheet_of_user(user).await,
            Subject::Invited(row, invitation) => {
                let sheet = self.empty_sheet(&invitation.profile);
                Ok(UserSheet {
                    id: invitation.user.as_str().to_owned(),
                    status: "invited",
                    roles: invitation.roles.iter().map(|role| role.as_str().to_owned()).collect(),
                    created_at: invitation.created_at,
                    created_by: "admin",
                    revision: row.revision,
                    ..sheet
                })
            }
            Subject::Unverified(registration) => {
                let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
                let sheet = self.empty_sheet(&registration.envelope.open_profile(&key)?);
                Ok(UserSheet {
                    id: registration.id.as_str().to_owned(),
                    status: "unverified",
                    created_at: registration.created_at,
                    ..sheet
                })
            }
        }
    }

    fn empty_sheet(&self, profile: &Profile) -> UserSheet {
        let of = shown(profile, self.is_masked());
        UserSheet {
            id: String::new(),
            realm: self.realm.name.as_str().to_owned(),
            status: "active",
            email: of.email,
            first_name: of.first_name,
            last_name: of.last_name,
            phone: of.phone,
            country_code: of.country_code,
            country: of.country,
            locale: of.locale,
            attributes: of.attributes,
            roles: Vec::new(),
            is_email_verified: false,
            is_phone_verified: false,
            pending_email: None,
            two_step: false,
            password: None,
            locked: None,
            factors: Vec::new(),
            sessions: 0,
            wrong_passwords: WrongPasswords::default(),
            created_at: self.ctx.now,
            created_by: "sign_up",
            seen_on: None,
            revision: 1,
        }
    }

    async fn sheet_of_user(&self, user: &User) -> Result<UserSheet> {
        let now = self.ctx.now;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let profile = user.envelope.open_profile(&key)?;
        let sheet = self.empty_sheet(&profile);
        let hash = user.envelope.open_password(&key)?;
        let kind = hash.as_ref().map_or("none", PasswordHash::kind);
        let pending = self.pending_email(user).await?.map(|(_, pending)| pending);
        let pending = pending.filter(|pending| pending.shown_until > now).map(|pending| pending.email);
        let pending = pending
            .map(|email| if self.is_masked() { masked_email(email.as_str()) } else { email.as_str().to_owned() });
        let sessions = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
        let reason = |lock: &Lock| {
            let plain = key.open(Lock::REASON, &lock.reason).map_err(Error::internal)?;
            Ok::<_, Error>((!self.is_masked()).then(|| String::from_utf8_lossy(&plain).into_owned()))
        };
        let lock = user.lock.as_ref().filter(|lock| lock.holds(now));
        let locked =
            lock.map(|lock| Ok::<_, Error>(LockSheet { at: lock.at, until: lock.until, reason: reason(lock)? }));
        Ok(UserSheet {
            id: user.id.as_str().to_owned(),
            status: status_of(user, now),
            roles: user.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            is_email_verified: true,
            is_phone_verified: user.phone_verified_at.is_some(),
            pending_email: pending,
            two_step: user.two_step,
            password: Some(PasswordSheet { set_at: user.password_set_at, kind, compromised: user.compromised }),
            locked: locked.transpose()?,
            factors: self.shown_factors(self.factors_of(user, &key).await?.listed(profile.phone.as_ref())),
            sessions: sessions.iter().filter(|session| session.is_live(now)).count(),
            wrong_passwords: self.wrong_passwords(user).await?,
            created_at: user.created_at,
            created_by: if user.is_invited { "admin" } else { "sign_up" },
            seen_on: user.seen_on,
            revision: user.revision,
            ..sheet
        })
    }

    /// Masks the user-defined names of factors if personal data is masked.
    fn shown_factors(&self, factors: Vec<ListedFactor>) -> Vec<ListedFactor> {
        let is_shown = |factor: &ListedFactor| !self.is_masked() || factor.method == Method::Sms;
        let name = |factor: &ListedFactor| if is_shown(factor) { factor.name.clone() } else { factor.name.initial() };
        factors.into_iter().map(|factor| ListedFactor { name: name(&factor), ..factor }).collect()
    }

    /// Returns the limit key that counts failed password attempts of an account.
    pub(super) fn failures_key(&self, user: &User) -> LimitKey {
        LimitKey::in_realm(&self.realm.keys, LimitKind::Passwords, &[b"account", &user.index.0])
    }

    async fn wrong_passwords(&self, user: &User) -> Result<WrongPasswords> {
        let quota = self.settings.limits.passwords_account;
        let failed = self.ports.store.failures(self.failures_key(user)).await?;
        let failed = failed.remembered(self.ctx.now, quota.per);
        let wait = failed.wait(quota.times, self.ctx.now);
        Ok(WrongPasswords { count: failed.count, wait_until: (!wait.is_zero()).then(|| self.ctx.now.plus(wait)) })
    }
}
