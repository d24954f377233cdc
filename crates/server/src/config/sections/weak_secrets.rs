//! Detection of published and guessable secrets.

use super::section::Context;
use crate::config::{
    fix::Fix,
    report::{Report, Severity::Refused},
};

/// Secrets published in a README of this project or of the original service.
const PUBLISHED: &[&str] = &["your-super-secret-jwt-key"];

pub(super) fn is_published(secret: &str) -> bool {
    PUBLISHED.contains(&secret)
}

/// Returns whether bytes are a repetition, or mostly count up or down, as is common in typed secrets.
pub(super) fn is_patterned(bytes: &[u8]) -> bool {
    is_periodic(bytes) || is_counting(bytes)
}

fn is_periodic(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, other)| one == other))
}

/// Returns whether most bytes are equal to the previous byte or differ from it by one, as in `0123456789abcdef`. This
/// is rare in random bytes.
fn is_counting(bytes: &[u8]) -> bool {
    let steps = || bytes.iter().zip(bytes.iter().skip(1)).map(|(one, next)| next.wrapping_sub(*one));
    let pairs = bytes.len().saturating_sub(1);
    [0, 1, u8::MAX].into_iter().any(|step| steps().filter(|each| *each == step).count() * 4 > pairs * 3)
}

/// Reports that a required secret is not set.
pub(super) fn absent(name: &'static str, fix: Fix, context: &Context<'_>, report: &mut Report) {
    report.insecure(Refused, name, format!("is not set{}", generated_before(context)), fix);
}

/// Returns a note on the location of secrets generated for development, if there are any.
pub(super) fn generated_before(context: &Context<'_>) -> String {
    let file = context.secrets_file.map(|file| format!("; the one generated for development is in {}", file.display()));
    file.unwrap_or_default()
}
