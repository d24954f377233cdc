//! Help texts. The lists of commands and flags are elsewhere.

pub(super) const ABOUT: &str = "\
User accounts for any application, as one self-hosted server: registration, verified
addresses, login with signed tokens, password reset, sessions.

Without settings it serves on http://localhost:8000 for development: data and the generated
key are stored in ./data, emails are shown at /dev/mailbox instead of being sent.";

pub(super) const SHORT_END: &str = "\
Examples:
  portcullis                         serve for development
  portcullis --port 9000             serve on another port
  portcullis config check            report problems with the settings
  portcullis help migrate            explain a command, with examples
  portcullis --help                  list the flags of all settings";

pub(super) const LONG_END: &str = "\
Settings:
  Each setting can be set in four places, the strongest first: as a flag (--port 9000), in
  the environment (PORT=9000), in .env in the working folder (PORT=9000), or in TOML
  (port = 9000) in the file of --config or in portcullis.toml in the working folder.
  NAME_FILE (--port-file, PORT_FILE, port_file) reads the value from a file; use it for
  secrets. A setting that can be set per realm can have another value for one realm: in TOML
  below [realms.NAME], or as REALM_<NAME>_<SETTING> in the environment or .env.
  Durations are 90s, 30m, 12h, 30d, or a number of seconds.

Examples:
  portcullis
      Serve for development on http://localhost:8000.
  portcullis --host 0.0.0.0 --public-url https://accounts.example.com \\
      --mail-server smtp.example.com --encryption-key-file key
      Serve in production, behind a proxy that terminates TLS.
  portcullis --config /etc/portcullis.toml config check
      Report the problems of a configuration before it is used.

See also:
  portcullis config show     every setting, its value and its source
  portcullis templates list  the templates of emails and pages
  portcullis openapi         the description of the API (OpenAPI)
  /docs                      the documentation of the API, on the running server (DOCS=on)
  /dev/mailbox               the emails, in development";

pub(super) const SERVE: &str = "\
Examples:
  portcullis serve
      Serve for development, on http://localhost:8000.
  portcullis serve --port 9000 --data-dir /tmp/portcullis --log-level debug
      Use another port and another data folder, and log more.
  portcullis serve --config /etc/portcullis.toml
      Read settings from a file.";

pub(super) const MIGRATE: &str = "\
The server does the same when it starts. Each step is applied completely or not at all.

Examples:
  portcullis migrate
      Print the steps that were applied.
  portcullis migrate --plan
      Print the pending steps without applying them.
  portcullis migrate --json
      Print them as {\"applied\":[…]}.";

pub(super) const CONFIG: &str = "\
Examples:
  portcullis config check            report what is wrong
  portcullis config show             list every setting, its value and its source";

pub(super) const CHECK: &str = "\
The exit code is 1 if anything is wrong.

Examples:
  portcullis --config /etc/portcullis.toml config check
      Check a new configuration before it is used.
  ENVIRONMENT=production portcullis config check
      Report what is missing for production.
  portcullis config check --json | jq -r '.problems[].name'
      Print the names of the settings that are wrong.";

pub(super) const SHOW: &str = "\
Settings of a realm are only listed if they differ. The exit code is 1 if anything is wrong.

Examples:
  portcullis config show
      List every setting.
  portcullis config show --json | jq -r '.settings[] | select(.name == \"PUBLIC_URL\").value'
      Print the value of one setting.";

pub(super) const HASH: &str = "\
The password is read from standard input. On a terminal, it is prompted for and not shown. The
hash is Argon2id in the PHC string format, with the cost of ARGON2_MEMORY_KIB,
ARGON2_ITERATIONS and ARGON2_PARALLELISM. With --verify, the exit code is 1 if the password
does not match.

Examples:
  portcullis hash
      Prompt for a password and print its hash.
  printf %s \"$PASSWORD\" | portcullis hash
      Hash a password in a script.
  portcullis hash --verify '$argon2id$v=19$m=19456,t=2,p=1$…'
      Compare a password with a hash.";

pub(super) const HEALTH: &str = "\
Without --url, the server on this machine is checked at /readyz (HOST and PORT of the same
settings). The exit code is 0 if it is ready, and 1 otherwise.

Examples:
  portcullis health
      Check the server on this machine, as the HEALTHCHECK of the image does.
  portcullis --config /etc/portcullis/portcullis.toml health
      Check the server that uses this file.
  portcullis health --url https://accounts.example.com
      Check a server from outside, through its proxy.";

pub(super) const OPENAPI: &str = "\
The output is the same JSON as /openapi.json. --realms and --server set the realms and the
server in its logins and examples. The realm itself is a parameter of each route.

Examples:
  portcullis openapi > openapi.json
      Write it to a file, for a client generator or a comparison.
  portcullis openapi --server https://accounts.example.com --realms Shop
      Describe the server at this address.
  portcullis openapi | jq -r '.paths | keys[]'
      List the paths.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(portcullis completions bash)
      In ~/.bashrc.
  portcullis completions zsh > ~/.zfunc/_portcullis
      With ~/.zfunc in fpath, before compinit.
  portcullis completions fish > ~/.config/fish/completions/portcullis.fish";

pub(super) const USERS: &str = "\
The commands use the configured database with the permissions of an owner, including while
servers are running. The audit trail records the user of the operating system. With --server URL
and --key-file FILE, they call a server instead. Exit codes: 0 success, 1 rejected, 2 usage error,
3 not found, 4 server not reachable.

Examples:
  portcullis users find --realm User1 ada@example.com
      Find a user by address.
  portcullis users lock --realm User1 ada@example.com --reason 'Reported stolen by the owner'
      Lock a user and end all sessions.
  portcullis users reset --realm User1 ada@example.com
      Send a password reset link.";

pub(super) const ADMINS: &str = "\
Grants are ROLE@REALM, or ROLE for all realms. The roles are auditor, support, manager, owner
and impersonate.

Examples:
  portcullis admins invite ada@example.com --role owner --print
      Create the first owner: print a link to a form for choosing a password.
  portcullis admins grant bob@example.com --role support@User1
      Allow Bob to support the users of a realm.
  portcullis admins revoke bob@example.com --role support@User1
      Revoke that role. The change applies to the next request.";

pub(super) const ADMIN_KEYS: &str = "\
Examples:
  portcullis admin-keys create billing --role support@User1 --network 10.0.0.0/8
      Create an API key and print it once.
  portcullis admin-keys list
      List API keys with the day of their last use.";

pub(super) const CLIENTS: &str = "\
A client can be used immediately, on all servers. Clients can also be defined in the TOML file,
as [realms.NAME.clients.ID].

Examples:
  portcullis clients add shop --name Shop --first-party --redirect-uri https://shop.example.com/callback
      Add an application with its own server, and print its secret once.
  portcullis clients add app --type public --redirect-uri com.example.app:/callback --grant refresh_token
      Add a mobile application, which has no secret.
  portcullis clients rotate shop
      Generate a new secret. The previous one remains valid until the next rotation.";

pub(super) const REALMS: &str = "\
Examples:
  portcullis realms list
      List the realms.
  portcullis realms show --realm User1
      Show the policy of a realm, and the source of each of its settings.
  portcullis realms end-sessions --realm User1 --reason 'Signing keys were copied' --yes
      Sign out all users of a realm.";

pub(super) const AUDIT: &str = "\
Rows are sealed in signed blocks, which form a chain. verify reads the database or an export with
blocks. Its exit code is 1 if anything was changed, added, removed or truncated.

Examples:
  portcullis audit query --realm User1 --event user_locked --from 2026-11-01T00:00:00Z
      List the locks since 1 November.
  portcullis audit verify --checkpoints /var/log/portcullis.log
      Verify the database, and compare its blocks with those in the log.
  portcullis audit key > audit-key.pem
      Print the public key, to be stored elsewhere.
  portcullis audit export --blocks > audit.jsonl
      Export everything, so that it can be verified with only the public key:
  portcullis audit verify --public-key audit-key.pem audit.jsonl";

pub(super) const WHY: &str = "\
Examples:
  portcullis why c7r3n1h0ja1k0v6sq7t2m8g4c9
      Explain the outcome of a request of the last 30 days, and the setting that decided it.";

pub(super) const OUTBOX: &str = "\
Examples:
  portcullis outbox list --state dead
      List abandoned messages.
  portcullis outbox retry o7k0v6sq7t2m8g4c9e5r3n1h0j
      Send a message immediately.";

pub(super) const KEYS: &str = "\
Examples:
  portcullis keys list
      List the keys that sign access tokens.
  portcullis keys rotate
      Rotate a key early. The new key is published immediately, and signs an hour later.
  portcullis keys retire k7k0v6sq7t2m8g4c9e5r3n1h0j --force --yes
      Remove a compromised key. Its tokens become invalid within a minute.";

pub(super) const STATS: &str = "\
Events count once the audit trail has sealed them, up to 90 seconds later. Users are counted every
five minutes.

Examples:
  portcullis stats
      Show the last 30 days of all realms.
  portcullis stats --realm User1 --days 90 --json
      The same as JSON, with methods of sign-ins and reasons of refusals.";

pub(super) const TEMPLATES: &str = "\
The files in the folder TEMPLATES_DIR replace the built-in templates of the same name.

Examples:
  portcullis templates export mine
      Write the built-in templates. Change some of them and delete the others.
  portcullis templates check mine
      Report what is wrong with them.
  portcullis --templates-dir mine templates preview
      Render them with sample data.";

pub(super) const TEMPLATES_LIST: &str = "\
Examples:
  portcullis templates list
      List all templates and their variables.
  portcullis templates list --json | jq -r '.[] | select(.is_replaced).name'
      Print the names of the templates replaced in TEMPLATES_DIR.";

pub(super) const TEMPLATES_CHECK: &str = "\
The server performs the same check at startup, but a file that replaces no template then only
causes a warning. The exit code is 1 if anything is wrong.

Examples:
  portcullis templates check mine
      Print a line for each problem: file, line, text.
  portcullis templates check --json | jq -r '.faults[] | \"\\(.file):\\(.line)\"'
      Print the locations of the problems in TEMPLATES_DIR.";

pub(super) const TEMPLATES_EXPORT: &str = "\
Examples:
  portcullis templates export mine
      Write all templates. Nothing is written if one of the files exists.
  portcullis templates export mine --force
      Overwrite existing files.";

pub(super) const PREVIEW: &str = "\
In development, the server shows the same preview at /dev/templates.

Examples:
  portcullis templates preview
      Write to ./templates-preview. Open index.html in a browser.
  portcullis --templates-dir mine --app-name Shop templates preview looks
      Use these templates and this name, and write to ./looks.";
