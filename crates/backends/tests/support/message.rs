//! A received message, parsed like an email client does.

/// A message accepted by the server.
#[derive(Debug, Clone)]
pub struct Message {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body, as received.
    pub raw: String,
    /// Authenticated user, if any.
    pub user: Option<String>,
    /// Whether it was received over TLS.
    pub encrypted: bool,
}

impl Message {
    /// Returns the header names in order.
    pub fn header_names(&self) -> Vec<String> {
        headers(&self.raw).into_iter().map(|(name, _)| name).collect()
    }

    /// Returns a header value, unfolded and decoded (RFC 2047).
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.raw, name).map(|value| decode_words(&value))
    }

    pub fn subject(&self) -> String {
        self.header("Subject").unwrap_or_default()
    }

    /// Returns the plain text with `\n` line endings.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// Returns the HTML.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// Returns the links in the plain text.
    pub fn links(&self) -> Vec<String> {
        self.text()
            .split(|c: char| c.is_whitespace() || "<>\"'()".contains(c))
            .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
            .map(|link| link.trim_end_matches(['.', ',', ';']).to_owned())
            .collect()
    }

    /// Returns the decoded part with this content type. Empty if there is none.
    fn part(&self, kind: &str) -> String {
        let of_this_kind = |part: &&str| header(part, "Content-Type").is_some_and(|value| value.starts_with(kind));
        let part = self.parts().into_iter().find(of_this_kind).unwrap_or_default();
        let body = part.split_once("\r\n\r\n").unwrap_or_default().1;
        let bytes = match header(part, "Content-Transfer-Encoding").as_deref() {
            Some("quoted-printable") => quoted_printable(body),
            Some("base64") => base64(body),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    fn parts(&self) -> Vec<&str> {
        let kind = header(&self.raw, "Content-Type").unwrap_or_default();
        let Some((_, rest)) = kind.split_once("boundary=\"") else {
            return vec![&self.raw];
        };
        let separator = format!("--{}", rest.split('"').next().unwrap());
        // The text before the first separator and after the last is ignored.
        let parts = self.raw.split(&separator).skip(1).filter(|part| !part.starts_with("--"));
        parts
            .map(|part| part.strip_prefix("\r\n").unwrap_or(part))
            .map(|part| part.strip_suffix("\r\n").unwrap_or(part))
            .collect()
    }
}

/// Parses headers into names and unfolded values.
fn headers(entity: &str) -> Vec<(String, String)> {
    let head = entity.split("\r\n\r\n").next().unwrap_or_default();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), headers.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => *value += line,
            (_, _, Some((name, value))) => headers.push((name.to_owned(), value.trim_start().to_owned())),
            _ => headers.push((line.to_owned(), String::new())),
        }
    }
    headers
}

fn header(entity: &str, name: &str) -> Option<String> {
    let found = headers(entity).into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// Decodes encoded words; white space between two of them is removed (RFC 2047 §6.2).
fn decode_words(value: &str) -> String {
    let mut decoded = String::new();
    let mut space = "";
    let mut after_encoded = false;
    for word in value.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        let encoded = decode_word(bare);
        if !(after_encoded && encoded.is_some()) {
            decoded += space;
        }
        after_encoded = encoded.is_some();
        decoded += encoded.as_deref().unwrap_or(bare);
        space = &word[bare.len()..];
    }
    decoded + space
}

/// Decodes `=?utf-8?b?…?=` or `=?utf-8?q?…?=`.
fn decode_word(word: &str) -> Option<String> {
    let inside = word.strip_prefix("=?utf-8?")?.strip_suffix("?=")?;
    let bytes = match inside.split_once('?')? {
        ("b" | "B", text) => base64(text),
        ("q" | "Q", text) => quoted_printable(&text.replace('_', " ")),
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

/// Decodes quoted-printable (RFC 2045 §6.7).
fn quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
}

/// Decodes base64 (RFC 4648 §4) and skips characters outside the alphabet.
pub(super) fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::new();
    let (mut pending, mut bits) = (0_u32, 0);
    for six in text.bytes().filter_map(value) {
        pending = (pending << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((pending >> bits) & 0xff).unwrap());
        }
    }
    bytes
}
