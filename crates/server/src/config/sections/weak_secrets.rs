//! Secrets that others know or can guess.

use super::section::Context;
use crate::config::{
    fix::Fix,
    report::{Report, Severity::Refused},
};

/// Secrets printed in a README, ours or the origin's.
const PUBLISHED: &[&str] = &["your-super-secret-jwt-key"];

pub(super) fn is_published(secret: &str) -> bool {
    PUBLISHED.contains(&secret)
}

pub(super) fn is_monotonous(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| bytes.iter().all(|byte| byte == first))
}

/// Reports that a secret is not set.
pub(super) fn absent(name: &'static str, fix: Fix, context: &Context<'_>, report: &mut Report) {
    report.insecure(Refused, name, format!("is not set{}", generated_before(context)), fix);
}

/// Says where the secrets are that were generated for development, if there are any.
pub(super) fn generated_before(context: &Context<'_>) -> String {
    let file = context.secrets_file.map(|file| format!("; the one generated for development is in {}", file.display()));
    file.unwrap_or_default()
}
