use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
};

/// Record of a sign-up that was repeated with the same password. Links of the earlier registration apply to the later
/// one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// Replaced registration, which its links refer to.
    pub earlier: UserId,
    /// Registration that replaced it, or the resulting user.
    pub later: UserId,
    /// Time after which all links of the earlier registration are invalid.
    pub expires_at: Timestamp,
}

impl Record for Succession {
    const KIND: RecordKind = RecordKind::Succession;

    fn key(&self) -> String {
        self.earlier.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let expires_at = self.expires_at.millis().to_be_bytes();
        [expires_at.as_slice(), self.later.as_str().as_bytes()].concat()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let (expires_at, later) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            earlier: UserId::parse(key)?,
            later: UserId::parse(std::str::from_utf8(later).ok()?)?,
            expires_at: Timestamp::from_millis(i64::from_be_bytes(*expires_at)),
        })
    }
}
