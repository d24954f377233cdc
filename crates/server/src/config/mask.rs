//! Masks passwords in URL-like strings before they are shown.

use std::borrow::Cow;

use super::value::are_hosts;

/// Replacement for a secret.
pub(super) const MASK: &str = "********";

/// Database URL options with harmless values, in lower case.
const PLAIN_OPTIONS: &[&str] = &[
    "appname",
    "authmechanism",
    "authsource",
    "compressors",
    "connecttimeoutms",
    "directconnection",
    "heartbeatfrequencyms",
    "journal",
    "loadbalanced",
    "maxidletimems",
    "maxpoolsize",
    "maxstalenessseconds",
    "minpoolsize",
    "readconcernlevel",
    "readpreference",
    "replicaset",
    "retryreads",
    "retrywrites",
    "serverselectiontimeoutms",
    "sockettimeoutms",
    "ssl",
    "tls",
    "tlsallowinvalidcertificates",
    "tlscafile",
    "tlscertificatekeyfile",
    "tlsinsecure",
    "tz_aware",
    "uuidrepresentation",
    "w",
    "waitqueuetimeoutms",
    "wtimeoutms",
];

/// Returns whether a string may contain a password: it looks like a URL, or like `user:password@host`.
pub(super) fn may_hold_password(text: &str) -> bool {
    text.contains(":/") || text.rsplit_once('@').is_some_and(|(before, _)| before.contains(':'))
}

/// Masks everything that may be secret: the user information, and the values of all options not known to be harmless.
/// If a password that is not percent-encoded makes the start of the host ambiguous, masks everything.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if !may_hold_password(text) {
        return Cow::Borrowed(text);
    }
    let (scheme, rest) = split_scheme(text);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
    if scheme.is_empty() && !text.contains('@') {
        // A path.
        return Cow::Borrowed(text);
    }
    // A file URL has percent-encoded options if DATA_DIR is a URL by mistake.
    let is_nested = scheme.starts_with("sqlite:") && rest.contains(":/");
    if behind.contains('@') || is_nested || !are_hosts(hosts) {
        return Cow::Owned(format!("{scheme}{MASK}"));
    }
    let (path, options) = behind.split_once(['?', '#']).map_or((behind, None), |(path, options)| (path, Some(options)));
    let user = if user.is_some() { format!("{MASK}@") } else { String::new() };
    let options = options.map_or_else(String::new, |options| format!("?{}", masked_options(options)));
    Cow::Owned(format!("{scheme}{user}{hosts}{path}{options}"))
}

/// Splits off a scheme and all slashes after it.
fn split_scheme(text: &str) -> (&str, &str) {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let Some(colon) = text.find(":/").filter(|colon| text.get(..*colon).is_some_and(is_name)) else {
        return ("", text);
    };
    let slashes = text.bytes().skip(colon + 1).take_while(|b| *b == b'/').count().min(2);
    text.split_at_checked(colon + 1 + slashes).unwrap_or(("", text))
}

fn masked_options(options: &str) -> String {
    let is_plain = |name: &str| PLAIN_OPTIONS.contains(&name.to_ascii_lowercase().as_str());
    let is_word = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.,".contains(&b));
    let option = |option: &str| match option.split_once('=') {
        Some((name, value)) if is_plain(name) && is_word(value) => option.to_owned(),
        _ => MASK.to_owned(),
    };
    options.split('&').map(option).collect::<Vec<_>>().join("&")
}

/// Masks passwords inside a message, for example in a path that is a URL by mistake. Passwords may contain spaces, so
/// the text from a scheme up to a later word with `@` is treated as one URL.
pub(super) fn masked_words(text: &str) -> String {
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (word, behind) = text.split_once(' ').map_or((text, None), |(word, behind)| (word, Some(behind)));
        let end = behind.filter(|_| word.contains(":/") && !word.contains('@')).and_then(|behind| behind.rfind('@'));
        let Some(at) = end.map(|end| word.len() + 1 + end) else {
            words.push(masked_word(word));
            rest = behind;
            continue;
        };
        let length = text.get(at..).and_then(|host| host.find(' ')).map_or(text.len(), |space| at + space);
        let (url, behind) = text.split_at_checked(length).unwrap_or((text, ""));
        words.push(masked_word(url));
        rest = behind.strip_prefix(' ');
    }
    words.join(" ")
}

fn masked_word(word: &str) -> Cow<'_, str> {
    let is_suspect = word.contains('@') && word.contains(':') && word.contains('/');
    if word.contains("USER:PASSWORD@") {
        return Cow::Borrowed(word);
    }
    // A URL inside a path: the folder before it is kept.
    let colon = word.find(":/").unwrap_or_default();
    let start = word.get(..colon).and_then(|before| before.rfind('/')).map_or(0, |slash| slash + 1);
    match word.split_at_checked(start) {
        Some((folder, url)) if start > 0 => Cow::Owned(format!("{folder}{}", masked(url))),
        _ if is_suspect => masked(word),
        _ => Cow::Borrowed(word),
    }
}
