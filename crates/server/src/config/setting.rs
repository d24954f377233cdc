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
    /// The heading under which it is listed.
    pub(crate) group: Group,
    /// What holds when it is not set.
    pub(crate) default: Fallback,
    /// One sentence.
    pub(crate) doc: &'static str,
    /// What stands for its value in the help.
    pub(crate) placeholder: &'static str,
    /// Never shown.
    pub(crate) is_secret: bool,
    /// Accepted and checked, but without effect in this version.
    pub(crate) is_reserved: bool,
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

/// The headings under which settings are listed, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    General,
    Http,
    Storage,
    Tokens,
    Accounts,
    Limits,
    Mail,
    Sms,
    Log,
}

impl Group {
    pub(crate) const ALL: [Self; 9] = [
        Self::General,
        Self::Http,
        Self::Storage,
        Self::Tokens,
        Self::Accounts,
        Self::Limits,
        Self::Mail,
        Self::Sms,
        Self::Log,
    ];

    /// The heading.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Http => "HTTP",
            Self::Storage => "Storage",
            Self::Tokens => "Tokens and sessions",
            Self::Accounts => "Accounts and passwords",
            Self::Limits => "Limits",
            Self::Mail => "Mail",
            Self::Sms => "SMS",
            Self::Log => "Log",
        }
    }
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

impl<T: 'static> Setting<T> {
    pub(super) const fn new(
        group: Group,
        name: &'static str,
        form: ValueFormat<T>,
        default: Fallback,
        doc: &'static str,
    ) -> Self {
        let info =
            Info { name, group, default, doc, placeholder: form.placeholder, is_secret: false, is_reserved: false };
        Self { info, form }
    }

    /// Its value is never shown.
    pub(super) const fn secret(self) -> Self {
        let info = Info { is_secret: true, ..self.info };
        Self { info, ..self }
    }

    /// It has no effect yet.
    pub(super) const fn reserved(self) -> Self {
        let info = Info { is_reserved: true, ..self.info };
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
