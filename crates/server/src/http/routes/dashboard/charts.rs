//! Figures and charts of the overview, from what `stats` answers. A chart is drawn in attributes, since the policy of
//! pages allows no other styles.

use std::collections::BTreeMap;

use portcullis_core::clock::Timestamp;
use serde_json::{Value, json};

const DAY: i64 = 24 * 3600 * 1000;
/// Height of a chart and width of a day in it, in the units of the drawing.
const HEIGHT: u64 = 1000;
const WIDTH: usize = 10;
/// Days that are named below a chart.
const TICKS: usize = 5;

/// What happened on a day, in all realms that are shown.
#[derive(Clone, Debug, Default)]
struct Day {
    date: String,
    /// Whether the server has counted anything.
    is_known: bool,
    is_today: bool,
    sign_ins: u64,
    refused: u64,
    registrations: u64,
    verified: u64,
}

/// Days of a period and of the previous period.
pub(super) struct Period {
    before: Vec<Day>,
    days: Vec<Day>,
    /// Number of users by day, of the realms that counted them.
    users: Vec<Option<u64>>,
    active: Option<u64>,
    methods: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn numbers<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, u64)> {
    let members = value.get(name).and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, number)| (name, number.as_u64().unwrap_or_default()))
}

/// Returns the first day of the calls for a period of this many days, which also needs the period before.
pub(super) fn first_day(now: Timestamp, days: i64) -> String {
    Timestamp::from_millis(now.day().millis() - (2 * days - 1) * DAY).date()
}

impl Period {
    /// Reads the response for a period that ends today, and for the previous period.
    pub(super) fn read(answer: &Value, now: Timestamp, days: i64) -> Self {
        let items: Vec<&Value> = answer.get("items").and_then(Value::as_array).into_iter().flatten().collect();
        let date = |ago: i64| Timestamp::from_millis(now.day().millis() - ago * DAY).date();
        let of = |ago: i64| Day { is_today: ago == 0, ..day(&items, date(ago)) };
        let (mut methods, mut reasons) = (BTreeMap::new(), BTreeMap::new());
        let first = date(days - 1);
        for item in items.iter().filter(|item| text(item, "day") >= first.as_str()) {
            numbers(item, "sign_ins").for_each(|(name, count)| *methods.entry(name.clone()).or_default() += count);
            numbers(item, "refusals").for_each(|(name, count)| *reasons.entry(name.clone()).or_default() += count);
        }
        Self {
            before: (days..2 * days).rev().map(of).collect(),
            days: (0..days).rev().map(of).collect(),
            users: (0..days).rev().map(|ago| sum(&items, &date(ago), "users")).collect(),
            active: sum(&items, &date(0), "active_30d"),
            methods,
            reasons,
        }
    }

    /// Returns the figures and charts of the page.
    pub(super) fn shown(&self) -> Value {
        let total = |days: &[Day], of: fn(&Day) -> u64| days.iter().map(of).sum::<u64>();
        let (sign_ins, refused) = (total(&self.days, |day| day.sign_ins), total(&self.days, |day| day.refused));
        let registrations = total(&self.days, |day| day.registrations);
        let known = |days: &[Day]| days.iter().any(|day| day.is_known);
        let before = known(&self.before).then(|| total(&self.before, |day| day.sign_ins));
        let failed = |sign_ins: u64, refused: u64| share(refused, sign_ins + refused);
        let failed_before = before.map(|sign_ins| failed(sign_ins, total(&self.before, |day| day.refused)));
        let users: Vec<u64> = self.users.iter().flatten().copied().collect();
        let grown = users.last().zip(users.first()).map(|(last, first)| signed(*last) - signed(*first));
        json!({
            "is_known": known(&self.days),
            "users": users.last(), "grown": grown,
            "active": self.active,
            "sign_ins": sign_ins, "sign_ins_change": before.and_then(|before| change(sign_ins, before)),
            "failed": tenths(failed(sign_ins, refused)),
            "failed_change": failed_before.map(|before| tenths(failed(sign_ins, refused) - before)),
            "signed_in": chart("Sign-ins", &self.days, |day| day.sign_ins),
            "refused": chart("Failed sign-ins", &self.days, |day| day.refused),
            "signed_up": chart("Sign-ups", &self.days, |day| day.registrations),
            "verified": (registrations > 0).then(|| tenths(share(total(&self.days, |day| day.verified), registrations).min(1000)).replace(".0", "")),
            "ticks": ticks(&self.days),
            "methods": parts(&self.methods), "reasons": parts(&self.reasons),
        })
    }
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Sums a number over the realms of a day; `None` if no realm has it.
fn sum(items: &[&Value], date: &str, name: &str) -> Option<u64> {
    let of_day = items.iter().filter(|item| text(item, "day") == date);
    of_day.filter_map(|item| item.get(name)?.as_u64()).reduce(|one, other| one + other)
}

fn day(items: &[&Value], date: String) -> Day {
    let mut day = Day::default();
    for item in items.iter().filter(|item| text(item, "day") == date) {
        day.is_known = true;
        day.sign_ins += number(item, "logins");
        day.refused += numbers(item, "refusals").map(|(_, count)| count).sum::<u64>();
        day.registrations += number(item, "registrations");
        day.verified += number(item, "verified");
    }
    Day { date, ..day }
}

/// Returns a part of a whole in tenths of a percent.
fn share(part: u64, whole: u64) -> i64 {
    (part * 1000 + whole / 2).checked_div(whole).map_or(0, signed)
}

/// Writes tenths of a percent with one decimal.
fn tenths(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}.{}", number.unsigned_abs() / 10, number.unsigned_abs() % 10)
}

/// Returns the change in percent; `None` if there was nothing before.
fn change(now: u64, before: u64) -> Option<String> {
    (before > 0).then(|| tenths(share(now, before) - 1000))
}

/// Returns a round number of at least this size, for the top of a scale.
fn round_up(most: u64) -> u64 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if step * factor >= most {
                return step * factor;
            }
        }
        step *= 10;
    }
}

/// Returns a chart with a bar a day. Days that were not counted have none.
fn chart(what: &str, days: &[Day], of: fn(&Day) -> u64) -> Value {
    let top = round_up(days.iter().map(of).max().unwrap_or_default().max(4));
    let bar = |(place, day): (usize, &Day)| {
        let value = of(day);
        let height = value * HEIGHT / top;
        // A day with a single event is still seen.
        let height = if value > 0 { height.max(HEIGHT / 50) } else { 0 };
        json!({
            "date": day.date, "value": value, "is_known": day.is_known, "is_today": day.is_today,
            "x": place * WIDTH + 1, "width": WIDTH - 2, "y": HEIGHT - height, "height": height,
        })
    };
    let known = || days.iter().filter(|day| day.is_known);
    let sentence = match (known().max_by_key(|day| of(day)), known().min_by_key(|day| of(day))) {
        (Some(most), Some(least)) => {
            format!("{what} per day: highest {} on {}, lowest {} on {}.", of(most), most.date, of(least), least.date)
        }
        _ => format!("{what} per day: none counted yet."),
    };
    json!({
        "top": top, "middle": top / 2, "total": days.iter().map(of).sum::<u64>(), "sentence": sentence,
        "bars": days.iter().enumerate().map(bar).collect::<Vec<_>>(), "width": days.len() * WIDTH, "height": HEIGHT,
    })
}

/// Returns the days that are named below a chart.
fn ticks(days: &[Day]) -> Vec<&str> {
    let last = days.len().saturating_sub(1);
    let count = TICKS.min(days.len()).max(2) - 1;
    (0..=count).filter_map(|tick| days.get(tick * last / count)).map(|day| day.date.as_str()).collect()
}

/// Returns the parts of a whole with their shares, the largest first.
fn parts(numbers: &BTreeMap<String, u64>) -> Vec<Value> {
    let whole = numbers.values().sum::<u64>();
    let most = numbers.values().max().copied().unwrap_or_default();
    let mut parts: Vec<(&String, u64)> = numbers.iter().map(|(name, count)| (name, *count)).collect();
    parts.retain(|(_, count)| *count > 0);
    parts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let part = |(name, count): (&String, u64)| {
        json!({
            "name": name, "count": count, "percent": (share(count, whole) + 5) / 10,
            "width": (count * HEIGHT).checked_div(most).unwrap_or_default(),
        })
    };
    parts.into_iter().map(part).collect()
}
