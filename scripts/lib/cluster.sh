# shellcheck shell=bash
# Private PostgreSQL clusters for scripts; source it.
#
#   cluster_init DIR PORT [NAME=VALUE...]  creates a cluster in DIR (data/, server.log, the socket)
#   cluster_start DIR                      starts it and waits until it answers
#   cluster_stop DIR [fast|immediate]      stops it; no error if it does not run
#   cluster_conninfo DIR [DATABASE]        prints the conninfo of its socket
#   cluster_psql DIR DATABASE [ARG...]     psql as the superuser, stopping at the first error
#   cluster_as_server COMMAND...           runs a command as the user the servers run as
#   free_port                              prints a free TCP port of the loopback
#
# As root the servers run as the user postgres, since they refuse root; else as ourselves. Trust
# authentication, loopback and socket only. No system cluster is created, started or touched.

cluster_bindir() {
    if [[ -n ${CROSSFADE_PG_BINDIR:-} ]]; then
        echo "$CROSSFADE_PG_BINDIR"
        return
    fi
    local found
    found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -name initdb 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || {
        echo "no PostgreSQL server below /usr/lib/postgresql" >&2
        return 2
    }
    dirname "$found"
}

cluster_as_server() {
    if ((EUID == 0)); then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

# bash's /dev/tcp fails to connect where nobody listens.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

cluster_init() {
    local dir=$1 port=$2 bin setting
    shift 2
    bin=$(cluster_bindir) || return
    mkdir -p "$dir"
    ((EUID != 0)) || chown postgres: "$dir"
    if ! cluster_as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 \
        --locale=C.UTF-8 >"$dir/initdb.log" 2>&1; then
        cat "$dir/initdb.log" >&2
        return 2
    fi
    {
        echo
        echo "port = $port"
        echo "listen_addresses = '127.0.0.1'"
        echo "unix_socket_directories = '$dir'"
        echo "wal_level = logical"
        echo "max_replication_slots = 16"
        echo "max_wal_senders = 16"
        echo "max_connections = 100"
        echo "log_line_prefix = '%m [%p] %a '"
        for setting in "$@"; do
            echo "${setting%%=*} = '${setting#*=}'"
        done
    } >>"$dir/data/postgresql.conf"
    # Servers from 15.19 on admit only listed output plugins; earlier ones refuse to start when they meet
    # the setting. The server itself says whether it knows it.
    if cluster_as_server "$bin/postgres" -D "$dir/data" -C output_plugin_libraries >/dev/null 2>&1; then
        echo "output_plugin_libraries = 'pgoutput, test_decoding, wal2json'" \
            >>"$dir/data/postgresql.conf"
    fi
}

cluster_start() {
    local dir=$1 bin
    bin=$(cluster_bindir) || return
    if ! cluster_as_server "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/server.log" start \
        >/dev/null 2>&1 </dev/null; then
        tail -n 20 "$dir/server.log" >&2
        return 2
    fi
}

cluster_stop() {
    local dir=$1 mode=${2:-fast} bin
    bin=$(cluster_bindir) || return
    [[ -e $dir/data/postmaster.pid ]] || return 0
    cluster_as_server "$bin/pg_ctl" -D "$dir/data" -w -t 60 -m "$mode" stop >/dev/null 2>&1 || true
}

cluster_conninfo() {
    local dir=$1 database=${2:-postgres} port
    port=$(sed -n 's/^port = //p' "$dir/data/postgresql.conf" | tail -n 1)
    echo "host=$dir port=$port user=postgres dbname=$database"
}

cluster_psql() {
    local dir=$1 database=$2 bin
    shift 2
    bin=$(cluster_bindir) || return
    "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d "$(cluster_conninfo "$dir" "$database")" "$@"
}
