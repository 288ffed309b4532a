# shellcheck shell=bash
# What bench/load/run and bench/load/profile have in common; source it with $top, $work, $mapping and $mode set.
#
#   prepare SCALE     two fresh private servers below $work: edu filled, and lms_empty to copy fresh targets from
#   fresh DATABASE    an empty lms of that name on the target, nothing dirty in either server's cache
#   configure         $work/crossfade.yaml for a load into lms_crossfade, with no state yet
#   await_stream PID  waits until crossfade streams; sets $streaming_at, in seconds since the epoch
#   phases STARTED    what crossfade's log says about the load, as an array of {at, event}
#   forget            takes slot, publication and state away again
#   stop_servers

: "${top:?}" "${work:?}" "${mapping:?}" "${mode:?}"
crossfade=''  # the program, found or built by who sources this

# shellcheck source=scripts/lib/install.sh
. "$top/scripts/lib/install.sh"
# shellcheck source=scripts/lib/cluster.sh
. "$top/scripts/lib/cluster.sh"

now() { date +%s.%N; }
minus() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a - b }'; }

stop_servers() {
    cluster_stop "$work/source" immediate
    cluster_stop "$work/target" immediate
}

prepare() {
    local side
    stop_servers
    rm -rf "$work/source" "$work/target"
    for side in source target; do
        # The same for all who are measured. No timed checkpoint may meet one of them and spare the next.
        cluster_init "$work/$side" "$(free_port)" shared_buffers=512MB max_wal_size=16GB checkpoint_timeout=1h
        cluster_start "$work/$side"
    done
    cluster_psql "$work/source" postgres -c 'CREATE DATABASE edu'
    cluster_psql "$work/target" postgres -c 'CREATE DATABASE lms_empty'
    "$top/demo/generate/generate" --conninfo "$(cluster_conninfo "$work/source" edu)" --scale "$1" --seed 1 --quiet
    cluster_psql "$work/source" edu -f "$top/demo/edu/bridge.sql"
    cluster_psql "$work/target" lms_empty -f "$top/demo/lms/schema.sql"
    if [[ $mode == g1 ]]; then
        cluster_psql "$work/target" lms_empty -f "$top/demo/lms/grades-g1.sql"
    fi
    cluster_psql "$work/target" lms_empty -f "$top/demo/lms/bridge.sql"
    # load.defer_indexes asks for the tables' owner.
    cluster_psql "$work/target" lms_empty -c 'GRANT postgres TO crossfade'
}

fresh() {
    cluster_psql "$work/target" postgres -c "SET client_min_messages = warning" \
        -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1 TEMPLATE lms_empty" -c CHECKPOINT
    cluster_psql "$work/source" postgres -c CHECKPOINT
}

# The bridge's own role; the cost of bcrypt does not matter, since passwords are hashed behind the load.
configure() {
    local source target
    source=$(cluster_conninfo "$work/source" edu)
    target=$(cluster_conninfo "$work/target" lms_crossfade)
    rm -rf "$work/state"
    mkdir -m 700 "$work/state"
    (umask 077 && cat >"$work/crossfade.yaml") <<YAML
source: {conninfo: "${source/user=postgres/user=crossfade}"}
target: {conninfo: "${target/user=postgres/user=crossfade}"}
mapping: $top/mappings/$mapping.yaml
state: $work/state
load: {defer_indexes: true}
secrets: {bcrypt_cost: 4}
YAML
}
cf() { "$crossfade" -c "$work/crossfade.yaml" "$@"; }

# The log's own time of the end is taken: asking a busy service for its status would cost it time, so that is done
# seldom, for a log that words it otherwise.
await_stream() {
    local asked=0 line=''
    streaming_at=''
    while [[ -z $streaming_at ]]; do
        line=$(grep -m 1 'load finished' "$work/crossfade.log" || true)
        if [[ -n $line ]]; then
            streaming_at=$(date -d "${line%% *}" +%s.%N)
            break
        fi
        if ! kill -0 "$1" 2>/dev/null; then
            tail -n 20 "$work/crossfade.log" >&2
            return 1
        fi
        if ((++asked % 50 == 0)); then
            case $(cf status --json 2>/dev/null | jq -r .phase || true) in
                streaming | catching_up) streaming_at=$(now) ;;
            esac
        fi
        sleep 0.2
    done
    until [[ $(cf status --json 2>/dev/null | jq -r .phase || true) =~ ^(streaming|catching_up)$ ]]; do
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
}

# Of lines that report progress ("copy: 81259 rows, 228k/s, ...") only the last of each name counts.
phases() {
    grep -oE '^[0-9T:.Z-]+ +info +.*' "$work/crossfade.log" | sed '/load finished/q' |
        while read -r stamp _ event; do
            printf '%s\t%s\n' "$(date -d "$stamp" +%s.%N)" "${event%% end_lsn=*}"
        done | awk -F'\t' -v started="$1" '
            { name = $2; if (name ~ /: [0-9]+ rows/) sub(/:.*/, "", name); else name = name NR
              if (!(name in place)) place[name] = ++n
              line[place[name]] = sprintf("%.3f\t%s", $1 - started, $2) }
            END { for (i = 1; i <= n; ++i) print line[i] }' | sort -n |
        jq -Rn '[inputs | split("\t") | {at: (.[0] | tonumber), event: .[1]}]'
}

forget() {
    cf drop --yes --state >/dev/null
}
