//! State shared by several servers if Redis is configured: client limits, cached accounts, change notifications.

use std::{io, path::PathBuf, sync::Arc};

use portcullis_core::{
    clock::Clock,
    port::{Counters, SharedCache},
    service::Realms,
};
#[cfg(feature = "redis")]
use {
    portcullis_backends::redis::{self, RedisCounters},
    std::fs,
};

use super::backends;
use crate::config::Config;

/// Reason why Redis cannot be used with these settings.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The file with the root certificates cannot be read.
    #[error("REDIS_CA_FILE {0} cannot be read")]
    CaFile(PathBuf, #[source] io::Error),
    /// The settings are invalid.
    #[cfg(feature = "redis")]
    #[error(transparent)]
    Settings(#[from] redis::SettingsError),
}

/// Counters and other shared state.
pub(super) struct Parts {
    pub(super) counters: Arc<dyn Counters>,
    pub(super) shared: Option<Arc<dyn SharedCache>>,
}

/// Connects to Redis if it is configured. Without it, and while it is unavailable, the process counts and caches
/// separately.
pub(super) async fn parts(config: &Config, clock: &dyn Clock, realms: &Realms) -> Result<Parts, RedisError> {
    let local = backends::counters();
    #[cfg(feature = "redis")]
    if let (Some(settings), Some(veil)) = (settings(config)?, realms.veil()) {
        let redis = Arc::new(redis::Redis::start(&settings).await?);
        let counters = RedisCounters::new(Arc::clone(&redis), local, veil);
        // A manual clock also applies to the limits.
        let counters = if clock.is_of_machine() { counters } else { counters.by_given_time() };
        return Ok(Parts { counters: Arc::new(counters), shared: Some(redis) });
    }
    let _ = (config, clock, realms);
    Ok(Parts { counters: local, shared: None })
}

/// Checks whether startup would reject the settings, as far as possible without connecting to Redis.
pub(super) fn check(config: &Config) -> Result<(), RedisError> {
    #[cfg(feature = "redis")]
    if let Some(settings) = settings(config)? {
        redis::check(&settings)?;
    }
    let _ = config;
    Ok(())
}

#[cfg(feature = "redis")]
fn settings(config: &Config) -> Result<Option<redis::Settings>, RedisError> {
    let redis = &config.redis;
    let Some(url) = redis.url.clone() else { return Ok(None) };
    let read = |file: &PathBuf| fs::read(file).map_err(|error| RedisError::CaFile(file.clone(), error));
    let ca_pem = redis.ca_file.as_ref().map(read).transpose()?;
    Ok(Some(redis::Settings { url, ca_pem, prefix: redis.prefix.clone(), timeout: redis.timeout }))
}
