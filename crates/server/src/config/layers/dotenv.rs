//! The form of `.env`, as python-dotenv reads it, whose files must go on working: values without quotes may hold
//! spaces, ` #` starts a comment, quotes may span lines. Nothing is replaced in a value: a `$` in a password is a `$`.

/// `NAME=value` in a line, the first being 1.
pub(in crate::config) struct EnvEntry {
    pub(in crate::config) name: String,
    pub(in crate::config) value: String,
    pub(in crate::config) line: usize,
}

/// The entries in their order, and what is no entry, each with its line.
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

/// The entry of this line; `text` goes on after it. What is left of the text is told when the value spans lines.
fn entry<'a>(line: &'a str, text: &'a str) -> Result<Entry<'a>, &'static str> {
    let (name, value) = line.split_once('=').ok_or("there is no `=`")?;
    let name = name.trim().strip_prefix("export ").unwrap_or(name).trim();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
        return Err("what stands before the `=` is no name");
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

/// A value without quotes: to the end of the line, or to a comment.
fn plain(value: &str) -> String {
    let value = value.split(" #").next().unwrap_or_default();
    let value = value.split("\t#").next().unwrap_or_default();
    value.trim().to_owned()
}

/// A value in quotes, and what follows them.
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

/// The next line, when nothing but a comment stands after the quote.
fn after_quote(text: &str) -> Result<&str, &'static str> {
    let (line, next) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        Ok(next)
    } else {
        Err("something stands after the closing quotation mark")
    }
}
