#!/usr/bin/env bash
# Packs a program and tests each format, from an empty environment to a verified login: packaging/check.sh PROGRAM FORMAT…
#
# Formats: archive, wheel, npm, deb, image. `archive`, `deb` and `image` require root. `deb` installs its own Debian in target/, and
# `image` uses buildah, which is installed if it is missing. Each takes less than 60 s after its package was created.
set -euo pipefail
program=$(realpath "$1")
shift
cd "$(dirname "$0")/.."

work=$(realpath -m "${CARGO_TARGET_DIR:-target}")/packages
packages=$work/out
version=$(packaging/version.sh)
server=
mkdir -p "$packages"

stop() {
    if [ -z "$server" ]; then return; fi
    # A launcher and its program are in one process group.
    kill -TERM -- "-$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
}
trap stop EXIT

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts a server with a command and an empty environment, logs in for the first time, and stops it. The array `health` is
# the health check command of the format, if it has one.
first_login() {
    local log=$work/$format.log
    set -m
    env -i PATH="$PATH" HOME="$home" PORT="$port" "$@" >"$log" 2>&1 &
    server=$!
    set +m
    if ! packaging/first-login.sh "http://127.0.0.1:$port" || ! "${health[@]}" >>"$log" 2>&1; then
        echo "$format: no login, or not healthy; the log:" >&2
        cat "$log" >&2
        exit 1
    fi
    stop
}

says_its_version() {
    local said
    said=$(env -i PATH="$PATH" HOME="$home" "$@" --version)
    test "$said" = "portcullis $version" || { echo "$format: --version says $said" >&2; exit 1; }
}

# Every format contains the same bytes.
is_the_program() {
    cmp "$program" "$1"
}

check_archive() {
    tar --extract --gzip --file "$1" --directory "$home" --strip-components 1
    # As an unprivileged user, in a folder that contains only the program: no shell, no library.
    local root=$home/root
    is_the_program "$home/portcullis"
    mkdir -p "$root/data"
    cp "$home/portcullis" "$root/"
    chown 65532:65532 "$root/data"
    local run=(chroot --userspec=65532:65532 "$root" /portcullis --data-dir /data)
    says_its_version "${run[@]}"
    # Name resolution must work without the libraries that glibc usually loads for it. Containers get this file from outside.
    mkdir "$root/etc"
    echo '127.0.0.1 server.test' > "$root/etc/hosts"
    health=(chroot --userspec=65532:65532 "$root" /portcullis health --url "http://server.test:$port")
    first_login "${run[@]}"
}

check_wheel() {
    python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$1"
    is_the_program "$home/venv/bin/portcullis"
    says_its_version "$home/venv/bin/portcullis"
    first_login env --chdir "$home" "$home/venv/bin/portcullis"
}

check_npm() {
    npm install --silent --offline --no-audit --no-fund --prefix "$home" "$@"
    is_the_program "$home"/node_modules/@portcullis/*/bin/portcullis
    says_its_version env --chdir "$home" npx --offline portcullis
    first_login env --chdir "$home" npx --offline portcullis
}

check_deb() {
    local root=$home/debian
    cp --archive "$work/debian" "$root"
    cp "$1" "$root/portcullis.deb"
    chroot "$root" dpkg --install /portcullis.deb >/dev/null
    is_the_program "$root/usr/bin/portcullis"
    says_its_version chroot "$root" portcullis
    # There is no systemd here, so the command of the unit is run directly, as its user and in its folder.
    local unit=$root/usr/lib/systemd/system/portcullis.service
    local command
    command=$(sed -n 's/^ExecStart=//p' "$unit")
    first_login chroot "$root" setpriv --reuid portcullis --regid portcullis --clear-groups \
        env --chdir "$(sed -n 's/^WorkingDirectory=//p' "$unit")" sh -c "exec $command"
    test -e "$root/var/lib/portcullis/portcullis.db"
    chroot "$root" dpkg --remove portcullis >/dev/null
    test -e "$root/etc/portcullis/portcullis.toml" -a -e "$root/var/lib/portcullis/portcullis.db" -a ! -e "$root/usr/bin/portcullis"
    chroot "$root" dpkg --purge portcullis >/dev/null 2>&1
    test ! -e "$root/etc/portcullis" -a ! -e "$root/var/lib/portcullis"
    if grep -q portcullis "$root/etc/passwd"; then echo "deb: a purge keeps the user" >&2; exit 1; fi
}

check_image() {
    local buildah=(buildah --root "$home/storage" --runroot "$home/run" --storage-driver vfs)
    local container
    "${buildah[@]}" bud --quiet --isolation chroot --format docker --tag portcullis . >/dev/null
    container=$("${buildah[@]}" from portcullis)
    local root
    root=$("${buildah[@]}" mount "$container")
    is_the_program "$root/usr/bin/portcullis"
    test "$(stat -c %u "$root/data")" = 65532
    local run=("${buildah[@]}" run --isolation chroot)
    # As in the README's `docker run`, so that the host can read the mailbox.
    local settings=(--env "PORT=$port" --env ENVIRONMENT=development --env DEV_MAILBOX_NETWORKS=127.0.0.0/8)
    local check
    check=$("${buildah[@]}" inspect --type image --format '{{index .Docker.Config.Healthcheck.Test 1}} {{index .Docker.Config.Healthcheck.Test 2}}' portcullis)
    # shellcheck disable=SC2206 # a command of two words
    health=("${run[@]}" --env "PORT=$port" "$container" -- $check)
    first_login "${run[@]}" "${settings[@]}" "$container" -- /usr/bin/portcullis serve
    "${buildah[@]}" rm --all >/dev/null
}

prepare() {
    case $format in
        archive) packaging/archive.sh "$program" "$packages" ;;
        wheel) packaging/wheel.py "$program" "$packages" ;;
        npm) packaging/npm.sh "$program" "$packages" ;;
        deb)
            if [ ! -d "$work/debian" ]; then
                install_tool mmdebstrap debian-archive-keyring
                mmdebstrap --quiet --variant=apt --include=adduser bookworm "$work/debian.part" >&2
                mv "$work/debian.part" "$work/debian"
            fi
            packaging/deb.sh "$program" "$packages"
            ;;
        image)
            install_tool buildah
            packaging/image.sh "$program"
            ;;
        *) echo "unknown format: $format" >&2; exit 1 ;;
    esac
}

install_tool() {
    if command -v "$1" >/dev/null; then return; fi
    echo "installing $1 …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2
}

for format in "$@"; do
    prepare > "$work/$format.paths"
    mapfile -t artefacts < "$work/$format.paths"
    home=$(mktemp -d "$work/$format.XXXXXX")
    chmod 755 "$home"
    port=$(free_port)
    health=(true)
    begun=$SECONDS
    "check_$format" "${artefacts[@]}"
    echo "$format: from an empty environment to a verified login in $((SECONDS - begun)) s"
    rm -rf "$home"
done
