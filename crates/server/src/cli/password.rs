//! A password from standard input: as it is piped in, or typed without being seen.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use portcullis_core::SecretString;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// More than any password has; the rest is not read.
const LIMIT: u64 = 16 * 1024;

/// The password. The newline at its end does not count. A new one is typed twice.
///
/// # Errors
/// When standard input cannot be read, is no UTF-8, or the two differ.
pub fn read_password(is_new: bool) -> io::Result<SecretString> {
    if !io::stdin().is_terminal() {
        let mut text = String::new();
        io::stdin().lock().take(LIMIT).read_to_string(&mut text)?;
        return Ok(without_newline(text).into());
    }
    // From before the first prompt to the end: what is typed early is neither shown nor lost.
    let _unseen = Unseen::begin()?;
    let typed = ask("Password: ")?;
    if is_new && ask("Once more: ")? != typed {
        return Err(io::Error::other("the two passwords differ: try again"));
    }
    Ok(typed.into())
}

fn ask(prompt: &str) -> io::Result<String> {
    let mut screen = io::stderr();
    write!(screen, "{prompt}")?;
    screen.flush()?;
    let mut line = String::new();
    io::stdin().lock().take(LIMIT).read_line(&mut line)?;
    writeln!(screen)?;
    Ok(without_newline(line))
}

fn without_newline(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// As long as it lives the terminal does not show what is typed.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // A terminal that is gone needs no mending.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
