//! Inputs from which settings are read.

use std::{fmt, path::PathBuf};

/// Settings given on the command line.
#[derive(Default, Clone)]
pub struct Args {
    /// TOML file, if given.
    pub config: Option<PathBuf>,
    /// Names as in the environment (`PORT`, `JWT_SECRET_FILE`), with their values.
    pub settings: Vec<(String, String)>,
}

/// All inputs from which settings are read.
#[derive(Default, Clone)]
pub struct Sources {
    /// The command line.
    pub args: Args,
    pub env: Vec<(String, String)>,
    /// The working directory, which may contain `.env` and `portcullis.toml`. Relative paths are resolved against it.
    pub dir: PathBuf,
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.settings.iter().map(|(name, _)| name).collect();
        f.debug_struct("Args").field("config", &self.config).field("settings", &names).finish()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("args", &self.args).field("dir", &self.dir).finish_non_exhaustive()
    }
}
