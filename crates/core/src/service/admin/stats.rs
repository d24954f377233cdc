//! `GET stats`: counters of each day and realm.

use super::Administered;
use crate::{
    admin::Look,
    clock::Timestamp,
    error::{Result, catalogue::TIME_INVALID},
    service::{FieldErrors, RawField},
    stats::DayStats,
};

const DAY: i64 = 24 * 3600 * 1000;
/// Days that are answered if none are named: today and those before.
const USUAL_DAYS: i64 = 30;
/// Maximum number of days of an answer.
const MAX_DAYS: i64 = 400;

/// Filters of the statistics as received.
#[derive(Debug, Default)]
pub struct StatsFilters {
    pub realm: RawField,
    /// First day, as a date or a time of that day.
    pub from: RawField,
    /// Last day of the statistics.
    pub to: RawField,
}

/// Statistics of some days.
#[derive(Debug)]
pub struct ListedStats {
    /// First day of the statistics.
    pub from: Timestamp,
    /// Last day of the statistics.
    pub to: Timestamp,
    pub days: Vec<DayStats>,
}

impl Administered<'_, Look> {
    /// Returns the statistics of the realms that the grants reach, in order of day and realm. Days without any counter
    /// are left out.
    ///
    /// # Errors
    /// Returns `Invalid` if a day is malformed or there are more than 400 days, `NotFound` for a realm that no grant
    /// reaches, and `Unavailable` if the store fails.
    pub async fn stats(&self, filters: &StatsFilters) -> Result<ListedStats> {
        let (from, to) = self.range(filters)?;
        let mut days = Vec::new();
        for realm in self.realms_named(&filters.realm, None)? {
            days.extend(DayStats::of(self.ports.store.stats(&realm, from, to).await?));
        }
        days.sort_by(|one, other| (one.day, &one.realm).cmp(&(other.day, &other.realm)));
        Ok(ListedStats { from, to, days })
    }

    fn range(&self, filters: &StatsFilters) -> Result<(Timestamp, Timestamp)> {
        let mut errors = FieldErrors::default();
        let days = errors.day("from", &filters.from).zip(errors.day("to", &filters.to));
        let range = days.map(|(from, to)| {
            let to = to.unwrap_or_else(|| self.ctx.now.day());
            (from.unwrap_or_else(|| Timestamp::from_millis(to.millis() - (USUAL_DAYS - 1) * DAY)), to)
        });
        let is_long = |(from, to): &(Timestamp, Timestamp)| to.millis().saturating_sub(from.millis()) >= MAX_DAYS * DAY;
        if range.as_ref().is_some_and(is_long) {
            errors.add(TIME_INVALID.of("from"));
        }
        errors.finish(range)
    }
}

impl FieldErrors {
    /// Reads an optional day: a date, or a time of that day. The outer `None` means that it is malformed.
    fn day(&mut self, field: &'static str, given: &RawField) -> Option<Option<Timestamp>> {
        let text = match given {
            RawField::Missing => return Some(None),
            given => given.text().unwrap_or_default(),
        };
        let day = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
        if day.is_none() {
            self.add(TIME_INVALID.of(field));
        }
        day.map(|day| Some(day.day()))
    }
}
