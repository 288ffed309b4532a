#!/usr/bin/env bash
# Installs the Debian packages of scripts/lib/packages that are missing. Nothing missing: no network, no
# root. Run it, or source it and call install_packages. INSTALL_LIST: another
# list of packages, for what only a part of the repository needs.

install_packages() {
    local list missing=() package root=()
    list=${INSTALL_LIST:-$(dirname "${BASH_SOURCE[0]}")/packages}
    if ! command -v dpkg-query >/dev/null; then
        echo "install: not a Debian system; the packages needed are in $list" >&2
        return 0
    fi
    while read -r package _; do
        [[ -z $package || $package == \#* ]] && continue
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            missing+=("$package")
        fi
    done <"$list"
    ((${#missing[@]})) || return 0

    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "install: needs root or sudo for: ${missing[*]}" >&2
            return 2
        fi
        root=(sudo)
    fi
    echo "install: ${missing[*]}" >&2
    # Debian's server package creates and starts a cluster named main. We want none: ours are private.
    # The file is the package's own conffile, so it is only written where no server was ever installed.
    if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
        "${root[@]}" mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' |
            "${root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    local log
    log=$(mktemp)
    if ! { "${root[@]}" apt-get update -q &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
            --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        echo "install: apt-get failed" >&2
        return 2
    fi
    rm -f "$log"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    install_packages
fi
