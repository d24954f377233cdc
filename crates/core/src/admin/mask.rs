//! Masking of personal data for auditors.

const DOTS: &str = "•••";

/// Masks an email address. Keeps the first character of the local part and of the domain, and the top-level domain.
#[must_use]
pub fn masked_email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let last = domain.rsplit_once('.').map_or("", |(_, last)| last);
    format!("{}{DOTS}@{}{DOTS}.{last}", first(local), first(domain))
}

/// Masks a phone number. Keeps the plus sign and the first two and last two digits.
#[must_use]
pub fn masked_phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let part = |digits: Option<&[char]>| digits.unwrap_or_default().iter().collect::<String>();
    let end = digits.len().saturating_sub(2);
    format!("+{}•••••{}", part(digits.get(..2)), part(digits.get(end..)))
}

/// Masks a name. Keeps the first letter.
#[must_use]
pub fn masked_name(name: &str) -> String {
    name.chars().next().map(|first| format!("{first}.")).unwrap_or_default()
}
