//! Names and flags of the admin commands. Flags are named like the API fields.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::{
    super::{help, json_flag},
    client_grammar::CLIENTS,
    flags::{flag_help, subject_help},
};

/// A parsed admin command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminVerb {
    pub group: &'static str,
    pub name: &'static str,
    /// Users, addresses, keys or sessions that the command applies to.
    pub subjects: Vec<String>,
    /// Flags with a value, by name.
    pub flags: Vec<(&'static str, String)>,
    pub switches: Vec<&'static str>,
    /// Server to call. `None` for this process.
    pub server: Option<ServerAddress>,
}

/// A server reached over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    pub url: String,
    /// File that contains the API key.
    pub key_file: PathBuf,
}

impl AdminVerb {
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a repeatable flag.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.flags.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns whether the command only works on files.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        (self.group, self.name) == ("audit", "verify") && !self.subjects.is_empty() && self.flag("public-key").is_some()
    }

    pub(super) fn has(&self, switch: &str) -> bool {
        self.switches.contains(&switch)
    }
}

/// Name, description, arguments, flags and switches of a command.
pub(super) struct Spec {
    name: &'static str,
    about: &'static str,
    subjects: &'static [&'static str],
    flags: &'static [&'static str],
    switches: &'static [&'static str],
}

pub(super) const fn spec(
    name: &'static str,
    about: &'static str,
    subjects: &'static [&'static str],
    flags: &'static [&'static str],
    switches: &'static [&'static str],
) -> Spec {
    Spec { name, about, subjects, flags, switches }
}

const USERS: &[Spec] = &[
    spec("list", "List users, newest first", &[], &["realm", "status", "role", "limit", "cursor"], &[]),
    spec("find", "Find users by address or name", &["WHAT"], &["realm", "limit", "cursor"], &[]),
    spec("show", "Show a user", &["USER"], &["realm"], &[]),
    spec(
        "create",
        "Invite a user, or create one with a verified address",
        &["ADDRESS"],
        &["realm", "first-name", "last-name", "role", "send"],
        &["email-verified"],
    ),
    spec("invite", "Send an invitation again, with a new link", &["USER"], &["realm"], &[]),
    spec(
        "edit",
        "Change name, roles, address or phone number",
        &["USER"],
        &["realm", "first-name", "last-name", "role", "email", "phone", "reason"],
        &["no-roles"],
    ),
    spec("lock", "Lock a user and end all sessions", &["USER"], &["realm", "reason", "until"], &[]),
    spec("unlock", "Unlock a user", &["USER"], &["realm", "reason"], &[]),
    spec(
        "verified",
        "Mark an address or phone number as verified",
        &["USER"],
        &["realm", "reason"],
        &["email", "phone"],
    ),
    spec("resend", "Resend the verification email", &["USER"], &["realm"], &[]),
    spec("reset", "Send a password reset link", &["USER"], &["realm", "reason"], &["print"]),
    spec("compromised", "Mark a password as compromised", &["USER"], &["realm", "reason"], &[]),
    spec("unthrottle", "Reset the failed password and second-factor attempts", &["USER"], &["realm"], &[]),
    spec("sessions", "List the sessions of a user", &["USER"], &["realm"], &[]),
    spec("end", "End the sessions of a user", &["USER"], &["realm", "session"], &[]),
    spec("erase", "Erase a user", &["USER"], &["realm", "reason"], &["yes", "no-notify"]),
    spec(
        "impersonate",
        "Print an access token that impersonates a user",
        &["USER"],
        &["realm", "reason", "minutes"],
        &[],
    ),
];
const ADMINS: &[Spec] = &[
    spec("list", "List administrators and invitations", &[], &[], &[]),
    spec("invite", "Invite an administrator", &["ADDRESS"], &["role"], &["print"]),
    spec("grant", "Add grants to an administrator", &["ADDRESS"], &["role"], &[]),
    spec("revoke", "Remove grants, or the administrator if none is given", &["ADDRESS"], &["role"], &["yes"]),
    spec("reset", "Send an administrator a password reset link", &["ADDRESS"], &[], &[]),
];
const ADMIN_KEYS: &[Spec] = &[
    spec("create", "Create an API key", &["NAME"], &["role", "allow", "network", "expires-at"], &[]),
    spec("list", "List keys", &[], &[], &[]),
    spec("revoke", "Revoke a key", &["KEY"], &[], &["yes"]),
];
const REALMS: &[Spec] = &[
    spec("list", "List realms", &[], &[], &[]),
    spec("show", "Show a realm and its policy", &[], &["realm"], &[]),
    spec("end-sessions", "End all sessions of a realm", &[], &["realm", "reason"], &["yes"]),
];

const AUDIT: &[Spec] = &[
    spec(
        "query",
        "List rows, newest first",
        &[],
        &[
            "realm",
            "user",
            "email",
            "event",
            "actor",
            "outcome",
            "request-id",
            "session",
            "from",
            "to",
            "limit",
            "cursor",
        ],
        &[],
    ),
    spec(
        "verify",
        "Verify the blocks of the database, or of an export",
        &["[FILE]"],
        &["from", "checkpoints", "public-key", "retention", "retention-reads"],
        &[],
    ),
    spec("export", "Print rows as JSON lines, oldest first", &[], &["realm", "from", "to"], &["blocks"]),
    spec("blocks", "List blocks, newest first", &[], &["chain", "limit", "cursor"], &[]),
    spec("key", "Print the public keys that verify blocks", &[], &[], &[]),
    spec("rotate-key", "Sign with a new key from now on, and print all public keys", &[], &[], &[]),
];
const WHY: Spec = spec("why", "Explain the outcome of a request", &["REQUEST_ID"], &[], &[]);
const STATS: Spec = spec("stats", "Count users, sign-ins and messages per day", &[], &["realm", "days"], &[]);
/// Verbs without a group, with their examples.
const SINGLE: [(&Spec, &str); 2] = [(&WHY, help::WHY), (&STATS, help::STATS)];
const OUTBOX: &[Spec] = &[
    spec(
        "list",
        "List pending and abandoned messages",
        &[],
        &["realm", "user", "state", "channel", "limit", "cursor"],
        &[],
    ),
    spec("retry", "Send a message now", &["MESSAGE"], &[], &[]),
    spec("drop", "Drop a message, so that it is never sent", &["MESSAGE"], &[], &["yes"]),
];
const KEYS: &[Spec] = &[
    spec("list", "List the keys that sign access tokens", &[], &[], &[]),
    spec("rotate", "Create a key, which signs an hour later", &[], &[], &[]),
    spec("retire", "Remove a key", &["KID"], &[], &["force", "yes"]),
];

type Group = (&'static str, &'static str, &'static str, &'static [Spec]);

const GROUPS: &[Group] = &[
    ("users", "Find, create, lock and reset users", help::USERS, USERS),
    ("admins", "Invite administrators and change their grants", help::ADMINS, ADMINS),
    ("admin-keys", "Create and revoke API keys", help::ADMIN_KEYS, ADMIN_KEYS),
    ("clients", "Register applications that sign users in (OpenID Connect)", help::CLIENTS, CLIENTS),
    ("realms", "List realms and end their sessions", help::REALMS, REALMS),
    ("audit", "Search, verify and export the audit trail", help::AUDIT, AUDIT),
    ("outbox", "List, send and drop messages", help::OUTBOX, OUTBOX),
    ("keys", "List, rotate and remove the keys that sign access tokens", help::KEYS, KEYS),
];

const SERVER: &str = "server";
const KEY_FILE: &str = "key-file";
/// Flags that can be repeated.
const REPEATED: [&str; 7] = ["role", "allow", "network", "redirect-uri", "post-logout-redirect-uri", "grant", "scope"];

pub(in crate::cli) fn grammars() -> impl Iterator<Item = clap::Command> {
    let single = SINGLE.iter().map(|(spec, examples)| grammar(spec).after_help(*examples));
    let groups = GROUPS.iter().map(|(name, about, examples, specs)| {
        let group = clap::Command::new(*name).about(*about).after_help(*examples);
        let group = group.subcommand_required(true).arg_required_else_help(true);
        group.subcommands(specs.iter().map(grammar))
    });
    groups.chain(single)
}

fn grammar(spec: &Spec) -> clap::Command {
    let mut verb = clap::Command::new(spec.name).about(spec.about);
    for subject in spec.subjects {
        // Names of optional arguments are in brackets.
        let (name, is_required) = (subject.trim_matches(['[', ']']), !subject.starts_with('['));
        verb = verb.arg(Arg::new(*subject).value_name(name).required(is_required).help(subject_help(subject)));
    }
    for flag in spec.flags {
        let action = if REPEATED.contains(flag) { ArgAction::Append } else { ArgAction::Set };
        verb = verb.arg(Arg::new(*flag).long(*flag).value_name("VALUE").action(action).help(flag_help(flag)));
    }
    for switch in spec.switches {
        verb = verb.arg(Arg::new(*switch).long(*switch).action(ArgAction::SetTrue).help(flag_help(switch)));
    }
    let server = Arg::new(SERVER).long(SERVER).value_name("URL").requires(KEY_FILE);
    let key = Arg::new(KEY_FILE).long(KEY_FILE).value_name("FILE").value_parser(value_parser!(PathBuf));
    verb.arg(server.help("Call this server instead of using the database in the settings"))
        .arg(key.help("File with an API key of an administrator").requires(SERVER))
        .arg(json_flag())
}

/// Returns the admin command that was given, if any.
pub(in crate::cli) fn request(matches: &ArgMatches) -> Option<AdminVerb> {
    let (group, matches) = matches.subcommand()?;
    if let Some((spec, _)) = SINGLE.iter().find(|(spec, _)| spec.name == group) {
        return Some(verb_of(spec.name, spec, matches));
    }
    let (group, _, _, specs) = GROUPS.iter().find(|(name, ..)| *name == group)?;
    let (name, given) = matches.subcommand()?;
    let spec = specs.iter().find(|spec| spec.name == name)?;
    Some(verb_of(group, spec, given))
}

fn verb_of(group: &'static str, spec: &Spec, given: &ArgMatches) -> AdminVerb {
    let values = |name: &'static str| given.get_many::<String>(name).into_iter().flatten().cloned();
    AdminVerb {
        group,
        name: spec.name,
        subjects: spec.subjects.iter().flat_map(|subject| values(subject)).collect(),
        flags: spec.flags.iter().flat_map(|flag| values(flag).map(move |value| (*flag, value))).collect(),
        switches: spec.switches.iter().copied().filter(|switch| given.get_flag(switch)).collect(),
        server: given
            .get_one::<String>(SERVER)
            .zip(given.get_one::<PathBuf>(KEY_FILE))
            .map(|(url, key_file)| ServerAddress { url: url.clone(), key_file: key_file.clone() }),
    }
}
