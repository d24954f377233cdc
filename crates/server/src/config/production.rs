//! What production refuses. In development the same is warned about, where it is worth a word.

use std::path::Path;

use super::{
    choices::RateLimitMode,
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    secrets,
    table::{
        APP_DOMAIN, ARGON2_ITERATIONS, ARGON2_MEMORY_KIB, CORS_ALLOWED_ORIGINS, DATABASE_URL, DEV_MAILBOX,
        ENCRYPTION_KEY, JWT_SECRET, JWT_SECRET_PREVIOUS, LIMIT_PASSWORDS_ACCOUNT, MAIL_SERVER, MAIL_SSL_TLS,
        MAIL_STARTTLS, MONGO_URL, PASSWORD_MIN_LENGTH, PUBLIC_URL, RATE_LIMIT_MODE, SMS_COUNTRIES, TRUSTED_PROXIES,
        TWILIO_SID, VALIDATE_CERTS,
    },
    value::{authority, decode_key, is_loopback_host, items},
    values::Values,
};

/// Reports everything that is insecure, in the order of the table.
pub(super) fn check(values: &Values, secrets_file: Option<&Path>, report: &mut Report) {
    public_url(values, report);
    proxies(values, report);
    cors(values, report);
    database(values, report);
    encryption_key(values, secrets_file, report);
    jwt_secrets(values, secrets_file, report);
    passwords(values, report);
    limits(values, report);
    mail(values, report);
    sms(values, report);
}

/// Secrets that stand in a README, ours or the origin's: everybody has them.
const PUBLISHED: &[&str] = &["your-super-secret-jwt-key"];

const SHORTEST_SECRET: usize = 32;

fn jwt_secrets(values: &Values, secrets_file: Option<&Path>, report: &mut Report) {
    if !secrets::needs_jwt_secret(values) {
        return;
    }
    if !values.has(JWT_SECRET.name()) {
        absent(JWT_SECRET.name(), secrets_file, report);
    }
    for name in [JWT_SECRET.name(), JWT_SECRET_PREVIOUS.name()] {
        let Some(secret) = values.text(name) else { continue };
        let why = if PUBLISHED.contains(&secret.trim()) {
            "is an example that everybody knows".to_owned()
        } else if secret.len() < SHORTEST_SECRET {
            format!("is shorter than {SHORTEST_SECRET} bytes and can be guessed")
        } else if is_monotonous(secret.as_bytes()) {
            "is one character over and over".to_owned()
        } else {
            continue;
        };
        let fix = if name == JWT_SECRET.name() { Fix::NewSecret(name) } else { Fix::Unset(name) };
        report.insecure(RefusedElseWarned, name, why, fix);
    }
}

fn encryption_key(values: &Values, secrets_file: Option<&Path>, report: &mut Report) {
    let name = ENCRYPTION_KEY.name();
    if !values.has(name) {
        absent(name, secrets_file, report);
    }
    let text = values.text(name).unwrap_or_default();
    if items(text).any(|key| PUBLISHED.contains(&key)) {
        let text = "is an example that everybody knows";
        report.insecure(RefusedElseWarned, name, text, Fix::NewSecret(name));
    } else if items(text).filter_map(decode_key).any(|key| is_monotonous(&key)) {
        report.insecure(RefusedElseWarned, name, "is one byte over and over", Fix::NewSecret(name));
    }
}

fn absent(name: &'static str, secrets_file: Option<&Path>, report: &mut Report) {
    let kept = secrets_file.map(|file| format!("; the one of development is in {}", file.display()));
    report.insecure(Refused, name, format!("is not set{}", kept.unwrap_or_default()), Fix::NewSecret(name));
}

fn is_monotonous(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| bytes.iter().all(|byte| byte == first))
}

/// Neither TLS, which a network of one's own may go without, nor how strong the password is, which only the database knows.
fn database(values: &Values, report: &mut Report) {
    let name = DATABASE_URL.name();
    let Some(url) = values.text(name).filter(|text| text.trim().starts_with("mongodb")) else { return };
    let Some((user, hosts)) = authority(url.trim()) else { return };
    let is_elsewhere =
        hosts.split(',').any(|host| !is_loopback_host(host.rsplit_once(':').map_or(host, |(host, _)| host)));
    if user.is_none() && is_elsewhere && !url.contains("authMechanism=") {
        let text = "has no user, so that anybody on its network can write to the database: give it `USER:PASSWORD@`";
        // What stands behind the `?` may be a password, too.
        let (address, options) = url.trim().split_once('?').map_or((url.trim(), ""), |(address, _)| (address, "?…"));
        let fix = Fix::set(name, format!("{}{options}", address.replacen("://", "://USER:PASSWORD@", 1)));
        let diagnostic = report.insecure(RefusedElseWarned, name, text, fix);
        if values.is_derived(name) {
            diagnostic.beside(MONGO_URL.name());
        }
    }
}

fn mail(values: &Values, report: &mut Report) {
    if values.get(&DEV_MAILBOX) == Some(true) {
        let text = "is on: mails would be shown to whoever sits at the machine, and never sent";
        report.insecure(Refused, DEV_MAILBOX.name(), text, Fix::set(DEV_MAILBOX.name(), "off"));
    }
    if !values.has(MAIL_SERVER.name()) {
        let fix = Fix::set(MAIL_SERVER.name(), "smtp.example.com");
        report.insecure(Refused, MAIL_SERVER.name(), "is not set: accounts cannot be verified without mail", fix);
        return;
    }
    if values.get(&MAIL_SERVER).is_some_and(|server| is_loopback_host(&server)) {
        return;
    }
    if values.get(&MAIL_STARTTLS) == Some(false) && values.get(&MAIL_SSL_TLS) == Some(false) {
        let text =
            "and MAIL_SSL_TLS are both off, so that mails and the password cross the network in the clear: set one";
        let fix = Fix::set(MAIL_STARTTLS.name(), "on");
        report.insecure(RefusedElseWarned, MAIL_STARTTLS.name(), text, fix).beside(MAIL_SSL_TLS.name());
    }
    if values.get(&VALIDATE_CERTS) == Some(false) {
        let text = "is off, so that anybody can pose as MAIL_SERVER: for a root of your own there is MAIL_CA_FILE";
        let fix = Fix::set(VALIDATE_CERTS.name(), "on");
        report.insecure(RefusedElseWarned, VALIDATE_CERTS.name(), text, fix);
    }
}

/// Argon2id's floor (OWASP Password Storage): so much memory in KiB with so many iterations, or more of both.
const ARGON2_FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// So many wrong passwords may cost nothing (NIST SP 800-63B-4 §3.2.2).
const MOST_WRONG: u32 = 100;

fn passwords(values: &Values, report: &mut Report) {
    let cost = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_ITERATIONS));
    if let (Some(memory), Some(iterations)) = cost
        && !ARGON2_FLOOR.iter().any(|(floor, least)| memory >= *floor && iterations >= *least)
    {
        let text = format!(
            "of {memory} with {iterations} ARGON2_ITERATIONS is below OWASP's floor: take 47104 with 1, 19456 with 2, \
             12288 with 3, 9216 with 4 or 7168 with 5, or more"
        );
        let reached = ARGON2_FLOOR.iter().filter(|(_, least)| iterations >= *least);
        let enough = reached.map(|(floor, _)| *floor).min().unwrap_or(19_456);
        let fix = Fix::set(ARGON2_MEMORY_KIB.name(), enough.to_string());
        let diagnostic = report.insecure(RefusedElseWarned, ARGON2_MEMORY_KIB.name(), text, fix);
        diagnostic.beside(ARGON2_ITERATIONS.name());
    }
    if values.get(&PASSWORD_MIN_LENGTH).is_some_and(|least| least < 8) {
        let fix = Fix::set(PASSWORD_MIN_LENGTH.name(), "8");
        report.insecure(RefusedElseWarned, PASSWORD_MIN_LENGTH.name(), "is under 8: set 8 or more, better 15", fix);
    }
}

fn limits(values: &Values, report: &mut Report) {
    if values.get(&RATE_LIMIT_MODE) == Some(RateLimitMode::Off) {
        let fix = Fix::set(RATE_LIMIT_MODE.name(), "enforce");
        report.insecure(Refused, RATE_LIMIT_MODE.name(), "is off: set `enforce`, or `observe`", fix);
    }
    if values.get(&LIMIT_PASSWORDS_ACCOUNT).is_some_and(|quota| quota.times > MOST_WRONG) {
        let (name, text) = (LIMIT_PASSWORDS_ACCOUNT.name(), "lets more than 100 passwords be guessed without a wait");
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, "5/24h"));
    }
}

/// Whoever trusts everybody lets each client choose its own address, and so be a new one for every limit.
fn proxies(values: &Values, report: &mut Report) {
    let trusted = values.get(&TRUSTED_PROXIES).unwrap_or_default();
    let named: Vec<String> = trusted.iter().filter(|net| net.prefix_len() > 0).map(ToString::to_string).collect();
    if named.len() < trusted.len() {
        let name = TRUSTED_PROXIES.name();
        let text = "trusts every address, so that clients could name themselves as they like and no limit would hold";
        let named = if named.is_empty() { "127.0.0.1".to_owned() } else { named.join(",") };
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, named));
    }
}

fn public_url(values: &Values, report: &mut Report) {
    if let Some(url) = values.get(&PUBLIC_URL)
        && !url.is_https()
    {
        let text = format!("is {url}, not https: links would carry their tokens in the clear");
        let severity = if url.is_loopback() { Refused } else { RefusedElseWarned };
        let https = url.as_str().replacen("http://", "https://", 1);
        let https = if url.is_loopback() { "https://accounts.example.com".to_owned() } else { https };
        let diagnostic = report.insecure(severity, PUBLIC_URL.name(), text, Fix::set(PUBLIC_URL.name(), https));
        if values.is_derived(PUBLIC_URL.name()) && values.has(APP_DOMAIN.name()) {
            diagnostic.beside(APP_DOMAIN.name());
        }
    }
}

fn cors(values: &Values, report: &mut Report) {
    let origins = values.get(&CORS_ALLOWED_ORIGINS).unwrap_or_default();
    if origins.iter().any(|origin| origin == "*") {
        let name = CORS_ALLOWED_ORIGINS.name();
        let named: Vec<&str> = origins.iter().map(String::as_str).filter(|origin| *origin != "*").collect();
        let named = if named.is_empty() { "https://app.example.com".to_owned() } else { named.join(",") };
        report.insecure(Refused, name, "allows every page (`*`): name the origins", Fix::set(name, named));
    }
}

fn sms(values: &Values, report: &mut Report) {
    if values.get(&TWILIO_SID).is_some_and(|sid| !sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
        let fix = Fix::set(TWILIO_SID.name(), "AC0123456789abcdef0123456789abcdef");
        let text = "is no account's SID: those are letters and digits, as Twilio's console shows";
        report.insecure(Refused, TWILIO_SID.name(), text, fix);
    }
    if values.has(TWILIO_SID.name()) && !values.has(SMS_COUNTRIES.name()) {
        let text = "is not set beside TWILIO_SID: name the countries to which an SMS may go";
        let fix = Fix::set(SMS_COUNTRIES.name(), "US,CA");
        report.insecure(Refused, SMS_COUNTRIES.name(), text, fix);
    }
}
