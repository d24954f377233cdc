//! What auditors see of personal data.

const DOTS: &str = "•••";

/// Masks an address: the first character of local part and domain, and the last label.
#[must_use]
pub fn masked_email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let last = domain.rsplit_once('.').map_or("", |(_, last)| last);
    format!("{}{DOTS}@{}{DOTS}.{last}", first(local), first(domain))
}

/// Masks a number: two digits after the plus sign, and the last two.
#[must_use]
pub fn masked_phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let part = |digits: Option<&[char]>| digits.unwrap_or_default().iter().collect::<String>();
    let end = digits.len().saturating_sub(2);
    format!("+{}•••••{}", part(digits.get(..2)), part(digits.get(end..)))
}

/// Masks a name: its first letter.
#[must_use]
pub fn masked_name(name: &str) -> String {
    name.chars().next().map(|first| format!("{first}.")).unwrap_or_default()
}
