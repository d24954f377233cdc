use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;

use crate::config::{
    table::{
        BODY_LIMIT_BYTES, BODY_TIMEOUT, CORS_ALLOWED_ORIGINS, DOCS, HEADER_TIMEOUT, HOST, MAX_CONNECTIONS,
        MAX_CONNECTIONS_CLIENT, METRICS_LISTEN, PORT, REQUEST_TIMEOUT, SHUTDOWN_GRACE, TRUSTED_PROXIES, WRITE_TIMEOUT,
    },
    values::Values,
};

/// How the server listens.
#[derive(Debug)]
pub struct Http {
    /// `HOST` and `PORT`.
    pub listen: SocketAddr,
    /// `REQUEST_TIMEOUT`
    pub request_timeout: Duration,
    /// `HEADER_TIMEOUT`
    pub header_timeout: Duration,
    /// `BODY_TIMEOUT`.
    pub body_timeout: Duration,
    /// `WRITE_TIMEOUT`
    pub write_timeout: Duration,
    /// `MAX_CONNECTIONS`
    pub max_connections: usize,
    /// `MAX_CONNECTIONS_CLIENT`
    pub max_connections_client: usize,
    /// `BODY_LIMIT_BYTES`
    pub body_limit: usize,
    /// `SHUTDOWN_GRACE`
    pub shutdown_grace: Duration,
    /// `METRICS_LISTEN`
    pub metrics_listen: Option<SocketAddr>,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: Vec<IpNet>,
    /// `CORS_ALLOWED_ORIGINS`
    pub cors_origins: Vec<String>,
    /// `DOCS`
    pub docs: bool,
}

impl Http {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            listen: SocketAddr::new(values.get(&HOST)?, values.get(&PORT)?),
            request_timeout: values.get(&REQUEST_TIMEOUT)?,
            header_timeout: values.get(&HEADER_TIMEOUT)?,
            body_timeout: values.get(&BODY_TIMEOUT)?,
            write_timeout: values.get(&WRITE_TIMEOUT)?,
            max_connections: values.get(&MAX_CONNECTIONS)?,
            max_connections_client: values.get(&MAX_CONNECTIONS_CLIENT)?,
            body_limit: values.get(&BODY_LIMIT_BYTES)?,
            shutdown_grace: values.get(&SHUTDOWN_GRACE)?,
            metrics_listen: values.get(&METRICS_LISTEN),
            trusted_proxies: values.get(&TRUSTED_PROXIES).unwrap_or_default(),
            cors_origins: values.get(&CORS_ALLOWED_ORIGINS).unwrap_or_default(),
            docs: values.get(&DOCS)?,
        })
    }
}
