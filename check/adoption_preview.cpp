#include "check/adoption_preview.hpp"

#include "check/private_images.hpp"
#include "model/json.hpp"
#include "postgres/quote.hpp"
#include "target/progress.hpp"
#include "target/schema.hpp"

#include <algorithm>
#include <set>

namespace crossfade {

namespace {

// Entities in the order of the load, up to the last one that adopts: nothing before it refers to
// anything behind it.
std::set<std::string> wanted_entities(const Program& program) {
    std::set<std::string> wanted, seen;
    for (const EntityProgram& entity : program.entities) {
        seen.insert(entity.name);
        if (entity.adopt) wanted = seen;
    }
    return wanted;
}

bool any_rows(const Program& program, Connection& target) {
    for (const EntityProgram& entity : program.entities) {
        if (!entity.adopt) continue;
        const std::string table = quote_table(entity.target.schema, entity.target.table);
        if (target.exec("SELECT EXISTS (SELECT FROM " + table + ")").boolean(0, 0)) return true;
    }
    return false;
}

std::string examples(const std::vector<std::string>& keys) {
    std::string text;
    for (const std::string& key : keys)
        text += (text.empty() ? "" : ", ") + key;
    return text;
}

std::string json_keys(const std::vector<std::string>& keys) {
    std::vector<std::string> quoted;
    for (const std::string& key : keys)
        quoted.push_back(json_quote(key));
    return json_array(quoted).text;
}

std::string padded(const std::string& text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

}  // namespace

std::optional<AdoptionPreview> preview_adoption(const Config& config, const Context& context,
                                                Connection& source, Connection& target) {
    const std::set<std::string> wanted = wanted_entities(*context.program);
    // A schema of an older format is one that a bridge feeds already.
    const auto format = schema_format(target);
    if (wanted.empty() || (format && *format < schema_format_known()) ||
        read_progress(target, config.source.slot) || !any_rows(*context.program, target)) {
        return std::nullopt;
    }
    Mapping mapping = context.mapping;
    std::erase_if(mapping.entities, [&](const EntitySpec& e) { return !wanted.contains(e.name); });
    Findings ignored;  // the whole mapping was compiled before
    const auto program = compile(mapping, context.catalog, ignored);
    if (!program) return std::nullopt;

    PrivateImages images{config, *program, source};
    const auto reports = adopt(*program, target, images.store());
    AdoptionPreview preview;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const EntityProgram& entity = program->entities[i];
        if (entity.adopt) preview.entities.push_back({entity.name, reports[i]});
    }
    return preview;
}

std::string to_text(const AdoptionPreview& preview) {
    std::size_t width = 0;
    for (const auto& entity : preview.entities)
        width = std::max(width, entity.name.size());
    std::string text = "rows of an earlier migration, and what a load makes of them\n    " +
                       std::string(width, ' ') +
                       "      rows       own   adopted    merged   rebuilt      gone  unusable  "
                       "ambiguous\n";
    for (const auto& [name, report] : preview.entities) {
        text += "    " + name + std::string(width - name.size(), ' ');
        for (const std::uint64_t count : {report.rows, report.own, report.adopted, report.merged,
                                          report.rebuilt, report.gone, report.unusable})
            text += padded(std::to_string(count), 10);
        text += padded(std::to_string(report.ambiguous), 11) + '\n';
    }
    text += "    own: rows that carry the id of their root already, and keep it\n";
    for (const auto& [name, report] : preview.entities) {
        const auto add = [&, &entity = name](const char* what, const auto& keys) {
            if (!keys.empty()) text += "    " + entity + " " + what + ": " + examples(keys) + '\n';
        };
        add("adopted", report.adopted_keys);
        add("merged", report.merged_keys);
        add("rebuilt", report.rebuilt_keys);
    }
    return text;
}

std::string to_json(const AdoptionPreview& preview) {
    std::vector<std::pair<std::string, std::string>> entities;
    for (const auto& [name, report] : preview.entities) {
        const auto number = [](std::uint64_t count) { return std::to_string(count); };
        entities.emplace_back(name, json_object({{"rows", number(report.rows)},
                                                 {"adopted", number(report.adopted)},
                                                 {"merged", number(report.merged)},
                                                 {"rebuilt", number(report.rebuilt)},
                                                 {"own", number(report.own)},
                                                 {"gone", number(report.gone)},
                                                 {"unusable", number(report.unusable)},
                                                 {"ambiguous", number(report.ambiguous)},
                                                 {"adopted_keys", json_keys(report.adopted_keys)},
                                                 {"merged_keys", json_keys(report.merged_keys)},
                                                 {"rebuilt_keys", json_keys(report.rebuilt_keys)}})
                                        .text);
    }
    return json_object(entities).text;
}

}  // namespace crossfade
