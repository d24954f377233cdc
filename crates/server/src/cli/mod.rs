//! Parsing of the command line into a command and settings.

mod admin;
mod check;
mod completions;
mod greeting;
mod hash;
mod health;
mod help;
mod migrate;
mod openapi;
mod output;
mod password;
mod settings;
mod show;
mod templates;

pub use admin::{AdminVerb, CallError, Caller, ServerAddress, administer};
pub use check::check;
pub use completions::completions;
pub use greeting::{greet, is_private};
pub use hash::hash;
pub use health::{Unaddressed, address, health};
pub use migrate::{tell_of_plan, tell_of_steps};
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the server until it is stopped.
    Serve,
    /// Migrate the database to this version, or only list the steps.
    Migrate(bool),
    /// Check the settings.
    ConfigCheck,
    /// Print the settings.
    ConfigShow,
    /// Hash a password, or compare it with a hash.
    Hash(Option<String>),
    /// Check whether a server is ready. The default is the server described by the settings.
    Health(Option<PublicUrl>),
    /// Print the OpenAPI description, optionally for a server at this URL.
    OpenApi(Option<PublicUrl>),
    /// Print the completion script of a shell.
    Completions(Shell),
    /// List, check, export or preview the templates of pages and emails.
    Templates(TemplatesVerb),
    /// An admin command.
    Admin(AdminVerb),
}

/// A parsed command line.
#[derive(Debug)]
pub struct Invocation {
    pub command: Command,
    pub format: OutputFormat,
    /// Settings given as flags.
    pub args: Args,
}

/// Parses a command line. The first argument is the name of the program.
///
/// # Errors
/// Returns text to print instead of running a command, such as the help. [`clap::Error::exit`] prints it.
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

/// Combines the flags with the process environment and the working directory.
///
/// # Errors
/// Returns an error if the working directory no longer exists.
pub fn sources(args: Args) -> io::Result<Sources> {
    Ok(Sources { args, env: environment(), dir: std::env::current_dir()? })
}

/// Reads the environment. In values that are not UTF-8, invalid bytes become replacement characters, which the
/// settings reject.
#[allow(clippy::disallowed_methods, reason = "the only place that reads the environment")]
fn environment() -> Vec<(String, String)> {
    let text = |raw: OsString| raw.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

const CONFIG: &str = "config";
const JSON: &str = "json";
const PLAN: &str = "plan";
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
            verb("check", "Report all configuration problems without creating or changing anything", help::CHECK)
                .arg(json_flag()),
        )
        .subcommand(
            verb("show", "Print every setting, its value and its source; secrets are masked", help::SHOW)
                .arg(json_flag()),
        );
    let hash = verb("hash", "Print the hash of a password, with the current settings", help::HASH)
        .arg(Arg::new(VERIFY).long("verify").value_name("PHC").help("Compare the password with this hash instead"))
        .arg(json_flag());
    let health = verb("health", "Check whether a running server is ready", help::HEALTH)
        .arg(health::url_argument())
        .arg(json_flag());
    let openapi =
        verb("openapi", "Print the OpenAPI 3.1 description of the API", help::OPENAPI).arg(openapi::server_argument());
    let completions = verb("completions", "Print the completion script of a shell", help::COMPLETIONS)
        .arg(completions::shell_argument());
    clap::Command::new("portcullis")
        .version(env!("CARGO_PKG_VERSION"))
        .styles(STYLES)
        .about("User accounts for any application, as one self-hosted server")
        .long_about(help::ABOUT)
        .after_help(help::SHORT_END)
        .after_long_help(help::LONG_END)
        .subcommand(verb("serve", "Serve until stopped; the default command", help::SERVE))
        .subcommand(
            verb("migrate", "Migrate the database to this version, then exit", help::MIGRATE)
                .arg(
                    Arg::new(PLAN)
                        .long(PLAN)
                        .action(ArgAction::SetTrue)
                        .help("List the pending steps without applying them"),
                )
                .arg(json_flag()),
        )
        .subcommand(config)
        .subcommand(hash)
        .subcommand(health)
        .subcommand(openapi)
        .subcommand(completions)
        .subcommand(templates::grammar())
        .subcommands(admin::grammars())
        .arg(config_flag())
        .args(settings::flags())
}

fn config_flag() -> Arg {
    Arg::new(CONFIG)
        .long("config")
        .value_name("FILE")
        .help("Read settings from this TOML file [default: portcullis.toml, if it exists]")
        .value_parser(value_parser!(PathBuf))
        .global(true)
}

fn json_flag() -> Arg {
    Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("Print JSON, for scripts")
}

/// Returns the output format of the innermost command.
fn output_format(matches: &ArgMatches) -> OutputFormat {
    match matches.subcommand() {
        Some((_, matches)) => output_format(matches),
        None if matches!(matches.try_get_one(JSON), Ok(Some(true))) => OutputFormat::Json,
        None => OutputFormat::Text,
    }
}

fn command(matches: &ArgMatches) -> Command {
    match matches.subcommand() {
        Some(("migrate", given)) => Command::Migrate(given.get_flag(PLAN)),
        Some(("config", config)) if config.subcommand_name() == Some("show") => Command::ConfigShow,
        Some(("config", _)) => Command::ConfigCheck,
        Some(("hash", hash)) => Command::Hash(hash.get_one(VERIFY).cloned()),
        Some(("health", matches)) => Command::Health(health::url(matches)),
        Some(("openapi", matches)) => Command::OpenApi(openapi::server(matches)),
        Some(("completions", matches)) => completions::shell(matches).map_or(Command::Serve, Command::Completions),
        Some(("templates", given)) => Command::Templates(templates::verb(given)),
        _ => admin::request(matches).map_or(Command::Serve, Command::Admin),
    }
}
