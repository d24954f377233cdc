use std::time::Duration;

use super::Quota;
use crate::clock::Timestamp;

/// Maximum number of points in time. Beyond that, neighbouring points are merged.
const POINTS: usize = 64;
/// Size of a stored point: 8 bytes of time, 4 of count.
const POINT_BYTES: usize = 12;

/// Usage of a quota over time: no window of the quota's length contains more uses than allowed.
///
/// If there are more than 64 points in time, the two closest are merged into the later one. A use may therefore be
/// counted longer than necessary, but never for less time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlidingWindow(Vec<(Timestamp, u32)>);

impl SlidingWindow {
    /// Counts one use.
    ///
    /// # Errors
    /// Returns the time to wait if the quota is exhausted. In that case, the use is not counted.
    pub fn take(&mut self, quota: Quota, now: Timestamp) -> Result<(), Duration> {
        self.forget(quota, now);
        if self.count() >= quota.times {
            return Err(self.wait(quota, now));
        }
        match self.0.last_mut() {
            // Times never decrease, even if the clock was set back.
            Some((at, count)) if *at >= now => *count = count.saturating_add(1),
            _ => self.0.push((now, 1)),
        }
        self.shorten();
        Ok(())
    }

    /// Reverts a use that was counted at this time.
    pub fn refund(&mut self, at: Timestamp) {
        if let Some(found) = self.0.iter().position(|(time, _)| *time >= at)
            && let Some((_, count)) = self.0.get_mut(found)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(found);
            }
        }
    }

    /// Returns the number of uses within the window.
    #[must_use]
    pub fn within(&self, quota: Quota, now: Timestamp) -> u32 {
        sum(self.0.iter().filter(|(at, _)| counts(*at, quota, now)))
    }

    /// Returns the time until the oldest use leaves the window.
    #[must_use]
    pub fn reset(&self, quota: Quota, now: Timestamp) -> Duration {
        self.0.first().map_or(Duration::ZERO, |(at, _)| at.plus(quota.per).since(now))
    }

    /// Returns the time at which the last use leaves the window.
    #[must_use]
    pub fn expires_at(&self, quota: Quota) -> Timestamp {
        self.0.last().map_or_else(Timestamp::default, |(at, _)| at.plus(quota.per))
    }

    /// Returns the stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(at, count)| at.millis().to_be_bytes().into_iter().chain(count.to_be_bytes())).collect()
    }

    /// Parses the stored form. Unreadable points are dropped.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let point = |point: &[u8]| {
            let (at, count) = point.split_first_chunk::<8>()?;
            Some((Timestamp::from_millis(i64::from_be_bytes(*at)), u32::from_be_bytes(*count.first_chunk()?)))
        };
        Self(bytes.chunks(POINT_BYTES).filter_map(point).collect())
    }

    fn count(&self) -> u32 {
        sum(self.0.iter())
    }

    fn forget(&mut self, quota: Quota, now: Timestamp) {
        self.0.retain(|(at, _)| counts(*at, quota, now));
    }

    /// Returns the time until another use is allowed.
    #[must_use]
    pub fn wait(&self, quota: Quota, now: Timestamp) -> Duration {
        let mut count = self.count();
        for (at, of_then) in &self.0 {
            count = count.saturating_sub(*of_then);
            if count < quota.times {
                return at.plus(quota.per).since(now);
            }
        }
        // The quota allows no uses at all.
        quota.per
    }

    fn shorten(&mut self) {
        if self.0.len() <= POINTS {
            return;
        }
        let gaps = self.0.iter().zip(self.0.iter().skip(1)).map(|((before, _), (after, _))| after.since(*before));
        let Some((closest, _)) = gaps.enumerate().min_by_key(|(_, gap)| *gap) else { return };
        let (_, count) = self.0.remove(closest);
        if let Some((_, later)) = self.0.get_mut(closest) {
            *later = later.saturating_add(count);
        }
    }
}

/// Returns whether a use is within the window, even if the clock was set back in the meantime.
fn counts(at: Timestamp, quota: Quota, now: Timestamp) -> bool {
    now.since(at) < quota.per && at.since(now) < quota.per
}

fn sum<'a>(points: impl Iterator<Item = &'a (Timestamp, u32)>) -> u32 {
    points.fold(0, |sum, (_, count)| sum.saturating_add(*count))
}
