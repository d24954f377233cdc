//! `me/passkeys`: adds passkeys and security keys.

use super::{
    SecondFactors,
    addition::Committed,
    enrol::{Enrolling, Enrols, read_name},
};
use crate::{
    error::{
        ErrorKind, Result,
        catalogue::{MFA_TOO_MANY, PASSKEY_EXISTS, PASSKEY_INVALID, PASSKEY_USE_INVALID},
    },
    factor::{
        FactorName, Held, ListedFactor, ListedPasskey, Method, NewRecoveryCodes,
        passkey::{
            ChallengePurpose, MAX_PASSKEYS, NewCredential, NewPasskey, Passkey, PasskeyChallenge, PasskeyRefusal,
            PasskeyUse, RegistrationResponse, RelyingParty, SpentChallenge, UserHandle,
        },
    },
    id::FactorId,
    limit::LimitKind,
    port::RecordOp,
    record::{Record, RecordKeys},
    service::{
        FieldErrors, LoggedIn, RawField,
        kernel::{ATTEMPTS, AcceptedCredentials, NamedCredential, RenewedCookie, retry},
    },
};

/// Options for creating a credential in a browser.
#[derive(Debug)]
pub struct CreationOffer {
    pub party: RelyingParty,
    pub user_handle: UserHandle,
    /// Address of the account, displayed by authenticators.
    pub user_name: String,
    /// Name of the user, or the address.
    pub display_name: String,
    pub challenge: PasskeyChallenge,
    pub used_for: PasskeyUse,
    /// Existing credentials. Their authenticators will not create another one.
    pub exclude: Vec<NamedCredential>,
}

/// Passkey that was added.
#[derive(Debug)]
pub struct AddedPasskey {
    pub passkey: ListedPasskey,
    pub accepted: AcceptedCredentials,
    /// Recovery codes created with it.
    pub recovery_codes: Option<NewRecoveryCodes>,
    /// Session created with a ticket.
    pub logged_in: Option<LoggedIn>,
    /// New cookie value of the browser session that added the passkey.
    pub cookie: Option<RenewedCookie>,
}

/// Verified registration response.
struct Registered {
    credential: NewCredential,
    used_for: PasskeyUse,
    challenge: PasskeyChallenge,
}

impl SecondFactors<'_> {
    /// Returns the options for creating a passkey or security key. Nothing is stored.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled, `Stale` if the login is too old or too weak, `Forbidden` if the
    /// password is wrong, `BadLink` if the ticket has another purpose, `Invalid` if the use is unknown, `Conflict` if
    /// the account already has twenty, `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn begin_passkey(&self, enrols: Enrols<'_>, used_for: &RawField) -> Result<CreationOffer> {
        let party = self.require_relying_party()?;
        if let Enrols::Owner(owner, current) = enrols {
            self.fresh(owner, current).await?;
        }
        let used_for = self.read_use(enrols, used_for)?;
        self.charge_client(LimitKind::PasskeyOptions, self.settings.limits.passkey_options_client).await?;
        let by = self.enrolling(enrols).await?;
        if let Enrols::Owner(owner, _) = enrols {
            self.require_strength(&by.user, owner)?;
        }
        let factors = self.factors_of(&by.user, &by.key).await?;
        if factors.passkeys.len() >= MAX_PASSKEYS {
            return Err(MFA_TOO_MANY.into());
        }
        let profile = by.user.envelope.open_profile(&by.key)?;
        let names = [profile.first_name.as_ref(), profile.last_name.as_ref()];
        let names: Vec<&str> = names.into_iter().flatten().map(|name| name.as_str()).collect();
        let user_name = profile.email.as_str().to_owned();
        Ok(CreationOffer {
            party: party.clone(),
            user_handle: UserHandle::of(&self.realm.keys, &by.user.id),
            display_name: if names.is_empty() { user_name.clone() } else { names.join(" ") },
            user_name,
            challenge: PasskeyChallenge::issue(self.ctx, &self.realm.keys, by.purpose(used_for)),
            used_for,
            exclude: factors.named_credentials(),
        })
    }

    /// Adds the passkey or security key created by an authenticator. Repeating the same response returns the same
    /// result, without the recovery codes.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled, `BadLink` if the passkey is refused for any reason, `Invalid` if
    /// the name is malformed, `Conflict` if the caller already has this passkey or twenty of them, `Limited` if a
    /// rate limit is reached, and `Unavailable` if the store fails.
    pub async fn add_passkey(
        &self,
        enrols: Enrols<'_>,
        credential: &RawField,
        name: &RawField,
    ) -> Result<AddedPasskey> {
        let party = self.require_relying_party()?;
        let mut errors = FieldErrors::default();
        let both = errors.credential("credential", credential).zip(read_name(&mut errors, name));
        let (json, name) = errors.finish(both)?;
        let client = self.charge_client(LimitKind::Passkeys, self.settings.limits.passkeys_client).await?;
        let work = |_| self.add_once(party, enrols, &json, name.as_ref());
        let added = retry(ATTEMPTS, "the account kept changing while a passkey was added", work).await;
        if !added.as_ref().is_err_and(|error| error.kind() == ErrorKind::BadLink) {
            self.refund(client).await;
        }
        added
    }

    async fn add_once(
        &self,
        party: &RelyingParty,
        enrols: Enrols<'_>,
        json: &serde_json::Value,
        name: Option<&FactorName>,
    ) -> Result<Option<AddedPasskey>> {
        let by = self.enrolling(enrols).await?;
        let registered = match self.registered(party, &by, json) {
            Ok(registered) => registered,
            Err(why) => return self.refuse(why).await,
        };
        self.require_use(enrols, registered.used_for)?;
        // The passkey is read before its challenge. If a concurrent request adds the same response between the two
        // reads, the result is then a repeated addition and not a conflict.
        let key = Passkey::key_of(&self.realm.keys, &party.id, &registered.credential.id);
        let known = self.ports.store.record(&self.realm.name, Passkey::KIND, &key).await?;
        if let Some(spent) = self.spent_challenge(&registered.challenge).await? {
            return self.same_answer(party, &by, &spent, &registered.credential).await;
        }
        if let Some(row) = known {
            let is_own = row.owner.as_ref() == Some(&by.user.id);
            let is_same = is_own && Held::<Passkey>::open(row, &by.key)?.noun.public_key == registered.credential.key;
            return if is_same { Err(PASSKEY_EXISTS.into()) } else { self.refuse(PasskeyRefusal::CredentialId).await };
        }
        let factors = self.factors_of(&by.user, &by.key).await?;
        if factors.passkeys.len() >= MAX_PASSKEYS {
            return Err(MFA_TOO_MANY.into());
        }
        let others = factors.passkeys.into_iter().map(|held| held.noun);
        self.insert(party, by, enrols, registered, name, others.collect()).await
    }

    async fn insert(
        &self,
        party: &RelyingParty,
        by: Enrolling,
        enrols: Enrols<'_>,
        registered: Registered,
        name: Option<&FactorName>,
        others: Vec<Passkey>,
    ) -> Result<Option<AddedPasskey>> {
        let (ctx, realm, user) = (self.ctx, &self.realm.name, by.user.clone());
        let Registered { credential, used_for, challenge } = registered;
        let name = name.cloned().unwrap_or_else(|| FactorName::of_passkey(used_for, ctx.client.agent.as_deref()));
        let (id, since) = (FactorId::random(ctx.random()), user.revision + 1);
        let of = NewPasskey { id, user: &user.id, used_for, rp_id: &party.id, name, since, at: ctx.now };
        let passkey = Passkey::new(&self.realm.keys, credential, of);
        let mut with = vec![
            self.spend_challenge(&SpentChallenge::new(&challenge, Some(passkey.id.clone()))),
            RecordOp::Insert(passkey.seal(ctx, realm, RecordKeys::Owner(&by.key))).into(),
        ];
        let current = by.session.as_ref().map(|session| session.id.clone());
        let added = self.addition((&user, &by.key), &ListedFactor::from(&passkey), current).await?;
        with.extend(added.with);
        let devices = if let Enrols::Ticket(_, devices) = enrols { devices } else { &[] };
        let proved = (passkey.amr(false), Some(passkey.id.clone()));
        let committed = self.commit_addition(by, added.user, with, devices, proved).await?;
        let listed = ListedPasskey::from(&passkey);
        let all = others.into_iter().chain([passkey]);
        let accepted = self.accepted_credentials(party, &user, all);
        Ok(committed.map(|Committed { logged_in, cookie }| AddedPasskey {
            passkey: listed,
            accepted,
            recovery_codes: added.recovery_codes,
            logged_in,
            cookie,
        }))
    }

    /// Verifies a response to the challenge of this session or ticket.
    fn registered(
        &self,
        party: &RelyingParty,
        by: &Enrolling,
        json: &serde_json::Value,
    ) -> Result<Registered, PasskeyRefusal> {
        let response = RegistrationResponse::read(json)?;
        let challenge = response.challenge().ok_or(PasskeyRefusal::Challenge)?;
        let is_for = |used_for: &PasskeyUse| challenge.is_valid(&self.realm.keys, by.purpose(*used_for), self.ctx.now);
        let used_for = PasskeyUse::ALL.into_iter().find(is_for).ok_or(PasskeyRefusal::Challenge)?;
        let credential = response.verify(party, &challenge, used_for == PasskeyUse::Login)?;
        Ok(Registered { credential, used_for, challenge })
    }

    /// Returns the result of an earlier request with the same response.
    async fn same_answer(
        &self,
        party: &RelyingParty,
        by: &Enrolling,
        spent: &SpentChallenge,
        credential: &NewCredential,
    ) -> Result<Option<AddedPasskey>> {
        let factors = self.factors_of(&by.user, &by.key).await?;
        let is_same = |held: &&Held<Passkey>| {
            let passkey = &held.noun;
            spent.added.as_ref() == Some(&passkey.id)
                && passkey.credential == credential.id
                && passkey.public_key == credential.key
        };
        let Some(passkey) = factors.passkeys.iter().find(is_same).map(|held| ListedPasskey::from(&held.noun)) else {
            return self.refuse(PasskeyRefusal::Challenge).await;
        };
        let all = factors.passkeys.into_iter().map(|held| held.noun);
        let accepted = self.accepted_credentials(party, &by.user, all);
        Ok(Some(AddedPasskey { passkey, accepted, recovery_codes: None, logged_in: None, cookie: None }))
    }

    async fn refuse<T>(&self, why: PasskeyRefusal) -> Result<T> {
        self.note_refused_passkey(why, None).await?;
        Err(PASSKEY_INVALID.because(why))
    }

    fn read_use(&self, enrols: Enrols<'_>, used_for: &RawField) -> Result<PasskeyUse> {
        let used_for = match used_for {
            RawField::Missing => PasskeyUse::Login,
            given => {
                let mut errors = FieldErrors::default();
                let parsed = errors.text("use", given).map(PasskeyUse::parse);
                if parsed == Some(None) {
                    errors.add(PASSKEY_USE_INVALID.of("use"));
                }
                errors.finish(parsed.flatten())?
            }
        };
        self.require_use(enrols, used_for)?;
        Ok(used_for)
    }

    /// Requires that passkeys with this use can be added: always for login, and for second factors if the realm
    /// allows them.
    fn require_use(&self, enrols: Enrols<'_>, used_for: PasskeyUse) -> Result<()> {
        match (enrols, used_for) {
            (Enrols::Owner(..), PasskeyUse::Login) => Ok(()),
            _ => self.require_method(Method::Passkey),
        }
    }
}

impl Enrolling {
    /// Returns the purpose of the challenges of this session or ticket.
    pub(super) fn purpose(&self, used_for: PasskeyUse) -> ChallengePurpose<'_> {
        match &self.ticket {
            Some(open) => ChallengePurpose::Enrolment(used_for, open.ticket.id),
            None => ChallengePurpose::Registration(used_for, &self.user.id),
        }
    }
}
