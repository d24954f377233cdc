//! What the help says besides the list of commands and flags.

pub(super) const ABOUT: &str = "\
User accounts for any application, as one self-hosted server: registration, verified
addresses, login with signed tokens, recovery, sessions.

Without settings it serves on http://127.0.0.1:8000 for development: data and generated
secrets go to ./data, mails are shown at /dev/mailbox instead of being sent.";

pub(super) const SHORT_END: &str = "\
Examples:
  portcullis                         serve for development
  portcullis --port 9000             the same on another port
  portcullis config check            say what is wrong with the settings
  portcullis --help                  the flags of all settings";

pub(super) const LONG_END: &str = "\
Settings:
  Each can be given, stronger first, as a flag (--port 9000), in the environment
  (PORT=9000), in .env of the working folder (PORT=9000), or in TOML (port = 9000) by
  --config FILE or portcullis.toml of the working folder. NAME_FILE (--port-file,
  PORT_FILE, port_file) reads the value from a file instead, which is the way for secrets.
  Durations are 90s, 30m, 12h, 30d, or seconds.

Examples:
  portcullis
      Serve for development on http://127.0.0.1:8000.
  portcullis --host 0.0.0.0 --public-url https://accounts.example.com \\
      --mail-server smtp.example.com --jwt-secret-file jwt --encryption-key-file key
      Serve in production, behind a proxy that ends TLS.
  portcullis --config /etc/portcullis.toml config check
      Say everything that is wrong with a configuration before it is used.

Where to look next:
  portcullis config show     every setting in force, and where it comes from
  /docs                      the API, once the server runs (DOCS=on)
  /dev/mailbox               the mails, in development";
