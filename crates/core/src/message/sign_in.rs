use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ctx::Ctx,
    error::{Error, Result},
    id::UserId,
    seal::{self, DataKey, Sealed},
};

/// Client and time of a sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// Name of browser and operating system, if recognised.
    pub device: Option<String>,
    /// IP address of the client.
    pub ip: Option<String>,
    /// Time, in milliseconds since 1970.
    pub at: i64,
}

/// Prints no fields, because all of them are personal data.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn(…)")
    }
}

/// Sign-in sealed under the data key of its user. If the user is deleted, a queued message can no longer be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealedSignIn {
    user: String,
    body: String,
}

/// Name that binds the sealed value to its purpose.
const KIND: &str = "sign_in";

impl SealedSignIn {
    /// Seals a sign-in of a user.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be serialized.
    pub fn seal(ctx: &Ctx, key: &DataKey, user: &UserId, sign_in: &SignIn) -> Result<Self> {
        let plain = serde_json::to_vec(sign_in).map_err(Error::internal)?;
        let sealed = key.seal_record(ctx, KIND, user.as_str(), &plain);
        Ok(Self { user: user.as_str().to_owned(), body: seal::hex(sealed.as_bytes()) })
    }

    /// Returns the user, or `None` if the identifier is unreadable.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        UserId::parse(&self.user)
    }

    /// Decrypts the sign-in of a user with this data key. Returns `None` if it belongs to another user.
    #[must_use]
    pub fn open(&self, key: &DataKey) -> Option<SignIn> {
        let sealed = Sealed::from_bytes(seal::unhex_all(&self.body)?);
        let plain = key.open_record(KIND, &self.user, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}
