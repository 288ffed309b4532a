#include "verify/rows.hpp"

#include "pipeline/claims.hpp"
#include "pipeline/digests.hpp"
#include "pipeline/root_name.hpp"
#include "state/keys.hpp"
#include "target/canonical.hpp"
#include "verify/cursor.hpp"

#include <cstdlib>

namespace crossfade {

namespace {

constexpr std::int64_t kPageRows = 2'000;

// The digest that the state keeps of a value, made from the text that stands on the target.
std::string digest_of(const std::optional<std::string>& text, const ColumnShape& shape) {
    if (!text) return "null";
    if (shape.base == "float4" || shape.base == "float8") {
        return column_digest(Value{std::strtod(text->c_str(), nullptr)}, shape);
    }
    ColumnShape plain;
    plain.base = "text";
    return column_digest(Value{*text}, plain);
}

}  // namespace

RowComparison::RowComparison(const Program& program, ExpectedRows& expected, const Reader& scratch,
                             const Reader& state, Connection& target, DifferenceLog& log)
    : program_{program},
      expected_{expected},
      scratch_{scratch},
      state_{state},
      target_{target},
      log_{log} {}

void RowComparison::compare(EntityIndex entity, EntityVerification& counts, const OnRows& on_rows) {
    entity_ = entity;
    counts_ = &counts;
    spec_ = program_.entities[entity].target;
    shape_ = read_shape(target_, spec_.schema, spec_.table);
    hooks_ = read_row_hooks(target_, spec_.schema, spec_.table);
    for (TargetColumn& column : spec_.columns) {
        if (column.kind == ColumnSpec::Kind::deferred) column.owner = Owner::target;
    }
    const std::string sql = scan_rows_sql(spec_);
    Cursor expected{expected_.store(), Family::targets, ExpectedRows::prefix(entity)};
    const auto next_expected = [&] {
        return ExpectedRows::decode(expected.suffix(), expected.value());
    };
    for (std::vector<StoredRow> page = read_page(sql, std::nullopt); !page.empty();
         page = read_page(sql, page.back().id)) {
        for (const StoredRow& stored : page) {
            for (; expected.valid(); expected.next()) {
                const ExpectedRow row = next_expected();
                if (row.id >= stored.id) break;
                missing(row);
            }
            if (expected.valid() && next_expected().id == stored.id) {
                both(next_expected(), stored);
                expected.next();
            } else {
                unexpected(stored);
            }
        }
        on_rows(page.size());
    }
    for (; expected.valid(); expected.next())
        missing(next_expected());
}

std::vector<RowComparison::StoredRow> RowComparison::read_page(const std::string& sql,
                                                               const std::optional<Uuid>& after) {
    const auto from = after ? std::optional{after->format()} : std::nullopt;
    const QueryResult result = target_.exec(sql, Params{from, std::to_string(kPageRows)});
    std::vector<StoredRow> rows;
    for (int r = 0; r < result.rows(); ++r) {
        StoredRow row;
        row.id = Uuid::parse(result.text(r, 0)).value();
        for (int c = 1; c < result.columns(); ++c)
            row.columns.push_back(result.get(r, c));
        rows.push_back(std::move(row));
    }
    return rows;
}

void RowComparison::missing(const ExpectedRow& row) {
    // It was derived as a row first, and as something else later in the same derivation.
    const auto derived = read_record(scratch_, {entity_, row.root});
    if (!derived || !derived->present) return;
    add(DifferenceKind::missing, row.root, row.id, kWholeRow, "a row", std::nullopt);
}

void RowComparison::unexpected(const StoredRow& row) {
    const auto owner = root_of_row(program_, state_, entity_, row.id);
    if (!owner) {
        born(row.id);
        return;
    }
    const RootRef& ref = *owner;
    // Two entities may share a table; each is compared with its own rows alone.
    if (ref.entity != entity_) return;
    const auto derived = read_record(scratch_, ref);
    if (derived && derived->present && derived->id == row.id) {
        ++counts_->standing;
        return;
    }
    add(DifferenceKind::extra, ref.root, row.id, kWholeRow, std::nullopt, "a row");
}

// A row that nobody of ours has. Under the id of a root that gives no row now it stands where that
// root's row would.
void RowComparison::born(const Uuid& id) {
    ++counts_->born;
    const auto root = expected_.idle_root(entity_, id);
    on_born_(entity_, id, root.has_value());
    if (!root) return;
    const auto derived = read_record(scratch_, {entity_, *root});
    ++counts_->differences;
    log_.add({.kind = DifferenceKind::id_taken,
              .entity = program_.entities[entity_].name,
              .key = display_root(program_, *root),
              .id = id,
              .column = {},
              .expected = derived ? std::string{to_string(derived->state)} : std::string{},
              .found = std::nullopt});
}

void RowComparison::both(const ExpectedRow& expected, const StoredRow& stored) {
    const RootRef root{entity_, expected.root};
    const auto derived = read_record(scratch_, root);
    if (!derived || !derived->present) return unexpected(stored);
    if (expected.stands_by_history() || derived->state != StoredState::applied) {
        ++counts_->standing;
        return;
    }
    ++counts_->compared;
    columns(expected, *derived, read_record(state_, root).value_or(DerivedRecord{}), stored);
}

void RowComparison::columns(const ExpectedRow& expected, const DerivedRecord& derived,
                            const DerivedRecord& record, const StoredRow& stored) {
    for (const std::uint32_t column :
         differing_columns(spec_, shape_, expected.values, stored.columns)) {
        const TargetColumn& spec = spec_.columns[column];
        if (spec.owner == Owner::until_changed && taken_over(record, column, stored)) {
            ++counts_->taken_over;
            continue;
        }
        add(DifferenceKind::different, expected.root, stored.id, column,
            canonical_text(expected.values[column], *shape_.find(spec.name)),
            stored.columns[column]);
    }
    for (std::uint32_t column = 0; column < spec_.columns.size(); ++column) {
        if (spec_.columns[column].kind != ColumnSpec::Kind::deferred) continue;
        const std::string fresh = find_digest(derived, column | StoredDigest::kFingerprint);
        const std::string known = find_digest(record, column | StoredDigest::kFingerprint);
        if (taken_over(record, column, stored)) {
            ++counts_->taken_over;
        } else if (fresh.empty() || known.empty() || fresh != known) {
            add(DifferenceKind::different, expected.root, stored.id, column, std::nullopt,
                std::nullopt);
        }
    }
}

// Whether somebody else changed the value since the bridge wrote it. Then it is theirs, and no
// difference.
bool RowComparison::taken_over(const DerivedRecord& record, std::uint32_t column,
                               const StoredRow& stored) {
    const std::string last = find_digest(record, column);
    if (last.empty()) return false;
    const ColumnShape& shape = *shape_.find(spec_.columns[column].name);
    return digest_of(stored.columns[column], shape) != last;
}

// The triggers whose function assigns the column; if none does so plainly, those of which it is not
// known what they assign.
std::string RowComparison::rewriters(std::uint32_t column) const {
    std::string sure, unsure;
    for (const RowHook& hook : hooks_) {
        if (hook.kind != RowHook::Kind::trigger || !(hook.inserts || hook.updates)) continue;
        const bool assigns = hook.sets.contains(spec_.columns[column].name);
        if (!assigns && !hook.sets.empty()) continue;
        std::string& names = assigns ? sure : unsure;
        names += (names.empty() ? "" : ", ") + to_string(hook);
    }
    return sure.empty() ? unsure : sure;
}

void RowComparison::add(DifferenceKind kind, const KeyBytes& root, const Uuid& id,
                        std::uint32_t column, std::optional<std::string> expected,
                        std::optional<std::string> found) {
    const bool whole = column == kWholeRow;
    ++counts_->differences;
    log_.add({.kind = kind,
              .entity = program_.entities[entity_].name,
              .key = display_root(program_, root),
              .id = id,
              .column = whole ? std::string{} : spec_.columns[column].name,
              .expected = std::move(expected),
              .found = std::move(found),
              .secret = !whole && spec_.columns[column].kind == ColumnSpec::Kind::deferred,
              .rewriter = whole ? std::string{} : rewriters(column)});
    log_.repair(RootRef{entity_, root});
}

}  // namespace crossfade
