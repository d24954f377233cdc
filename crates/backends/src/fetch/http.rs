use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use portcullis_core::{
    ExposeSecret,
    port::{Authorization, Fetch, FetchError, FetchRequest, Fetched},
};
use reqwest::{Client, ClientBuilder, RequestBuilder, Url, header::ACCEPT, redirect};

use super::guard::{PublicResolver, Reach, reach};

/// Timeout of a request, from connecting to the end of the response.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept. Shorter than the timeout of common servers.
const SPARE: Duration = Duration::from_secs(30);
/// Maximum size of a response in bytes. The largest documents of providers have 20 KiB.
const MAX_BYTES: usize = 256 * 1024;

/// HTTP client for requests to providers. The underlying clients are created on first use, because most servers never
/// need one.
#[derive(Default)]
pub struct HttpFetch {
    named: OnceLock<Client>,
    public: OnceLock<Client>,
}

impl fmt::Debug for HttpFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpFetch")
    }
}

impl HttpFetch {
    fn client(&self, reach: Reach) -> Result<&Client, FetchError> {
        let (cell, builder) = match reach {
            Reach::Named => (&self.named, Client::builder()),
            Reach::Public => (&self.public, Client::builder().dns_resolver(Arc::new(PublicResolver))),
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let made = bounded(builder).build().map_err(no_answer)?;
        Ok(cell.get_or_init(|| made))
    }
}

/// Disables redirects and proxies from the environment, so that secrets are only sent to the given host.
fn bounded(builder: ClientBuilder) -> ClientBuilder {
    builder
        .user_agent("Portcullis")
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .pool_idle_timeout(SPARE)
        .pool_max_idle_per_host(4)
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, FetchError> {
        let url = Url::parse(&request.url).map_err(|_| FetchError::Forbidden)?;
        let trusted = request.trusted.as_deref().and_then(|trusted| Url::parse(trusted).ok());
        let reach = reach(&url, trusted.as_ref()).ok_or(FetchError::Forbidden)?;
        let client = self.client(reach)?;
        let built = match &request.form {
            None => client.get(url),
            Some(form) => {
                let pairs: Vec<(&str, &str)> =
                    form.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
                client.post(url).form(&pairs)
            }
        };
        let built = authorized(built.header(ACCEPT, "application/json"), &request.authorization);
        let mut response = built.send().await.map_err(no_answer)?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { status, body })
    }
}

fn authorized(request: RequestBuilder, authorization: &Authorization) -> RequestBuilder {
    match authorization {
        Authorization::None => request,
        // Both are encoded before they are joined (RFC 6749 §2.3.1).
        Authorization::Basic { user, password } => {
            request.basic_auth(encoded(user), Some(encoded(password.expose_secret())))
        }
        Authorization::Bearer(token) => request.bearer_auth(token.expose_secret()),
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Returns the error without the URL, which may contain secrets.
fn no_answer(error: reqwest::Error) -> FetchError {
    FetchError::NoAnswer(error.without_url().into())
}
