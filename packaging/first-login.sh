#!/usr/bin/env bash
# Signs up at a development server, follows the emailed link and logs in: packaging/first-login.sh BASE
# Waits until the server responds, and prints nothing unless something fails.
set -euo pipefail
base=$1

ask() {
    curl --silent --show-error --fail-with-body --noproxy '*' --max-time 20 --header 'Accept: application/json' "$@"
}

# Repeats a command until it succeeds, for at most ten seconds.
until_it_succeeds() {
    for _ in $(seq 100); do
        if "$@" 2>/dev/null; then return; fi
        sleep 0.1
    done
    "$@"
}

first_link() {
    ask "$base/dev/mailbox.json" | grep -o 'http://[^" \\]*/verify?token=[A-Za-z0-9_-]*' | head -n 1
}

until_it_succeeds ask "$base/readyz" >/dev/null
ask "$base/User1/create" --json '{"email": "ada@example.com", "password": "violet-teapot-hammer"}' >/dev/null
link=$(until_it_succeeds first_link)
# Links contain the address that the server is configured with.
ask "$base/${link#http://*/}" >/dev/null
token=$(ask "$base/User1/login" -d username=ada@example.com -d password=violet-teapot-hammer |
    sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
ask "$base/User1/me" --header "Authorization: Bearer $token" | grep -q '"is_email_verified":true'
