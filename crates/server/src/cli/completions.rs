//! `portcullis completions`

use clap::{Arg, ArgMatches, builder::PossibleValuesParser};
use clap_complete::{Shell, generate};

use super::{Output, grammar};

const SHELL: &str = "shell";

pub(super) fn shell_argument() -> Arg {
    Arg::new(SHELL)
        .required(true)
        .value_name("SHELL")
        .help("For which shell")
        .value_parser(PossibleValuesParser::new(["bash", "zsh", "fish"]))
}

pub(super) fn shell(matches: &ArgMatches) -> Option<Shell> {
    matches.get_one::<String>(SHELL)?.parse().ok()
}

/// Writes what a shell needs to complete verbs and flags.
///
/// # Errors
/// When `out` takes no more.
pub fn completions(shell: Shell, out: &mut Output) -> std::io::Result<u8> {
    // Gathered first: the generator panics when its reader goes away.
    let mut script = Vec::new();
    generate(shell, &mut grammar(), "portcullis", &mut script);
    out.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(0)
}
