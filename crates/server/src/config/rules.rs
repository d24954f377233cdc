//! What contradicts itself wherever the server runs.

use std::{fs, time::Duration};

use portcullis_core::limit::FailedAttempts;

use super::{
    choices::Environment,
    fix::Fix,
    origin::Origin,
    report::Report,
    table::{
        ARGON2_MEMORY_KIB, ARGON2_PARALLELISM, BODY_TIMEOUT, DEV_MAILBOX, LIMIT_PASSWORDS_ACCOUNT, MAIL_CA_FILE,
        MAIL_PASSWORD, MAIL_PORT, MAIL_SERVER, MAIL_SSL_TLS, MAIL_STARTTLS, MAIL_USERNAME, OTP_TTL, REALMS,
        REGISTRATION_TTL, TEMPLATES_DIR, TWILIO_AUTH_TOKEN, TWILIO_NUMBER, TWILIO_SID, USE_CREDENTIALS,
        VERIFICATION_TTL,
    },
    value::is_loopback_host,
    values::Values,
};

/// Reports every contradiction between settings, and between them and the disk, in the order of the table.
pub(super) fn check(values: &Values, environment: Environment, report: &mut Report) {
    templates_dir(values, report);
    body_timeout(values, report);
    lifetimes(values, report);
    argon2(values, report);
    longest_wait(values, report);
    mail(values, environment, report);
    credentials(values, report);
    mail_ca_file(values, report);
    twilio(values, report);
    reserved(values, report);
}

/// Realms that have a table in TOML must be realms.
pub(super) fn check_realm_tables(values: &Values, tables: &[(String, Origin)], report: &mut Report) {
    let Some(realms) = values.get(&REALMS) else { return };
    for (table, origin) in tables {
        if !realms.iter().any(|realm| realm.as_str() == table) {
            let names: Vec<&str> = realms.iter().map(|realm| realm.as_str()).chain([table.as_str()]).collect();
            let text = "is a table in TOML, but REALMS does not name that realm";
            report.problem(format!("realms.{table}"), text, Fix::set(REALMS.name(), names.join(","))).at(origin);
        }
    }
}

fn lifetimes(values: &Values, report: &mut Report) {
    if values.get(&OTP_TTL).is_some_and(|lifetime| lifetime > MOST_FOR_A_CODE) {
        let text = "must be at most 10m: six digits are no secret for longer";
        report.problem(OTP_TTL.name(), text, Fix::set(OTP_TTL.name(), "10m"));
    }
    if let (Some(waits), Some(link)) = (values.get(&REGISTRATION_TTL), values.get(&VERIFICATION_TTL))
        && waits < link
    {
        let text = "is shorter than VERIFICATION_TTL, so that links would die before their time: make it longer";
        let fix = Fix::set(REGISTRATION_TTL.name(), format!("{}s", link.as_secs() + 1));
        report.problem(REGISTRATION_TTL.name(), text, fix).beside(VERIFICATION_TTL.name());
    }
}

fn mail(values: &Values, environment: Environment, report: &mut Report) {
    if values.get(&MAIL_STARTTLS) == Some(true) && values.get(&MAIL_SSL_TLS) == Some(true) {
        let text = "and MAIL_SSL_TLS are both on: keep STARTTLS (usually port 587) or TLS from the first byte (465)";
        let is_implicit = values.get(&MAIL_PORT) == Some(465);
        let worse = if is_implicit { MAIL_STARTTLS.name() } else { MAIL_SSL_TLS.name() };
        report.problem(MAIL_STARTTLS.name(), text, Fix::set(worse, "off")).beside(MAIL_SSL_TLS.name());
    }
    // In production the rule about MAIL_SERVER says it.
    let goes_nowhere = !values.has(MAIL_SERVER.name()) && values.get(&DEV_MAILBOX) == Some(false);
    if environment == Environment::Development && goes_nowhere {
        let text = "is not set and DEV_MAILBOX is off, so that no mail would arrive: set one of them";
        let fix = Fix::set(DEV_MAILBOX.name(), "on");
        report.problem(MAIL_SERVER.name(), text, fix).beside(DEV_MAILBOX.name());
    }
}

fn credentials(values: &Values, report: &mut Report) {
    if !values.has(MAIL_SERVER.name()) || values.get(&USE_CREDENTIALS) != Some(true) {
        return;
    }
    for (name, fix) in [
        (MAIL_USERNAME.name(), Fix::set(MAIL_USERNAME.name(), "accounts@example.com")),
        (MAIL_PASSWORD.name(), in_a_file(MAIL_PASSWORD.name())),
    ] {
        if !values.has(name) {
            let text = "is needed to log in to MAIL_SERVER; if it wants no login, set USE_CREDENTIALS=off";
            report.problem(name, text, fix);
        }
    }
    let is_plain = values.get(&MAIL_STARTTLS) == Some(false) && values.get(&MAIL_SSL_TLS) == Some(false);
    if is_plain && !values.get(&MAIL_SERVER).is_some_and(|server| is_loopback_host(&server)) {
        let text = "would go over the network in plain text: set MAIL_STARTTLS or MAIL_SSL_TLS on";
        let fix = Fix::set(MAIL_STARTTLS.name(), "on");
        report.problem(MAIL_PASSWORD.name(), text, fix);
    }
}

fn twilio(values: &Values, report: &mut Report) {
    if !values.has(TWILIO_SID.name()) {
        return;
    }
    for (name, fix) in [
        (TWILIO_AUTH_TOKEN.name(), in_a_file(TWILIO_AUTH_TOKEN.name())),
        (TWILIO_NUMBER.name(), Fix::set(TWILIO_NUMBER.name(), "+15005550006")),
    ] {
        if !values.has(name) {
            report.problem(name, "is needed beside TWILIO_SID", fix);
        }
    }
}

fn longest_wait(values: &Values, report: &mut Report) {
    if let Some(quota) = values.get(&LIMIT_PASSWORDS_ACCOUNT)
        && quota.per < FailedAttempts::LONGEST_WAIT
    {
        let name = LIMIT_PASSWORDS_ACCOUNT.name();
        let text = "forgets wrong passwords before the longest wait for them, a minute, is over: take a longer stretch";
        report.problem(name, text, Fix::set(name, format!("{}/24h", quota.times)));
    }
}

fn body_timeout(values: &Values, report: &mut Report) {
    if values.get(&BODY_TIMEOUT).is_some_and(|timeout| timeout > FailedAttempts::LONGEST_WAIT) {
        let name = BODY_TIMEOUT.name();
        let text = "must be at most 1m: a request is judged by the time at which it came";
        report.problem(name, text, Fix::set(name, "1m"));
    }
}

/// A secret that others have given out.
fn in_a_file(name: &str) -> Fix {
    let file = name.to_ascii_lowercase();
    Fix::Do(format!("{name}_FILE=secrets/{file}, a file with it that only the server's user can read"))
}

fn argon2(values: &Values, report: &mut Report) {
    let (memory, lanes) = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_PARALLELISM));
    if let (Some(memory), Some(lanes)) = (memory, lanes)
        && memory < 8 * lanes
    {
        let text = format!("must be at least 8 for each lane of ARGON2_PARALLELISM: {} or more", 8 * lanes);
        let fix = Fix::set(ARGON2_MEMORY_KIB.name(), (8 * lanes).max(19_456).to_string());
        report.problem(ARGON2_MEMORY_KIB.name(), text, fix).beside(ARGON2_PARALLELISM.name());
    }
}

fn templates_dir(values: &Values, report: &mut Report) {
    if let Some(folder) = values.path(&TEMPLATES_DIR)
        && !folder.is_dir()
    {
        let fix = Fix::Unset(TEMPLATES_DIR.name());
        report.problem(TEMPLATES_DIR.name(), format!("{} is no folder", folder.display()), fix);
    }
}

fn mail_ca_file(values: &Values, report: &mut Report) {
    if let Some(file) = values.path(&MAIL_CA_FILE) {
        let is_pem = fs::read(&file).map(|pem| pem.windows(BEGIN.len()).any(|window| window == BEGIN));
        let why = match is_pem {
            Ok(true) => return,
            Ok(false) => "holds no PEM certificate".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        let text = format!("{} {why}", file.display());
        report.problem(MAIL_CA_FILE.name(), text, Fix::Unset(MAIL_CA_FILE.name()));
    }
}

/// NIST SP 800-63B-4 §3.1.3; ASVS 6.5.5.
const MOST_FOR_A_CODE: Duration = Duration::from_secs(600);
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn reserved(values: &Values, report: &mut Report) {
    let names: Vec<_> = values.reserved().collect();
    if !names.is_empty() {
        report.warning(names, "accepted, but without effect in this version");
    }
}
