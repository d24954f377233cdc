//! The command line: what is asked for, and the settings given as flags.

mod check;
mod completions;
mod hash;
mod help;
mod migrate;
mod openapi;
mod output;
mod password;
mod settings;
mod show;
mod templates;

pub use check::check;
pub use completions::completions;
pub use hash::hash;
pub use migrate::tell_of_steps;
pub use openapi::openapi;
pub use output::{Output, OutputFormat, complain, progress, takes_colours, warn};
pub use password::read_password;
pub use show::show;
pub use templates::{TemplatesVerb, templates};

use std::{ffi::OsString, io, path::PathBuf};

use clap::{
    Arg, ArgAction, ArgMatches,
    builder::styling::{AnsiColor, Styles},
    value_parser,
};
use clap_complete::Shell;

use crate::config::{Args, PublicUrl, Sources};

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Serve until told to stop.
    Serve,
    /// Bring the database up to this version.
    Migrate,
    /// Judge the settings.
    ConfigCheck,
    /// Print the settings.
    ConfigShow,
    /// Hash a password, or compare it with this hash.
    Hash(Option<String>),
    /// Print the API's description, for a server that is reached there.
    OpenApi(Option<PublicUrl>),
    /// Print what this shell needs to complete commands.
    Completions(Shell),
    /// See to the templates of pages and mails.
    Templates(TemplatesVerb),
}

/// A command line that was understood.
#[derive(Debug)]
pub struct Invocation {
    /// What to do.
    pub command: Command,
    /// To whom it speaks.
    pub format: OutputFormat,
    /// The settings given as flags.
    pub args: Args,
}

/// Understands a command line, the program's name first.
///
/// # Errors
/// What is to be printed instead, which may be the help; [`clap::Error::exit`] does that.
pub fn parse<I>(args: I) -> Result<Invocation, clap::Error>
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let matches = grammar().try_get_matches_from(args)?;
    Ok(Invocation {
        command: command(&matches),
        format: output_format(&matches),
        args: Args { config: matches.get_one::<PathBuf>(CONFIG).cloned(), settings: settings::given(&matches) },
    })
}

/// The flags together with the environment and the working folder of the process.
///
/// # Errors
/// When the working folder is gone.
pub fn sources(args: Args) -> io::Result<Sources> {
    Ok(Sources { args, env: environment(), dir: std::env::current_dir()? })
}

/// A value that is no UTF-8 keeps a mark by which the settings refuse it.
#[allow(clippy::disallowed_methods, reason = "the one place where the ambient environment enters")]
fn environment() -> Vec<(String, String)> {
    let text = |raw: OsString| raw.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

const CONFIG: &str = "config";
const JSON: &str = "json";
const VERIFY: &str = "verify";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

fn grammar() -> clap::Command {
    let verb = |name: &'static str, about: &'static str, examples: &'static str| {
        clap::Command::new(name).about(about).after_help(examples)
    };
    let config = verb("config", "Check or show the settings", help::CONFIG)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            verb("check", "Say everything that is wrong with the settings; nothing is made or changed", help::CHECK)
                .arg(json_flag()),
        )
        .subcommand(
            verb("show", "Print every setting, its value and where that comes from; secrets are masked", help::SHOW)
                .arg(json_flag()),
        );
    let hash = verb("hash", "Print the hash of a password, at the settings in force", help::HASH)
        .arg(Arg::new(VERIFY).long("verify").value_name("PHC").help("Compare the password with this hash instead"))
        .arg(json_flag());
    let openapi = verb("openapi", "Print the description of the API (OpenAPI 3.1)", help::OPENAPI)
        .arg(openapi::server_argument());
    let completions = verb("completions", "Print what a shell needs to complete commands and flags", help::COMPLETIONS)
        .arg(completions::shell_argument());
    clap::Command::new("portcullis")
        .version(env!("CARGO_PKG_VERSION"))
        .styles(STYLES)
        .about("User accounts for any application, as one self-hosted server")
        .long_about(help::ABOUT)
        .after_help(help::SHORT_END)
        .after_long_help(help::LONG_END)
        .subcommand(verb("serve", "Serve until told to stop; this is what happens without a command", help::SERVE))
        .subcommand(verb("migrate", "Bring the database up to this version, then end", help::MIGRATE).arg(json_flag()))
        .subcommand(config)
        .subcommand(hash)
        .subcommand(openapi)
        .subcommand(completions)
        .subcommand(templates::grammar())
        .arg(config_flag())
        .args(settings::flags())
}

fn config_flag() -> Arg {
    Arg::new(CONFIG)
        .long("config")
        .value_name("FILE")
        .help("Read settings from this TOML file [default: portcullis.toml, if it is there]")
        .value_parser(value_parser!(PathBuf))
        .global(true)
}

fn json_flag() -> Arg {
    Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("Answer in JSON, for scripts")
}

/// As the innermost verb was told.
fn output_format(matches: &ArgMatches) -> OutputFormat {
    match matches.subcommand() {
        Some((_, matches)) => output_format(matches),
        None if matches!(matches.try_get_one(JSON), Ok(Some(true))) => OutputFormat::Json,
        None => OutputFormat::Text,
    }
}

fn command(matches: &ArgMatches) -> Command {
    match matches.subcommand() {
        Some(("migrate", _)) => Command::Migrate,
        Some(("config", config)) if config.subcommand_name() == Some("show") => Command::ConfigShow,
        Some(("config", _)) => Command::ConfigCheck,
        Some(("hash", hash)) => Command::Hash(hash.get_one(VERIFY).cloned()),
        Some(("openapi", matches)) => Command::OpenApi(openapi::server(matches)),
        Some(("completions", matches)) => completions::shell(matches).map_or(Command::Serve, Command::Completions),
        Some(("templates", given)) => Command::Templates(templates::verb(given)),
        _ => Command::Serve,
    }
}
