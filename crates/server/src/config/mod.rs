//! Settings: read from the command line, the environment, `.env` and TOML, checked as a whole, and provided as typed
//! values.
//!
//! `sections` defines the settings, one file per group. The other files are generic and name no setting, except
//! `secrets`, which generates those needed in development, and `clients`, which reads the client tables: `layers`
//! reads the sources, `values` merges them, `report` collects problems and `fix` suggests fixes. The process
//! environment is not read here but passed in `Sources`.

mod clients;
mod developer_access;
mod environment;
mod errors;
mod fix;
mod inspection;
mod layers;
mod listing;
mod markdown;
mod mask;
mod names;
mod origin;
mod permissions;
mod report;
mod resolve;
mod secrets;
mod sections;
pub(crate) mod setting;
mod sources;
pub(crate) mod suggest;
mod text_file;
mod value;
mod values;

pub use developer_access::DeveloperAccess;
pub use environment::Environment;
pub use errors::{ConfigErrors, ConfigProblem};
pub use inspection::{Inspection, Loaded, inspect, load, load_for_port};
pub use listing::{ListedSetting, Listing};
pub(crate) use markdown::meaning;
pub use markdown::settings_markdown;
pub use secrets::create_private_dir;
pub use sections::{
    Accounts, Admin, Argon2, Audit, Brand, Branding, Browser, Config, Corners, CorsOrigins, Credentials, Enumeration,
    Hashing, Http, IdTokenAlgorithm, Image, JwtAlgorithm, Locale, Log, LogFormat, Mail, MailTls, MailTransport,
    Passkeys, Password, RealmPolicy, Redis, Signing, Sms, Smtp, Store, Templates, Token, Twilio,
};
pub(crate) use sections::{SECTIONS, Section};
pub use sources::{Args, Sources};
pub(crate) use value::read_duration as duration;
pub use value::{Database, ListenOn, PublicUrl, Rgb};
pub(crate) use values::Values;
