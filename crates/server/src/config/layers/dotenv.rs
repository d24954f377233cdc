//! Parser for `.env`, compatible with python-dotenv because existing files must continue to work: unquoted values may
//! contain spaces, ` #` starts a comment, and quoted values may span lines. Variables are not expanded: a `$` in a
//! password is a literal `$`.

/// A `NAME=value` entry with its line number. The first line is 1.
pub(in crate::config) struct EnvEntry {
    pub(in crate::config) name: String,
    pub(in crate::config) value: String,
    pub(in crate::config) line: usize,
}

/// Returns the entries in file order, and the syntax errors with their line numbers.
pub(in crate::config) fn parse(text: &str) -> (Vec<EnvEntry>, Vec<(usize, &'static str)>) {
    let mut rest = text.trim_start_matches('\u{feff}');
    let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
    let mut number = 1;
    while !rest.is_empty() {
        let line = rest.lines().next().unwrap_or_default();
        let after = rest.split_once('\n').map_or("", |(_, after)| after);
        let mut next = after;
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            match entry(line, rest) {
                Ok((name, value, left)) => {
                    entries.push(EnvEntry { name, value, line: number });
                    next = left.unwrap_or(after);
                }
                Err(mistake) => mistakes.push((number, mistake)),
            }
        }
        number += rest.strip_suffix(next).unwrap_or_default().matches('\n').count();
        rest = next;
    }
    (entries, mistakes)
}

type Entry<'a> = (String, String, Option<&'a str>);

/// Parses the entry in the first line of `text`. If the value spans lines, also returns the remaining text.
fn entry<'a>(line: &'a str, text: &'a str) -> Result<Entry<'a>, &'static str> {
    let (name, value) = line.split_once('=').ok_or("`=` is missing")?;
    let name = name.trim().strip_prefix("export ").unwrap_or(name).trim();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
        return Err("the text before `=` is not a valid name");
    }
    let quoted = text.split_once('=').map_or("", |(_, value)| value).trim_start_matches([' ', '\t']);
    let (value, left) = if quoted.starts_with(['"', '\'']) {
        let (value, left) = unquote(quoted).ok_or("the quotation mark is not closed")?;
        (value, Some(after_quote(left)?))
    } else {
        (plain(value), None)
    };
    Ok((name.to_owned(), value, left))
}

/// Parses an unquoted value, up to a comment or the end of the line.
fn plain(value: &str) -> String {
    let value = value.split(" #").next().unwrap_or_default();
    let value = value.split("\t#").next().unwrap_or_default();
    value.trim().to_owned()
}

/// Parses a quoted value. Returns the value and the text after the closing quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut chars = text.chars();
    let quote = chars.next()?;
    let mut value = String::new();
    loop {
        match chars.next()? {
            c if c == quote => return Some((value, chars.as_str())),
            '\\' => unescape(quote, chars.next()?, &mut value),
            c => value.push(c),
        }
    }
}

fn unescape(quote: char, escaped: char, value: &mut String) {
    match escaped {
        'n' if quote == '"' => value.push('\n'),
        'r' if quote == '"' => value.push('\r'),
        't' if quote == '"' => value.push('\t'),
        c if c == quote || c == '\\' => value.push(c),
        c => value.extend(['\\', c]),
    }
}

/// Returns the text from the next line on, if only a comment follows the quote.
fn after_quote(text: &str) -> Result<&str, &'static str> {
    let (line, next) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        Ok(next)
    } else {
        Err("there is text after the closing quotation mark")
    }
}
