//! Line wrapping of plain text.

/// Maximum line length in characters. RFC 3676 §4.2 recommends fewer than 79, and quoting adds to the length.
const WIDTH: usize = 72;

/// Wraps long lines between words. A word that is too long, such as a link, gets its own line.
pub(super) fn wrap(text: &str) -> String {
    text.lines().map(|line| wrap_line(line) + "\n").collect()
}

fn wrap_line(line: &str) -> String {
    let (mut wrapped, mut width) = (String::new(), 0);
    for word in line.trim_end().split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            wrapped.push('\n');
            width = 0;
        } else if !wrapped.is_empty() {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}
