//! Quotas: a count and a period.

use portcullis_core::limit::Quota;

use super::{
    duration::read_duration,
    format::{ValueFormat, items},
};

pub(crate) const QUOTA: ValueFormat<Quota> = ValueFormat::new("COUNT/PERIOD", read);

/// Several quotas, all of which apply.
pub(crate) const QUOTAS: ValueFormat<Vec<Quota>> = ValueFormat::new("COUNT/PERIOD,…", |text| {
    let quotas: Vec<Quota> = items(text).map(read).collect::<Result<_, _>>()?;
    if quotas.is_empty() { Err(malformed()) } else { Ok(quotas) }
});

fn read(text: &str) -> Result<Quota, String> {
    let (times, per) = text.split_once('/').ok_or_else(malformed)?;
    let times = times.trim().parse().ok().filter(|times| *times > 0).ok_or_else(malformed)?;
    Ok(Quota { times, per: read_duration(per.trim()).map_err(|_| malformed())? })
}

fn malformed() -> String {
    "must be a count and a period, such as `20/1h`, `5/24h` or `30/60s`".to_owned()
}
