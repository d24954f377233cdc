//! `portcullis completions`

use clap::{Arg, ArgMatches, builder::PossibleValuesParser};
use clap_complete::{Shell, generate};

use super::{Output, grammar};

const SHELL: &str = "shell";

pub(super) fn shell_argument() -> Arg {
    Arg::new(SHELL)
        .required(true)
        .value_name("SHELL")
        .help("The shell")
        .value_parser(PossibleValuesParser::new(["bash", "zsh", "fish"]))
}

pub(super) fn shell(matches: &ArgMatches) -> Option<Shell> {
    matches.get_one::<String>(SHELL)?.parse().ok()
}

/// Prints the completion script of a shell. Returns the exit code.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub fn completions(shell: Shell, out: &mut Output) -> std::io::Result<u8> {
    // Buffered, because the generator panics if the output is closed.
    let mut script = Vec::new();
    generate(shell, &mut grammar(), "portcullis", &mut script);
    out.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(0)
}
