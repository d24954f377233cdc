//! Sessions in which an administrator impersonates a user.

use std::time::Duration;

use portcullis_core::{
    account::email::EmailAddress,
    ctx::Ctx,
    id::{RealmName, SessionId, UserId},
    port::SessionOp,
    session::{Amr, Family, Session, TokenHash},
    token::{AccessTokens, Keyring, SigningKey, TokenUser},
};

use super::{JWT_SECRET, Person, TestApp};

/// The administrator.
pub const ADMIN: &str = "b7administrator";
const MINUTES: Duration = Duration::from_secs(600);

impl TestApp {
    /// Opens a session in which an administrator impersonates a person. Returns its access token.
    pub async fn impersonate(&self, person: &Person) -> String {
        person.log_in(self).await;
        let (realm, user) = (RealmName::parse(&person.realm).unwrap(), UserId::parse(&person.id).unwrap());
        let store = self.store().await;
        let own = store.sessions_of(&realm, &user).await.unwrap().pop().unwrap();
        let ctx = Ctx::new(&*self.clock, self.random.clone(), Default::default());
        let family = Family {
            current: TokenHash(ctx.bytes()),
            previous: None,
            rotated_at: ctx.now,
            idle_until: ctx.now.plus(MINUTES),
        };
        let session = Session {
            id: SessionId::random(ctx.random()),
            auth_time: ctx.now,
            amr: vec![Amr::Impersonation],
            impersonator: UserId::parse(ADMIN),
            expires_at: ctx.now.plus(MINUTES),
            family,
            ..own
        };
        store.commit(vec![SessionOp::Insert(session.clone()).into()]).await.unwrap();
        let email = EmailAddress::parse(&person.email).unwrap();
        let user = TokenUser { email: &email, roles: &[] };
        self.signer().issue(&ctx, &session, user, MINUTES).unwrap().expose().to_owned()
    }

    /// The signer of the access tokens.
    pub fn signer(&self) -> AccessTokens {
        AccessTokens {
            issuer: self.config().token.jwt_issuer,
            audience: None,
            actor_issuer: format!("{}/admin", self.base),
            keys: Keyring::new(SigningKey::hs256(JWT_SECRET.as_bytes()), vec![]),
        }
    }
}
