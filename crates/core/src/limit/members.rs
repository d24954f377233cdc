use std::time::Duration;

use crate::clock::Timestamp;

/// Maximum number of members. Beyond that, the least recently seen member is removed.
const KEPT: usize = 16;
/// Size of a stored member: 8 bytes of time, 8 of its identifier.
const MEMBER_BYTES: usize = 16;

/// Distinct members seen within a period, such as client networks. At most 16 are counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members(Vec<(Timestamp, [u8; 8])>);

impl Members {
    /// Adds a member, or updates when it was last seen.
    pub fn add(&mut self, member: [u8; 8], per: Duration, now: Timestamp) {
        self.0.retain(|(at, known)| *known != member && is_within(*at, per, now));
        self.0.push((now, member));
        if self.0.len() > KEPT {
            self.0.remove(0);
        }
    }

    /// Returns the number of members seen within the period.
    #[must_use]
    pub fn count(&self, per: Duration, now: Timestamp) -> usize {
        self.0.iter().filter(|(at, _)| is_within(*at, per, now)).count()
    }

    /// Returns the time when the last member leaves the period.
    #[must_use]
    pub fn expires_at(&self, per: Duration) -> Timestamp {
        self.0.iter().map(|(at, _)| *at).max().unwrap_or_default().plus(per)
    }

    /// Returns the stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(at, member)| at.millis().to_be_bytes().into_iter().chain(*member)).collect()
    }

    /// Parses the stored form. Unreadable members are dropped.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let member = |bytes: &[u8]| {
            let (at, member) = bytes.split_first_chunk::<8>()?;
            Some((Timestamp::from_millis(i64::from_be_bytes(*at)), *member.first_chunk()?))
        };
        Self(bytes.chunks(MEMBER_BYTES).filter_map(member).collect())
    }
}

/// Returns whether a time is within the period, even if the clock was set back in the meantime.
fn is_within(at: Timestamp, per: Duration, now: Timestamp) -> bool {
    now.since(at) < per && at.since(now) < per
}
