//! The table of settings: the one place that says what there is. Unknown names, flags, help, `config show` and the
//! documentation follow from it.

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;
use portcullis_core::{SecretString, id::RealmName, limit::Quota, seal::EncryptionKey};
use tracing::level_filters::LevelFilter;

use super::{
    choices::{Enumeration, Environment, JwtAlgorithm, LogFormat, RateLimitMode},
    setting::{
        Entry,
        Fallback::{Derived, Fixed, Nothing},
        Group, Setting,
    },
    value::{
        ADDRESS, API_URL, CLIENTS, COUNTRIES, DATABASE, DOMAIN, DURATION, Database, HOST_NAME, KEYS, LISTEN, MAILBOX,
        MONGODB, NETWORKS, ORIGINS, PATH, PORT_NUMBER, PUBLIC, PublicUrl, QUOTA, QUOTAS, REALM_NAMES, REDIS, SECRET,
        SWITCH, TEXT, choice, number,
    },
};

/// Makes a constant of each setting and the list of all. A row is
/// `NAME: type = form, default, "one sentence", flags…;` under the name of its [`Group`]; flags are `secret` (its
/// value is never shown) and `reserved` (accepted and checked, without effect in this version).
macro_rules! settings {
    ($($group:ident { $($name:ident: $type:ty = $form:expr, $default:expr, $doc:literal $(, $flag:ident)*;)* })*) => {
        $($(
            #[doc = $doc]
            pub(crate) static $name: Setting<$type> =
                Setting::new(Group::$group, stringify!($name), $form, $default, $doc)$(.$flag())*;
        )*)*

        /// All settings, in the order in which they are listed.
        pub(crate) static SETTINGS: &[&dyn Entry] = &[$($(&$name),*),*];
    };
}

settings! {
    General {
        ENVIRONMENT: Environment = choice(),
            Derived("`development` when `HOST` and `PUBLIC_URL` are loopback, else `production`"),
            "Where the server runs: `production` refuses every insecure setting, with one list of all that is wrong.";
        APP_NAME: String = TEXT, Fixed("Portcullis"),
            "The name that pages and mails show.";
        PUBLIC_URL: PublicUrl = PUBLIC, Derived("from `APP_DOMAIN`, else `http://127.0.0.1:PORT`"),
            "What links in mails start with; the `Host` header is never asked.";
        APP_DOMAIN: PublicUrl = DOMAIN, Nothing,
            "The host, perhaps with a port, from which `PUBLIC_URL` is made: `http` for loopback, `https` otherwise.";
        REALMS: Vec<RealmName> = REALM_NAMES, Fixed("User1,User2"),
            "The realms by commas, each a separate population of users and the first part of its paths.";
        TEMPLATES_DIR: PathBuf = PATH, Nothing,
            "A folder whose files replace the built-in templates of the same name.";
    }
    Http {
        HOST: std::net::IpAddr = ADDRESS, Fixed("127.0.0.1"),
            "The address to listen on.";
        PORT: u16 = PORT_NUMBER, Fixed("8000"),
            "The port to listen on; with 0 the system chooses.";
        DOCS: bool = SWITCH, Derived("`on`; `off` in production"),
            "Whether the documentation pages and `openapi.json` are served.";
        REQUEST_TIMEOUT: Duration = DURATION, Fixed("30s"),
            "The longest time that a request may take.";
        HEADER_TIMEOUT: Duration = DURATION, Fixed("10s"),
            "The longest time that a client may take to send the head of a request.";
        BODY_TIMEOUT: Duration = DURATION, Fixed("10s"),
            "The longest time that a client may take to send the body of a request; a minute at most.";
        WRITE_TIMEOUT: Duration = DURATION, Fixed("30s"),
            "The longest time that a client may take to read a part of an answer.";
        MAX_CONNECTIONS: usize = number::<_, 16, 1_000_000>(), Fixed("10000"),
            "How many connections may be open at a time; more are closed at once. Fewer, where the system allows too few open files.";
        MAX_CONNECTIONS_CLIENT: usize = number::<_, 1, 1_000_000>(), Fixed("1000"),
            "How many of them from one address; of IPv6, from one network of 64 bits, and four times as many from one of 48. Trusted proxies may have all.";
        BODY_LIMIT_BYTES: usize = number::<_, 1024, 16_777_216>(), Fixed("65536"),
            "The largest body of a request.";
        SHUTDOWN_GRACE: Duration = DURATION, Fixed("10s"),
            "How long requests under way may go on after the signal to stop.";
        TRUSTED_PROXIES: Vec<IpNet> = NETWORKS, Nothing,
            "Networks by commas whose `X-Forwarded-For` is believed; the right-most address that is none of theirs is the client.";
        CORS_ALLOWED_ORIGINS: Vec<String> = ORIGINS, Nothing,
            "Origins of web pages, by commas, that may call the server from the browser (CORS).";
        METRICS_LISTEN: std::net::SocketAddr = LISTEN, Nothing,
            "The address and port of a listener for metrics (Prometheus), at `/metrics`; without it nothing is measured.";
    }
    Storage {
        DATA_DIR: PathBuf = PATH, Fixed("./data"),
            "The folder of the embedded database and of generated secrets.";
        DATABASE_URL: Database = DATABASE, Derived("`MONGO_URL`, or else `sqlite://DATA_DIR/portcullis.db`"),
            "Where to store: a file of SQLite's, as `sqlite://PATH`, or a MongoDB replica set, as `mongodb://HOST/DATABASE`.";
        DATABASE_TIMEOUT: Duration = DURATION, Fixed("1500ms"),
            "The longest time that one piece of work in MongoDB may take; after it the answer is 503.";
        DATABASE_WAIT_TIMEOUT: Duration = DURATION, Fixed("30s"),
            "How long the start waits for a MongoDB that does not answer yet.";
        ENCRYPTION_KEY: Vec<EncryptionKey> = KEYS, Derived("generated in development"),
            "32 random bytes in base64 that wrap the realms' keys; of several the first wraps, all unwrap.", secret;
        MONGO_URL: Database = MONGODB, Nothing,
            "The origin's name for a `DATABASE_URL` of MongoDB.", secret;
        REDIS_HOST: String = HOST_NAME, Nothing,
            "The host of a Redis server for a shared cache.", reserved;
        REDIS_PORT: u16 = PORT_NUMBER, Nothing,
            "The port of the Redis server.", reserved;
        REDIS_URL: () = REDIS, Nothing,
            "The Redis server as a URL.", secret, reserved;
    }
    Tokens {
        JWT_ALGORITHM: JwtAlgorithm = choice(), Fixed("HS256"),
            "The algorithm that signs access tokens: by `JWT_SECRET`, or by key pairs of the server's own making.";
        JWT_SECRET: SecretString = SECRET, Derived("generated in development"),
            "The secret that signs access tokens with HS256, 32 bytes or more.", secret;
        JWT_SECRET_PREVIOUS: SecretString = SECRET, Nothing,
            "The secret before, which still verifies and no longer signs.", secret;
        JWT_KEY_ROTATION: Duration = DURATION, Fixed("90d"),
            "How long a key pair of the server's own signs; the next is published an hour before it begins.";
        JWT_ISSUER: String = TEXT, Derived("`PUBLIC_URL/{realm}`"),
            "The `iss` of access tokens; `{realm}` stands for the realm's name.";
        JWT_AUDIENCE: String = TEXT, Nothing,
            "The `aud` of access tokens, which have none without it.";
        ACCESS_TOKEN_TTL: Duration = DURATION, Fixed("30m"),
            "How long an access token lives.";
        REFRESH_TOKEN_TTL: Duration = DURATION, Fixed("30d"),
            "How long a refresh token may lie unused.";
        SESSION_MAX_AGE: Duration = DURATION, Fixed("90d"),
            "How long a session lives at most, however much it is used.";
        API_CLIENTS: () = CLIENTS, Nothing,
            "Services that may ask about tokens, as `id:secret` by commas.", secret, reserved;
    }
    Accounts {
        ACCOUNT_ENUMERATION: Enumeration = choice(), Fixed("conceal"),
            "Whether every answer conceals that an address has an account, or `create` reveals it.";
        REGISTRATION_TTL: Duration = DURATION, Fixed("7d"),
            "How long a registration waits for its address to be verified.";
        VERIFICATION_TTL: Duration = DURATION, Fixed("24h"),
            "How long the link of a verification mail is good.";
        RESET_TTL: Duration = DURATION, Fixed("30m"),
            "How long the link of a reset mail is good.";
        OTP_TTL: Duration = DURATION, Fixed("5m"),
            "How long a code by SMS is good; at most 10m.";
        DELETE_MAX_AUTH_AGE: Duration = DURATION, Fixed("30m"),
            "How long after the login an account may still be deleted without a new one.";
        PASSWORD_MIN_LENGTH: usize = number::<_, 1, 128>(), Fixed("8"),
            "The least number of characters of a new password; 15 is advised.";
        ARGON2_MEMORY_KIB: u32 = number::<_, 8, 4_194_304>(), Fixed("19456"),
            "The memory that one password hash takes (Argon2id), in KiB.";
        ARGON2_ITERATIONS: u32 = number::<_, 1, 100>(), Fixed("2"),
            "How often a password hash goes over its memory.";
        ARGON2_PARALLELISM: u32 = number::<_, 1, 64>(), Fixed("1"),
            "The lanes of a password hash.";
        HASH_THREADS: usize = number::<_, 1, 1024>(), Derived("one a processor"),
            "The threads that hash passwords.";
        HASH_QUEUE: usize = number::<_, 1, 65_536>(), Fixed("256"),
            "How many passwords may wait for a thread; more are answered with 503.";
        HASH_QUEUE_CLIENT: u32 = number::<_, 1, 65_536>(), Fixed("16"),
            "How many passwords from one address may be hashed or wait at a time; more are answered with 503.";
        HASH_DEADLINE: Duration = DURATION, Fixed("5s"),
            "How long a password may wait for a thread before the answer is 503.";
    }
    Limits {
        RATE_LIMIT_MODE: RateLimitMode = choice(), Fixed("enforce"),
            "Whether limits are enforced, only counted and logged (`observe`), or `off`; the tries of a code are always counted.";
        LIMIT_PASSWORDS_ACCOUNT: Quota = QUOTA, Fixed("5/24h"),
            "Wrong passwords of an account, or of a device it is known from, that cost no wait; after them each costs one of 1, 2, 4 … 60 s, until there was none for the duration, which is a minute or more.";
        LIMIT_PASSWORDS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
            "Wrong passwords from one address; of IPv6, from one network of 64 bits.";
        LIMIT_PASSWORDS_KEPT: u64 = number::<_, 1_000, 1_000_000_000>(), Fixed("1000000"),
            "Of how many accounts and devices wrong passwords are remembered; beyond it those are forgotten whose last one is the longest ago.";
        LIMIT_MAILS_ACCOUNT: Quota = QUOTA, Fixed("5/1h"),
            "Mails to an address by `create`, `forget_password` and `verify/resend` together; past it the answer is the usual one and nothing is sent.";
        LIMIT_MAILS_CLIENT: Quota = QUOTA, Fixed("20/1h"),
            "Requests from one address to each of `create`, `forget_password` and `verify/resend`.";
        LIMIT_OTP_ACCOUNT: Vec<Quota> = QUOTAS, Fixed("1/1m,5/24h"),
            "Codes for an account, and to a number; all of the quotas must hold. Past them the answer is the usual one and nothing is sent.";
        LIMIT_OTP_CLIENT: Quota = QUOTA, Fixed("10/1h"),
            "Requests from one address to `otp_phone`.";
        LIMIT_LINKS_CLIENT: Quota = QUOTA, Fixed("30/1m"),
            "Links and codes from one address that lead nowhere.";
        LIMIT_REFRESHES_ACCOUNT: Quota = QUOTA, Fixed("60/1m"),
            "Refreshes of one session.";
        LIMIT_SMS_TOTAL: Quota = QUOTA, Fixed("1000/24h"),
            "All SMS together: the budget.";
        LIMIT_SMS_COUNTRY: Quota = QUOTA, Fixed("200/24h"),
            "SMS to one country.";
        SMS_STOP_AFTER: u32 = number::<_, 1, 1_000_000>(), Fixed("20"),
            "After so many codes to a country within a day it is judged by how many of them come back.";
        SMS_STOP_PERCENT: u32 = number::<_, 0, 100>(), Fixed("10"),
            "If fewer of a hundred codes to a country come back, no more are sent there that day.";
    }
    Mail {
        MAIL_SERVER: String = HOST_NAME, Nothing,
            "The SMTP server that takes the mails.";
        MAIL_PORT: u16 = PORT_NUMBER, Derived("587, or 465 with `MAIL_SSL_TLS`"),
            "The port of the SMTP server.";
        MAIL_STARTTLS: bool = SWITCH, Derived("`on`, or `off` with `MAIL_SSL_TLS`"),
            "Whether the connection becomes TLS by STARTTLS, without which nothing is sent.";
        MAIL_SSL_TLS: bool = SWITCH, Fixed("off"),
            "Whether the connection is TLS from its first byte.";
        USE_CREDENTIALS: bool = SWITCH, Derived("`on` when `MAIL_USERNAME` is set"),
            "Whether to log in to the SMTP server.";
        MAIL_USERNAME: String = TEXT, Nothing,
            "The name to log in with.";
        MAIL_PASSWORD: SecretString = SECRET, Nothing,
            "The password to log in with.", secret;
        VALIDATE_CERTS: bool = SWITCH, Fixed("on"),
            "Whether the certificate of the SMTP server must be valid.";
        MAIL_CA_FILE: PathBuf = PATH, Nothing,
            "A PEM file with the root for the SMTP server's certificate; no other is trusted then.";
        MAIL_FROM: String = MAILBOX, Derived("`no-reply@` and the host of `PUBLIC_URL`"),
            "The address that mails come from.";
        MAIL_FROM_NAME: String = TEXT, Derived("`APP_NAME`"),
            "The name that mails come from.";
        MAIL_WORKERS: usize = number::<_, 1, 64>(), Fixed("4"),
            "How many mails are handed over at a time, and as many SMS.";
        MAIL_TIMEOUT: Duration = DURATION, Fixed("30s"),
            "The longest time that handing over a mail may take.";
        DEV_MAILBOX: bool = SWITCH,
            Derived("`on` when `MAIL_SERVER` is not set and `HOST` is loopback; never in production"),
            "Whether mails are kept and shown at `/dev/mailbox` instead of being sent.";
        DEV_MAILBOX_SIZE: usize = number::<_, 1, 10_000>(), Fixed("200"),
            "How many mails the development mailbox keeps.";
    }
    Sms {
        TWILIO_SID: String = TEXT, Nothing,
            "The account at Twilio, which sends the SMS.";
        TWILIO_AUTH_TOKEN: SecretString = SECRET, Nothing,
            "The token of the account at Twilio.", secret;
        TWILIO_NUMBER: String = TEXT, Nothing,
            "The number that SMS come from.";
        TWILIO_API_URL: String = API_URL, Fixed("https://api.twilio.com"),
            "Where Twilio's API is; plain `http` only to loopback.";
        SMS_COUNTRIES: Vec<String> = COUNTRIES, Nothing,
            "The countries, by their ISO codes, to which an SMS may go; in development all without it.";
    }
    Log {
        LOG_FORMAT: LogFormat = choice(), Fixed("text"),
            "`text` for people, `json` for collectors.";
        LOG_LEVEL: LevelFilter = choice(), Fixed("info"),
            "The least level that is logged.";
    }
}
