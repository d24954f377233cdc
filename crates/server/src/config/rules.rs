//! What contradicts itself wherever the server runs.

use std::{fs, time::Duration};

use super::{
    choices::Environment,
    form::is_loopback_host,
    report::Report,
    table::{
        ARGON2_MEMORY_KIB, ARGON2_PARALLELISM, DEV_MAILBOX, MAIL_CA_FILE, MAIL_PASSWORD, MAIL_SERVER, MAIL_SSL_TLS,
        MAIL_STARTTLS, MAIL_USERNAME, OTP_TTL, REALMS, REGISTRATION_TTL, TEMPLATES_DIR, TWILIO_AUTH_TOKEN,
        TWILIO_NUMBER, TWILIO_SID, USE_CREDENTIALS, VERIFICATION_TTL,
    },
    values::Values,
};

/// Reports every contradiction between settings, and between them and the disk.
pub(super) fn check(values: &Values, environment: Environment, report: &mut Report) {
    lifetimes(values, report);
    mail(values, environment, report);
    credentials(values, report);
    twilio(values, report);
    argon2(values, report);
    files(values, report);
    reserved(values, report);
}

/// Realms that have a table in TOML must be realms.
pub(super) fn check_realm_tables(values: &Values, tables: &[String], report: &mut Report) {
    let Some(realms) = values.get(&REALMS) else { return };
    for table in tables {
        if !realms.iter().any(|realm| realm.as_str() == table) {
            report.problem(format!("realms.{table}"), "is a table in TOML, but REALMS does not name that realm");
        }
    }
}

fn lifetimes(values: &Values, report: &mut Report) {
    if values.get(&OTP_TTL).is_some_and(|lifetime| lifetime > MOST_FOR_A_CODE) {
        report.problem(OTP_TTL.name(), "must be at most 10m: six digits are no secret for longer");
    }
    if values.get(&REGISTRATION_TTL) < values.get(&VERIFICATION_TTL) {
        let text = "is shorter than VERIFICATION_TTL, so that links would die before their time: make it longer";
        report.problem(REGISTRATION_TTL.name(), text);
    }
}

fn mail(values: &Values, environment: Environment, report: &mut Report) {
    if values.get(&MAIL_STARTTLS) == Some(true) && values.get(&MAIL_SSL_TLS) == Some(true) {
        let text = "and MAIL_SSL_TLS are both on: keep STARTTLS (usually port 587) or TLS from the first byte (465)";
        report.problem(MAIL_STARTTLS.name(), text);
    }
    // In production the rule about MAIL_SERVER says it.
    let goes_nowhere = !values.has(MAIL_SERVER.name()) && values.get(&DEV_MAILBOX) == Some(false);
    if environment == Environment::Development && goes_nowhere {
        let text = "is not set and DEV_MAILBOX is off, so that no mail would arrive: set one of them";
        report.problem(MAIL_SERVER.name(), text);
    }
}

fn credentials(values: &Values, report: &mut Report) {
    if !values.has(MAIL_SERVER.name()) || values.get(&USE_CREDENTIALS) != Some(true) {
        return;
    }
    for name in [MAIL_USERNAME.name(), MAIL_PASSWORD.name()] {
        if !values.has(name) {
            report.problem(name, "is needed to log in to MAIL_SERVER; if it wants no login, set USE_CREDENTIALS=off");
        }
    }
    let is_plain = values.get(&MAIL_STARTTLS) == Some(false) && values.get(&MAIL_SSL_TLS) == Some(false);
    if is_plain && !values.get(&MAIL_SERVER).is_some_and(|server| is_loopback_host(&server)) {
        let text = "would go over the network in plain text: set MAIL_STARTTLS or MAIL_SSL_TLS on";
        report.problem(MAIL_PASSWORD.name(), text);
    }
}

fn twilio(values: &Values, report: &mut Report) {
    if !values.has(TWILIO_SID.name()) {
        return;
    }
    for name in [TWILIO_AUTH_TOKEN.name(), TWILIO_NUMBER.name()] {
        if !values.has(name) {
            report.problem(name, "is needed beside TWILIO_SID");
        }
    }
}

fn argon2(values: &Values, report: &mut Report) {
    let (memory, lanes) = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_PARALLELISM));
    if let (Some(memory), Some(lanes)) = (memory, lanes)
        && memory < 8 * lanes
    {
        let text = format!("must be at least 8 for each lane of ARGON2_PARALLELISM: {} or more", 8 * lanes);
        report.problem(ARGON2_MEMORY_KIB.name(), text);
    }
}

fn files(values: &Values, report: &mut Report) {
    if let Some(folder) = values.path(&TEMPLATES_DIR)
        && !folder.is_dir()
    {
        report.problem(TEMPLATES_DIR.name(), format!("{} is no folder", folder.display()));
    }
    if let Some(file) = values.path(&MAIL_CA_FILE) {
        let is_pem = fs::read(&file).map(|pem| pem.windows(BEGIN.len()).any(|window| window == BEGIN));
        match is_pem {
            Ok(true) => {}
            Ok(false) => report.problem(MAIL_CA_FILE.name(), format!("{} holds no PEM certificate", file.display())),
            Err(error) => report.problem(MAIL_CA_FILE.name(), format!("{} cannot be read: {error}", file.display())),
        }
    }
}

/// NIST SP 800-63B-4 §3.1.3; ASVS 6.5.5.
const MOST_FOR_A_CODE: Duration = Duration::from_secs(600);
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn reserved(values: &Values, report: &mut Report) {
    let names: Vec<_> = values.reserved().collect();
    if !names.is_empty() {
        report.warning(names.join(", "), "accepted, but without effect in this version");
    }
}
