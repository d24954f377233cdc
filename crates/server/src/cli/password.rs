//! Reads a password from standard input: piped, or typed without echo.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use portcullis_core::SecretString;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Maximum number of bytes read. Longer than any accepted password.
const LIMIT: u64 = 16 * 1024;

/// Reads the password and removes its trailing newline. On a terminal, a new password must be entered twice.
///
/// # Errors
/// Returns an error if standard input cannot be read or is not UTF-8, or if the two passwords differ.
pub fn read_password(is_new: bool) -> io::Result<SecretString> {
    if !io::stdin().is_terminal() {
        let mut text = String::new();
        io::stdin().lock().take(LIMIT).read_to_string(&mut text)?;
        return Ok(without_newline(text).into());
    }
    // Echo is off from before the first prompt until the end, so that early input is neither displayed nor lost.
    let _unseen = Unseen::begin()?;
    let typed = ask("Password: ")?;
    if is_new && ask("Repeat password: ")? != typed {
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

/// Turns off terminal echo until it is dropped.
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
        // If the terminal is gone, there is nothing to restore.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
