#include "verify/report.hpp"

#include "model/json.hpp"

#include <algorithm>
#include <utility>

namespace crossfade {

namespace {

using Cells = std::vector<std::string>;

template <class Number>
std::string text(Number number) {
    return std::to_string(number);
}

// Columns as wide as their widest cell; the first one leans left, numbers right.
std::string table(const std::vector<Cells>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const Cells& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - row[i].size(), ' ');
            line += i == 0 ? row[i] + space : "  " + space + row[i];
        }
        out += line + "\n";
    }
    return out;
}

std::string seconds(std::chrono::milliseconds time) {
    const auto tenths = time.count() / 100;
    return text(tenths / 10) + "." + text(tenths % 10) + " s";
}

std::string shown(const Difference& difference, const std::optional<std::string>& value) {
    if (difference.secret) return "(withheld)";
    return value ? *value : "NULL";
}

using JsonPairs = std::vector<std::pair<std::string, std::string>>;

std::string json_value(const std::optional<std::string>& value) {
    return value ? json_quote(*value) : "null";
}

std::string json_difference(const Difference& difference) {
    JsonPairs members{{"kind", json_quote(to_string(difference.kind))},
                      {"entity", json_quote(difference.entity)},
                      {"key", json_quote(difference.key)},
                      {"id", difference.id ? json_quote(difference.id->format()) : "null"},
                      {"column", json_quote(difference.column)}};
    if (difference.secret) {
        members.emplace_back("secret", "true");
    } else {
        members.emplace_back("expected", json_value(difference.expected));
        members.emplace_back("found", json_value(difference.found));
    }
    if (!difference.rewriter.empty())
        members.emplace_back("rewriter", json_quote(difference.rewriter));
    return json_object(std::move(members)).text;
}

std::string json_entity(const EntityVerification& entity) {
    return json_object({{"source", text(entity.source)},
                        {"applied", text(entity.applied)},
                        {"merged", text(entity.merged)},
                        {"filtered", text(entity.filtered)},
                        {"parked", text(entity.parked)},
                        {"rejected", text(entity.rejected)},
                        {"pending", text(entity.pending)},
                        {"compared", text(entity.compared)},
                        {"standing", text(entity.standing)},
                        {"born", text(entity.born)},
                        {"taken_over", text(entity.taken_over)},
                        {"differences", text(entity.differences)}})
        .text;
}

// What a finding says, and what repairs it.
std::string meaning(DifferenceKind kind) {
    std::string text{to_string(kind)};
    switch (kind) {
        case DifferenceKind::missing:
            text += ": the source gives a row that is not on the target; --repair writes it";
            break;
        case DifferenceKind::extra:
            text += ": a row of the bridge that the source does not give now; --repair removes it";
            break;
        case DifferenceKind::different:
            text +=
                ": a column is not what the source gives; --repair writes it. If the target "
                "may change it, the mapping says so (owner)";
            break;
        case DifferenceKind::image:
            text +=
                ": the state holds another row than the source, so what is made of it is "
                "wrong; --repair cannot read it again, a new load does (drop --state, run)";
            break;
        case DifferenceKind::state:
            text += ": a root is counted as something else than it is; --repair derives it again";
            break;
        case DifferenceKind::account:
            text +=
                ": counts that should be equal are not; --repair of the other findings "
                "corrects those that they explain, a new load all (drop --state, run)";
            break;
        case DifferenceKind::id_taken:
            text +=
                ": a row that is not the bridge's has the id of a root that gives no row now; "
                "--repair leaves it. Remove it, or give it another id, before the root gives its "
                "row";
            break;
        case DifferenceKind::orphan:
            text +=
                ": a row refers to one that is not there, although a foreign key says it is; "
                "--repair cannot know to which. Correct the row, and look who writes with "
                "session_replication_role = replica or without the key";
            break;
    }
    return text + "\n";
}

}  // namespace

std::string difference_text(const Difference& difference) {
    std::string line{to_string(difference.kind)};
    line += " " + difference.entity;
    if (!difference.key.empty()) line += " " + difference.key;
    if (difference.id) line += " id " + difference.id->format();
    if (difference.kind == DifferenceKind::id_taken)
        return line + ": the root is " + difference.expected.value_or("unknown");
    if (difference.column.empty()) return line;
    if (difference.kind == DifferenceKind::orphan)
        return line + ": " + difference.column + " refers to " +
               shown(difference, difference.found) + ", which is not there";
    line += ": " + difference.column + " should be " + shown(difference, difference.expected) +
            ", is " + shown(difference, difference.found);
    if (difference.rewriter.empty()) return line;
    return line + "; " + difference.rewriter +
           " may have rewritten it: if so, the mapping says `owner: trigger` of the column";
}

std::string report_text(const Verification& verification) {
    std::string out = "compared at " + verification.point.lsn.format() + ", batch " +
                      text(verification.batch) + "; applying was held for " +
                      text(verification.held.count()) + " ms, the whole took " +
                      seconds(verification.elapsed) + "\n\n";
    std::vector<Cells> entities{{"entity", "source", "applied", "merged", "filtered", "parked",
                                 "rejected", "pending", "compared", "standing", "born",
                                 "taken over", "differences"}};
    for (const EntityVerification& e : verification.entities) {
        entities.push_back({e.name, text(e.source), text(e.applied), text(e.merged),
                            text(e.filtered), text(e.parked), text(e.rejected), text(e.pending),
                            text(e.compared), text(e.standing), text(e.born), text(e.taken_over),
                            text(e.differences)});
    }
    out += table(entities) + "\n";
    std::vector<Cells> relations{{"source table", "rows", "images", "differences"}};
    for (const RelationVerification& r : verification.relations)
        relations.push_back({r.name, text(r.rows), text(r.images), text(r.differences)});
    out += table(relations) + "\n";
    if (verification.deferred > 0) {
        out += text(verification.deferred) + " deferred values are still to be filled in\n";
    }
    std::size_t unknown = 0;
    for (const BornRow& row : verification.born) {
        out += std::string{row.unknown ? "unknown " : "born "} + row.name + " id " +
               row.id.format() + "\n";
        unknown += row.unknown ? 1 : 0;
    }
    if (unknown > 0) {
        out +=
            "unknown: no root gives the row, and its id is of the kind that the bridge computes: "
            "an earlier load may have written it, if its map is lost; --adopt-unknown takes such "
            "rows over, and removes them as the mapping says of rows whose root went\n";
    }
    for (const Difference& difference : verification.kept)
        out += difference_text(difference) + "\n";
    if (verification.differences > verification.kept.size()) {
        out += "and " + text(verification.differences - verification.kept.size()) + " more\n";
    }
    for (std::size_t k = 0; k < kDifferenceKinds; ++k) {
        const auto kind = static_cast<DifferenceKind>(k);
        if (verification.count(kind) > 0) out += meaning(kind);
    }
    out += text(verification.differences) +
           (verification.differences == 1 ? " difference\n" : " differences\n");
    return out;
}

std::string report_json(const Verification& verification) {
    JsonPairs kinds, entities, relations;
    for (std::size_t k = 0; k < kDifferenceKinds; ++k) {
        kinds.emplace_back(to_string(static_cast<DifferenceKind>(k)),
                           text(verification.by_kind[k]));
    }
    for (const EntityVerification& entity : verification.entities)
        entities.emplace_back(entity.name, json_entity(entity));
    for (const RelationVerification& relation : verification.relations) {
        relations.emplace_back(relation.name,
                               json_object({{"rows", text(relation.rows)},
                                            {"images", text(relation.images)},
                                            {"differences", text(relation.differences)}})
                                   .text);
    }
    std::vector<std::string> born;
    for (const BornRow& row : verification.born) {
        born.push_back(json_object({{"entity", json_quote(row.name)},
                                    {"id", json_quote(row.id.format())},
                                    {"unknown", row.unknown ? "true" : "false"}})
                           .text);
    }
    std::vector<std::string> found;
    for (const Difference& difference : verification.kept)
        found.push_back(json_difference(difference));
    return json_object({{"point", json_quote(verification.point.lsn.format())},
                        {"batch", text(verification.batch)},
                        {"differences", text(verification.differences)},
                        {"by_kind", json_object(std::move(kinds)).text},
                        {"deferred", text(verification.deferred)},
                        {"repairs", text(verification.repairs.size())},
                        {"held_ms", text(verification.held.count())},
                        {"elapsed_ms", text(verification.elapsed.count())},
                        {"entities", json_object(std::move(entities)).text},
                        {"relations", json_object(std::move(relations)).text},
                        {"born_rows", json_array(born).text},
                        {"found", json_array(found).text}})
        .text;
}

}  // namespace crossfade
