//! Line breaks of plain text.

/// Longest line in characters. RFC 3676 §4.2 advises less than 79, and quotation marks need some of it.
const WIDTH: usize = 72;

/// Breaks long lines between words. A longer word, such as a link, gets a line of its own.
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
