#!/usr/bin/env bash
# The simulator against a real server: simulate_test.sh PATH-TO-crossfade-simulate
set -euo pipefail

simulate=$(realpath "${1:?path of crossfade-simulate}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/cluster.sh
source "$here/../../scripts/lib/cluster.sh"

dir=$(mktemp -d)
chmod 755 "$dir"
trap 'cluster_stop "$dir/pg" immediate; rm -rf "$dir"' EXIT
failures=0

check() { # NAME ACTUAL EXPECTED
    if [[ $2 == "$3" ]]; then
        echo "ok    $1"
    else
        echo "FAIL  $1: '$2', expected '$3'"
        failures=$((failures + 1))
    fi
}

query() { cluster_psql "$dir/pg" edu -At -c "$1"; }

# Runs the simulator, leaves its output in $dir/out and its exit code in $code.
play() {
    code=0
    "$simulate" --conninfo "$conninfo" "$@" >"$dir/out" 2>&1 || code=$?
}

reset_data() {
    query "SELECT string_agg(format('TRUNCATE %I', relname), ';') FROM pg_class
           WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace" >"$dir/truncate.sql"
    cluster_psql "$dir/pg" edu -f "$dir/truncate.sql" -f "$here/test_data.sql" -c 'ANALYZE'
}

cluster_init "$dir/pg" "$(free_port)" fsync=off
cluster_start "$dir/pg"
cluster_psql "$dir/pg" postgres -c 'CREATE DATABASE edu'
conninfo=$(cluster_conninfo "$dir/pg" edu)

play --seconds 1
said() { grep -c -e "$1" "$dir/out" || true; }
check "missing tables are named" "$code $(said 'missing tables: .*course_student')" "2 1"
cluster_psql "$dir/pg" edu -f "$here/../edu/schema.sql"
play --seconds 1
check "empty tables are named" "$code $(said 'empty tables: .*journal_details')" "2 1"
play --kinds enrol,nothing
check "an unknown kind is refused" "$code" 2

code=0
"$simulate" --conninfo "host=db.example.org dbname=edu" --seconds 1 >"$dir/out" 2>&1 || code=$?
check "another machine is refused" "$code $(said --allow-remote)" "2 1"
code=0
PGHOST=192.0.2.7 "$simulate" --conninfo "dbname=edu" --seconds 1 >"$dir/out" 2>&1 || code=$?
check "another machine of the environment is refused" \
    "$code $(said --allow-remote)" "2 1"

reset_data
play --tps 200 --seconds 60 --transactions 3000 --connections 4 --seed 7 --json "$dir/a.json"
check "3,000 operations run without an unexpected failure" "$code" 0
cat "$dir/out"
field() { sed -n "s/^  \"$2\": \([^,]*\),*$/\1/p" "$dir/$1.json"; }
kinds() { sed -n 's/^    "\([a-z_]*\)": {"ran": \([0-9]*\),.*/\1=\2/p' "$dir/$1.json"; }
check "all of the plan ran" "$(field a ran) $(field a fell_behind)" "3000 false"
check "every kind ran" "$(kinds a | grep -vc '=0$')" "$("$simulate" --list-kinds | wc -l)"
collisions=$(field a failures_expected)
check "connections collided on MAX(id)+1" "$((collisions > 0))" 1
check "no id was lost to a double" \
    "$(query "SELECT min(id) > 2202230719043022018 FROM course_student WHERE create_user_id = 1")" t
check "children of a deleted course keep their update_date" "$(query "SELECT count(*) > 0
    FROM course c JOIN course_teacher t ON t.course_id = c.id WHERE c.active = 0
    AND c.update_date IS NOT NULL AND t.active = 0 AND t.update_date IS NULL")" t
check "passwords stay base64" "$(query "SELECT count(*) FROM accounts
    WHERE convert_from(decode(password, 'base64'), 'UTF8') IS NULL")" 0
check "calendar rows were deleted" \
    "$(query "SELECT count(*) < 40 FROM academic_schedule_details WHERE create_user_id IS NULL")" t

reset_data
play --tps 400 --seconds 60 --transactions 3000 --connections 4 --seed 7 --json "$dir/b.json" \
    --quiet
check "a quiet success prints nothing" "$code $(wc -c <"$dir/out")" "0 0"
check "the same seed plans the same" "$(kinds b | md5sum)" "$(kinds a | md5sum)"

# With one connection nothing collides, so the rows are the same too, but for clocks.
outcome() { # SEED
    reset_data
    play --tps 1000 --seconds 60 --transactions 1000 --connections 1 --seed "$1"
    query "SELECT md5(string_agg(row::text, ',' ORDER BY row::text)) FROM (
           SELECT (id, person_id, username, password, email)::text AS row FROM accounts UNION ALL
           SELECT (id, lastname, birthdate)::text FROM persons UNION ALL
           SELECT (id, course_id, student_id, active)::text FROM course_student UNION ALL
           SELECT (id, point, course_eva_id, active)::text FROM journal) r"
}
first=$(outcome 7)
check "the same seed leaves the same rows" "$(outcome 7)" "$first"
check "another seed leaves others" "$([[ $(outcome 8) == "$first" ]] || echo others)" others

query "ALTER TABLE persons ADD CONSTRAINT no_writes CHECK (false) NOT VALID"
play --tps 100 --seconds 1 --kinds person_update,last_action
check "an unexpected failure is reported" \
    "$code $(said 'UNEXPECTED.*23514 no_writes')" "1 1"

play --tps 20000 --seconds 2 --connections 1 --kinds session_save
check "falling behind is reported" "$code $(said 'FELL BEHIND')" "0 1"

"$simulate" --conninfo "$conninfo" --seconds 30 --kinds last_action >"$dir/out" 2>&1 &
job=$!
sleep 1
cluster_stop "$dir/pg" immediate
code=0
wait "$job" || code=$?
check "a lost server ends the run" "$code $(said 'UNEXPECTED connection lost')" "1 1"

((failures == 0)) || exit 1
