# shellcheck shell=bash disable=SC2154  # variables of scripts/demo
# The accounts of scripts/demo: each row of edu, by entity and by table. Source it; it wants $work, $scale,
# $target_kind, cf, on_source, on_target and align of the demo.

# What the entities are made from and become, as the mapping says it, and which tables it reads.
read_plan() {
    cf plan --json >"$work/plan.json"
    jq '[.entities[] | {name, target, roots}]' "$work/plan.json" >"$work/entities.json"
}
entity_names() { jq -r '.[].name' "$work/entities.json"; }
target_of() { jq -r --arg name "$1" '.[] | select(.name == $name).target' "$work/entities.json"; }
# Rows of edu that make roots of an entity; a row with slots counts once for each, since none of them depends on what
# stands in the row.
count_roots() {
    on_source -Atc "$(jq -r --arg name "$1" '.[] | select(.name == $name).roots | "SELECT " +
        (map("(SELECT count(*) * \([.slots, 1] | max) FROM \(.relation))") | join(" + "))' "$work/entities.json")"
}
ids_of() { on_target -Atc "SELECT id FROM $(target_of "$1") ORDER BY id::text COLLATE \"C\""; }

# What the earlier loads reached: what stands in an adopted target; for an empty one the published figures, in the
# parts in which the generator scales them (demo/generate/sql/000_expected.sql).
read_before() {
    if [[ $target_kind == one-shot ]]; then
        local entity
        while read -r entity; do ids_of "$entity" >"$work/before.$entity"; done < <(entity_names)
        return
    fi
    on_source -At -F $'\t' -v scale="$scale" -f demo/generate/sql/000_expected.sql -c "
        WITH part (entity, keys) AS (VALUES
            ('users', ARRAY['first_student', 'first_student_inactive', 'first_teacher', 'first_teacher_inactive',
                'first_admin']),
            ('persons', ARRAY['first_student', 'first_student_inactive', 'first_teacher', 'first_teacher_inactive',
                'first_admin']),
            ('students', ARRAY['first_student', '-card_pairs']),
            ('staff_members', ARRAY['first_teacher']),
            ('courses', ARRAY['subject_active']),
            -- merged sections, then each course whose code is not that of another section
            ('course_offerings', ARRAY['section', 'course_chain', '-course_code_repeat']),
            ('course_instructors', ARRAY['section', 'section_second_teacher']),
            -- by course_student, then by journal
            ('course_enrollments', ARRAY['pair_shared', 'pair_enrolled_only', 'pair_enrolled_twice',
                'pair_shared', 'pair_journal_only']),
            ('assessments', array_fill('course_chain'::text, ARRAY[10]) || array_fill('course_nochain'::text, ARRAY[10])
                || array_fill('course_dead_journal'::text, ARRAY[10]) || ARRAY['group_null_eva']),
            ('grades', ARRAY['pair_shared', 'pair_shared', 'pair_journal_only', 'pair_journal_only',
                'pair_six_details', 'detail_removed_rows']))
        SELECT entity, sum(CASE WHEN part_key LIKE '-%' THEN -n ELSE n END)
        FROM part, unnest(keys) AS part_key JOIN demo_leaf ON key = ltrim(part_key, '-') GROUP BY entity
        UNION ALL VALUES ('organization_units', 60), ('academic_terms', 12)  -- do not scale
    " >"$work/published.tsv"
}

account() {  # ENTITY: its line of the table
    local entity=$1 counted before=- kept='' verdict=yes
    counted=$(count_roots "$entity")
    if [[ $target_kind == one-shot ]]; then
        before=$(wc -l <"$work/before.$entity")
        kept=$(ids_of "$entity" | LC_ALL=C comm -12 "$work/before.$entity" - | wc -l)$'\t'
        [[ $kept == "$before"$'\t' ]] || verdict='NO: ids are lost'
    else
        before=$(awk -F'\t' -v e="$entity" '$1 == e { print $2 }' "$work/published.tsv")
    fi
    jq -e --arg e "$entity" '.entities[$e] | .pending == 0 and
        .source == .applied + .merged + .filtered + .parked + .rejected' "$work/status.json" >/dev/null ||
        verdict='NO'
    [[ $counted == "$(jq --arg e "$entity" '.entities[$e].source' "$work/status.json")" ]] ||
        verdict="NO: edu has $counted"
    printf '%s\t%s\t%s%s\t%s\n' "$entity" "${before:--}" "$kept" "$(jq -r --arg e "$entity" '.entities[$e] |
        [.source, .applied, .merged, .filtered, .parked, .rejected, .pending] | @tsv' "$work/status.json")" "$verdict"
}

print_accounts() {  # and accounts.tsv
    local entity
    while read -r entity; do account "$entity"; done < <(entity_names) >"$work/accounts.tsv"
    {
        printf 'entity\t%s\tsource\tapplied\tmerged\tfiltered\tparked\trejected\tpending\tadds up\n' \
            "$([[ $target_kind == one-shot ]] && printf 'before\tids kept' || echo 'one-shot*')"
        cat "$work/accounts.tsv"
    } | align 1
    if [[ $target_kind == one-shot ]]; then
        echo "before: rows that stood in lms, from the earlier load$(jq -r '[.entities | to_entries[] |
            select(.value.born > 0) | "\(.key) \(.value.born)"] |
            if length > 0 then "; of these born there: " + join(", ") else "" end' "$work/verify.json")"
    else
        echo "* rows that the earlier loads reached: the published figures, scaled. They hide that sections and their"
        echo "  enrolments stand there twice (D33, D43), and grades are what was left of about 14 times as many (D57)"
    fi
}

# Tables of edu that the mapping does not read: left alone, and counted apart.
count_unmapped() {  # to unmapped.json
    jq -r '.relations[].name' "$work/plan.json" | LC_ALL=C sort >"$work/mapped.txt"
    on_source -Atc "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_|^information_schema\$'" |
        LC_ALL=C sort | LC_ALL=C comm -23 - "$work/mapped.txt" |
        while read -r table; do printf "SELECT '%s', count(*) FROM %s;\n" "$table" "$table"; done |
        on_source -At -F $'\t' -f - |
        jq -Rn '[inputs | split("\t") | {key: .[0] | ltrimstr("public."), value: .[1] | tonumber}] |
            sort_by(-.value, .key) |
            {tables: length, rows: (map(.value) | add // 0), by_table: from_entries}' >"$work/unmapped.json"
}
print_unmapped() {
    count_unmapped
    jq -r '"unmapped, left alone: \(.tables) tables of edu with \(.rows) rows: " +
        (.by_table | to_entries | (.[:10] | map("\(.key) \(.value)") | join(", ")) +
         if length > 10 then " and \(length - 10) more" else "" end)' "$work/unmapped.json" | fold -s -w 118 |
        sed '2,$s/^/    /; s/ *$//'
}

print_quarantine() {
    if ! jq -e 'length > 0' "$work/quarantine.json" >/dev/null; then
        echo "nothing is parked or rejected"
        return
    fi
    jq -r '["entity", "state", "reason", "roots", "keys"],
        (group_by([.entity, .state, .reason, .constraint])[] |
         [.[0].entity, .[0].state, (.[0] | . as {$reason, $constraint} |
             if $reason | contains($constraint) then $reason else "\($reason) \($constraint)" end), length,
          (.[:2] | map(.key) | join(", ")) + (if length > 2 then ", ..." else "" end)]) | @tsv' \
        "$work/quarantine.json" | align 3
}
