//! What a setting is: its name, what stands in for it, one sentence about it, and the form of its text.

use std::fmt;

use super::value::ValueFormat;

/// The ending of a name whose value is read from a file.
pub(super) const FILE_SUFFIX: &str = "_FILE";

/// One row of the table of settings, with the type that its text becomes.
#[derive(Debug)]
pub(crate) struct Setting<T: 'static> {
    info: Info,
    form: ValueFormat<T>,
}

/// What people are told about a setting.
#[derive(Debug)]
pub(crate) struct Info {
    /// Flat and upper case, as in the environment.
    pub(crate) name: &'static str,
    /// What holds when it is not set.
    pub(crate) default: Fallback,
    /// One sentence.
    pub(crate) doc: &'static str,
    /// What stands for its value in the help.
    pub(crate) placeholder: &'static str,
    /// Never shown.
    pub(crate) is_secret: bool,
    /// The best value is 32 random bytes.
    pub(crate) is_random: bool,
    /// Accepted and checked, but without effect in this version.
    pub(crate) is_reserved: bool,
    /// Can be set for one realm.
    pub(crate) is_per_realm: bool,
}

/// What holds when a setting is not set.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fallback {
    /// This text, read like one that was set.
    Fixed(&'static str),
    /// What other settings or the machine give; the text says how.
    Derived(&'static str),
    /// Nothing.
    Nothing,
}

/// A setting of whatever type: what the table is made of.
pub(crate) trait Entry: Sync + fmt::Debug {
    /// What people are told about it.
    fn info(&self) -> &Info;

    /// Whether the text has the setting's form; otherwise what it must be.
    fn check(&self, text: &str) -> Result<(), String>;

    /// What was probably meant by a text of another form; an example, where that cannot be told.
    fn meant(&self, text: &str) -> Option<String>;
}

impl Info {
    /// Removes blanks around a value. They belong to it only where it is secret.
    pub(super) fn trimmed<'a>(&self, text: &'a str) -> &'a str {
        if self.is_secret { text } else { text.trim() }
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
            is_reserved: false,
            is_per_realm: false,
        };
        Self { info, form }
    }

    /// Its value is never shown.
    pub(super) const fn secret(self) -> Self {
        let info = Info { is_secret: true, ..self.info };
        Self { info, ..self }
    }

    /// The best value is 32 random bytes.
    pub(super) const fn random(self) -> Self {
        let info = Info { is_random: true, ..self.info };
        Self { info, ..self }
    }

    /// It has no effect yet.
    pub(super) const fn reserved(self) -> Self {
        let info = Info { is_reserved: true, ..self.info };
        Self { info, ..self }
    }

    /// It can be set for one realm.
    pub(super) const fn per_realm(self) -> Self {
        let info = Info { is_per_realm: true, ..self.info };
        Self { info, ..self }
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        self.info.name
    }

    /// What a text means to it.
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
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) | Self::Derived(text) => f.write_str(text),
            Self::Nothing => f.write_str("none"),
        }
    }
}
