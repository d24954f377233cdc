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
  portcullis help migrate            what a command does, with examples
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
  portcullis templates list  the mails and pages, and how to change them
  /docs                      the API, once the server runs (DOCS=on)
  portcullis openapi         its description, for programs
  /dev/mailbox               the mails, in development";

pub(super) const SERVE: &str = "\
Examples:
  portcullis serve
      For development, on http://127.0.0.1:8000.
  portcullis serve --port 9000 --data-dir /tmp/portcullis --log-level debug
      The same on another port, with its data elsewhere, telling more.
  portcullis serve --config /etc/portcullis.toml
      With the settings of a file.";

pub(super) const MIGRATE: &str = "\
The server does the same at its start. A step is taken wholly or not at all.

Examples:
  portcullis migrate
      Print the steps that were taken, or that there are none.
  portcullis migrate --json
      The same as {\"applied\":[…]}.";

pub(super) const CONFIG: &str = "\
Examples:
  portcullis config check            what is wrong?
  portcullis config show             what is in force, and why?";

pub(super) const CHECK: &str = "\
The exit code is 1 when anything is wrong.

Examples:
  portcullis --config /etc/portcullis.toml config check
      Before a new configuration is used.
  ENVIRONMENT=production portcullis config check
      What is missing for production?
  portcullis config check --json | jq -r '.problems[].name'
      The names of the settings that are wrong.";

pub(super) const SHOW: &str = "\
The exit code is 1 when anything is wrong.

Examples:
  portcullis config show
      Every setting.
  portcullis config show --json | jq -r '.settings[] | select(.name == \"PUBLIC_URL\").value'
      One of them, for a script.";

pub(super) const HASH: &str = "\
The password is read from standard input, or asked for on a terminal, without being shown.
The hash is Argon2id in the PHC string format, by ARGON2_MEMORY_KIB, ARGON2_ITERATIONS and
ARGON2_PARALLELISM. With --verify the exit code is 1 when the password is another one.

Examples:
  portcullis hash
      Ask for a password, print its hash.
  printf %s \"$PASSWORD\" | portcullis hash
      The same in a script.
  portcullis hash --verify '$argon2id$v=19$m=19456,t=2,p=1$…'
      Is it this one?";

pub(super) const OPENAPI: &str = "\
The same as at /openapi.json, with everything that a server for development has. It is JSON.

Examples:
  portcullis openapi > openapi.json
      For a generator of clients, or to be compared with the one before.
  portcullis openapi --server https://accounts.example.com --realms Shop
      For the server that is reached there.
  portcullis openapi | jq -r '.paths | keys[]'
      Every path.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(portcullis completions bash)
      In ~/.bashrc.
  portcullis completions zsh > ~/.zfunc/_portcullis
      With ~/.zfunc in fpath, before compinit.
  portcullis completions fish > ~/.config/fish/completions/portcullis.fish";

pub(super) const TEMPLATES: &str = "\
A folder, TEMPLATES_DIR, replaces the built-in templates file by file.

Examples:
  portcullis templates export mine
      Begin with the built-in ones; change some, remove the others.
  portcullis templates check mine
      Is anything wrong with them?
  portcullis --templates-dir mine templates preview
      See them, filled with samples.";

pub(super) const TEMPLATES_LIST: &str = "\
Examples:
  portcullis templates list
      Every template, with the names that it may use.
  portcullis templates list --json | jq -r '.[] | select(.is_replaced).name'
      Those that TEMPLATES_DIR replaces.";

pub(super) const TEMPLATES_CHECK: &str = "\
The server does the same at its start, but a file that replaces nothing only gets a warning
there. The exit code is 1 when anything is wrong.

Examples:
  portcullis templates check mine
      A line for each fault: file, line, what it is.
  portcullis templates check --json | jq -r '.faults[] | \"\\(.file):\\(.line)\"'
      Where the faults of TEMPLATES_DIR are.";

pub(super) const TEMPLATES_EXPORT: &str = "\
Examples:
  portcullis templates export mine
      Write them all, unless one is there already.
  portcullis templates export mine --force
      Overwrite those that are there.";

pub(super) const PREVIEW: &str = "\
In development the server shows the same at /dev/templates.

Examples:
  portcullis templates preview
      Into ./templates-preview; open its index.html.
  portcullis --templates-dir mine --app-name Shop templates preview looks
      With these templates and this name, into ./looks.";
