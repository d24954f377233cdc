//! A setting: its name, default, description and format.

use std::fmt;

use super::value::ValueFormat;

/// Placeholder of settings that accept any secret.
const SECRET: &str = "SECRET";

/// Suffix of a name that gives the path of a file with the value.
pub(super) const FILE_SUFFIX: &str = "_FILE";

/// A setting, with the type of its value.
#[derive(Debug)]
pub(crate) struct Setting<T: 'static> {
    info: Info,
    form: ValueFormat<T>,
}

/// Description of a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Info {
    /// Name in upper case, as in the environment.
    pub(crate) name: &'static str,
    /// Value if the setting is not set.
    pub(crate) default: Fallback,
    /// Description, as one or more sentences.
    pub(crate) doc: &'static str,
    /// Placeholder of its value in the help.
    pub(crate) placeholder: &'static str,
    /// Whether its value is never shown.
    pub(crate) is_secret: bool,
    /// Whether the recommended value is 32 random bytes.
    pub(crate) is_random: bool,
    /// Whether it can be set for one realm.
    pub(crate) is_per_realm: bool,
}

/// Value of a setting that is not set.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fallback {
    /// A fixed text, parsed like a configured one.
    Fixed(&'static str),
    /// A value derived from other settings or from the machine. The text describes it.
    Derived(&'static str),
    Nothing,
}

/// Placeholder for the member name in the name of a family's setting.
pub(crate) const MEMBER: &str = "<NAME>";

/// A setting with its type erased.
pub(crate) trait Entry: Sync + fmt::Debug {
    fn info(&self) -> &Info;

    /// Checks whether a text has the setting's format. The error describes the expected format.
    fn check(&self, text: &str) -> Result<(), String>;

    /// Returns the probable intention behind a rejected text, or an example.
    fn meant(&self, text: &str) -> Option<String>;

    /// Returns the setting of one member of a family. It is leaked, because the program reads its settings only once.
    fn of_member(&self, name: String) -> &'static dyn Entry;
}

impl Info {
    /// Trims whitespace. In secrets it is significant, so only trailing newlines are removed.
    pub(super) fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        if self.is_secret && self.placeholder == SECRET { text.trim_end_matches(['\r', '\n']) } else { text.trim() }
    }

    /// Returns the name parts before and after the member name. Returns `None` if the setting belongs to no family.
    pub(crate) fn family(&self) -> Option<(&'static str, &'static str)> {
        self.name.split_once(MEMBER)
    }

    /// Returns whether the value is a URL, which may contain a password.
    pub(super) fn is_url(&self) -> bool {
        self.placeholder == "URL"
    }
}

impl<T: 'static> Setting<T> {
    pub(super) const fn new(name: &'static str, form: ValueFormat<T>, default: Fallback, doc: &'static str) -> Self {
        let info = Info {
            name,
            default,
            doc,
            placeholder: form.placeholder,
            is_secret: false,
            is_random: false,
            is_per_realm: false,
        };
        Self { info, form }
    }

    /// Marks a setting whose value is never shown.
    pub(super) const fn secret(self) -> Self {
        let info = Info { is_secret: true, ..self.info };
        Self { info, ..self }
    }

    /// Marks a setting whose recommended value is 32 random bytes.
    pub(super) const fn random(self) -> Self {
        let info = Info { is_random: true, ..self.info };
        Self { info, ..self }
    }

    /// Marks a setting that can be set for one realm.
    pub(super) const fn per_realm(self) -> Self {
        let info = Info { is_per_realm: true, ..self.info };
        Self { info, ..self }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.info.name
    }

    /// Parses a text.
    pub(super) fn read(&self, text: &str) -> Result<T, String> {
        (self.form.read)(text)
    }
}

impl<T: fmt::Debug + 'static> Entry for Setting<T> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn check(&self, text: &str) -> Result<(), String> {
        self.read(text).map(drop)
    }

    fn meant(&self, text: &str) -> Option<String> {
        let meant = (self.form.meant)(text).filter(|meant| self.read(meant).is_ok());
        meant.or_else(|| self.form.example.map(str::to_owned))
    }

    fn of_member(&self, name: String) -> &'static dyn Entry {
        let info = Info { name: name.leak(), ..self.info };
        Box::leak(Box::new(Self { info, form: self.form }))
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) | Self::Derived(text) => f.write_str(text),
            Self::Nothing => f.write_str("none"),
        }
    }
}
