# shellcheck shell=bash disable=SC2154  # variables of scripts/demo
# The service of scripts/demo: started, watched, killed and started again. Source it; it wants $crossfade, $work,
# cf and on_source of the demo.
#
#   start_bridge                       a service of its own, with its log in $work/crossfade.log
#   bridge_runs                        false, with the end of its log, if it ended by itself
#   await SECONDS WHAT COMMAND...      until COMMAND holds; false if the service ends or the time is up
#   is_streaming, is_settled, no_deferred                                      what to wait for
#   kill_while_loading COUNT TOTAL     SIGKILLs in the images and in the derivation of TOTAL rows
#   kill_while_streaming COUNT FANOUTS SECONDS    of these COUNT, FANOUTS while a fan-out is open as work
#   note_peak                          keeps the largest resident memory of any of its processes in peak_kib

bridge='' peak_kib=0 log_begins=0
declare -A kills_of=([images]=0 [derivation]=0 [stream]=0 [fan_out]=0)

start_bridge() {
    # Left behind by a service that was killed. While nobody serves it, `status` would open the state itself, and the
    # service that is about to start could not.
    rm -f "$work/state/crossfade.sock"
    touch "$work/crossfade.log"
    log_begins=$(wc -c <"$work/crossfade.log")
    "$crossfade" -c "$work/crossfade.yaml" run 2>>"$work/crossfade.log" &
    bridge=$!
}
bridge_runs() {
    kill -0 "$bridge" 2>/dev/null && return
    echo "the service ended by itself:" >&2
    tail -n 20 "$work/crossfade.log" >&2
    return 1
}
note_peak() {
    local kib
    kib=$(awk '/^VmHWM/ { print $2 }' "/proc/$bridge/status" 2>/dev/null || true)
    ((${kib:-0} <= peak_kib)) || peak_kib=$kib
}
of_status() {  # FILTER: of what the service says of itself; nothing while it does not answer
    [[ -S $work/state/crossfade.sock ]] || return 0
    cf status --json 2>/dev/null | jq -r "$1" || true
}

await() {
    local end=$((SECONDS + $1)) limit=$1 what=$2
    shift 2
    until "$@"; do
        bridge_runs || return 1
        if ((SECONDS >= end)); then
            echo "$what: not within $limit s" >&2
            return 1
        fi
        sleep 0.05
    done
}
is_streaming() { [[ $(of_status .phase) == @(streaming|catching_up) ]]; }
is_settled() { cf wait --timeout 5s >"$work/wait.txt" 2>&1; }
no_deferred() { [[ $(of_status .deferred) == 0 ]]; }  # passwords are hashed behind everything else

# LEAST MOST: a number in between, which the seed decides. In `chosen`: the RANDOM of a subshell would not go on.
between() {
    local r=$RANDOM
    chosen=$(awk -v a="$1" -v b="$2" -v r="$r" 'BEGIN { printf "%.3f", a + (b - a) * r / 32768 }')
}

kill_bridge() {  # KIND [REMARK]
    bridge_runs || return 1
    note_peak
    kill -9 "$bridge"
    wait "$bridge" 2>/dev/null || true
    start_bridge
    ((++kills_of[$1]))
    printf '%s%s' "${said:-killed and started again: }" "${1/_/-}${2:+ $2}"
    said=', '
}

# ---------------------------------------------------------------- the load

load_began() {  # this process's, not that of one before; with its images at hand it goes on at once
    tail -c "+$((log_begins + 1))" "$work/crossfade.log" | grep 'slot created' >/dev/null || derived_to 1
}
# Rows that have been derived so far; nothing before the images are there.
derived_rows() { of_status '[.entities[] | .source - .pending] | add | select(. > 0)'; }
derived_to() {  # ROWS, or the load is over
    local rows
    is_streaming && return
    rows=$(derived_rows)
    [[ $rows ]] && ((rows >= $1))
}
kill_while_loading() {
    local count=$1 total=$2 images=$((($1 + 1) / 2)) k share rows said=''
    for ((k = 1; k <= count; ++k)); do
        await 600 'the load' load_began
        if ((k <= images)); then
            # By far the shortest of all, and begun anew after each of these.
            between 0 "$(awk -v n="$total" 'BEGIN { print 0.2 + n / 1e6 }')"
            sleep "$chosen"
        else
            # In the first part of its share: what is asked of the service is old when the kill comes.
            share=$((total / (count - images)))
            between $((share * (k - images - 1))) $((share * (k - images) - share / 2))
            await 7200 'the derivation' derived_to "${chosen%.*}"
        fi
        if is_streaming; then
            kill_bridge stream
        elif rows=$(derived_rows) && [[ $rows ]]; then
            kill_bridge derivation "($((100 * rows / total)) % derived)"
        else
            kill_bridge images
        fi
    done
    ((count == 0)) || echo
}

# ---------------------------------------------------------------- the stream

# What nearly everything reads: the names and codes that most rows of the journal use.
find_fan_outs() {
    on_source -At -F ' ' -c "
        SELECT 'mark', d.id FROM dictionaries d
        JOIN (SELECT point_id_1 AS id, count(*) AS uses FROM journal_details GROUP BY 1) u USING (id)
        WHERE d.code ~ '^[0-9]+$' ORDER BY u.uses DESC, d.id LIMIT 10" >"$work/fan-outs.txt"
    on_source -At -F ' ' -c "
        SELECT 'component', d.id FROM dictionaries d
        JOIN (SELECT course_eva_id AS id, count(*) AS uses FROM journal GROUP BY 1) u USING (id)
        WHERE d.name_az IS NOT NULL ORDER BY u.uses DESC, d.id LIMIT 10" >>"$work/fan-outs.txt"
    on_source -At -F ' ' -c "
        SELECT 'plan', p.id FROM education_plan_subject p
        JOIN (SELECT education_plan_subject_id AS id, count(*) AS uses FROM course GROUP BY 1) u USING (id)
        WHERE p.subject_id IS NOT NULL ORDER BY u.uses DESC, p.id LIMIT 10" >>"$work/fan-outs.txt"
}
# One transaction: the code of a mark is written differently (9 as 9.0), a component gets another name, a plan subject
# moves to another subject. The N-th takes the N-th most used of each.
cause_fan_out() {
    local mark component plan
    mark=$(awk -v n="$1" '$1 == "mark" && ++k == n { print $2 }' "$work/fan-outs.txt")
    component=$(awk -v n="$1" '$1 == "component" && ++k == n { print $2 }' "$work/fan-outs.txt")
    plan=$(awk -v n="$1" '$1 == "plan" && ++k == n { print $2 }' "$work/fan-outs.txt")
    on_source -1 -c "
        UPDATE dictionaries SET code = code || '.0' WHERE id = ${mark:-NULL};
        UPDATE dictionaries SET name_az = name_az || ' (yeni)' WHERE id = ${component:-NULL};
        UPDATE education_plan_subject p SET subject_id = (SELECT min(s.id) FROM subject_catalog s
            WHERE s.active = 1 AND s.id <> p.subject_id) WHERE p.id = ${plan:-NULL}"
    on_source -Atc 'SELECT pg_current_wal_insert_lsn()'
}
fan_out_seen() {  # LSN: it is open as work, or is settled already
    local work_items settled
    read -r work_items settled < <(of_status '"\(.work) \(.settled_lsn)"') || return 1
    ((work_items > 0)) || [[ $(on_source -Atc "SELECT '$settled'::pg_lsn >= '$1'") == t ]]
}
kill_in_fan_out() {
    local try end open
    for ((try = 1; try <= 3; ++try)); do
        await 1800 'the stream' is_streaming
        end=$(cause_fan_out "$((++fan_outs))")
        await 1800 'the fan-out' fan_out_seen "$end"
        open=$(of_status .work)
        if ((${open:-0} > 0)); then
            kill_bridge fan_out "(work open: $open)"
            return
        fi
    done
    kill_bridge stream '(three fan-outs were settled before they were seen)'
}
kill_while_streaming() {
    local count=$1 fans=$2 seconds=$3 began fan_outs=0 k said=''
    began=$(now)
    ((fans == 0)) || find_fan_outs
    for ((k = 1; k <= count; ++k)); do
        between "$((k - 1)).25" "$k"
        sleep "$(awk -v at="$chosen" -v n="$((count + 1))" -v s="$seconds" -v past="$(since "$began")" \
            'BEGIN { t = at * s / n - past; printf "%.2f", (t > 0 ? t : 0) }')"
        if (((k * fans + count / 2) / count > ((k - 1) * fans + count / 2) / count)); then
            kill_in_fan_out
        else
            kill_bridge stream
        fi
    done
    ((count == 0)) || echo
}
