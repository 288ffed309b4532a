#include "service/new_columns.hpp"

#include <memory>
#include <set>
#include <utility>

namespace crossfade {

DecoderOptions warn_of_new_columns(const Program& program,
                                   const std::map<std::string, CatalogTable>& catalog, Logger log) {
    DecoderOptions options;
    for (const MappedRelation& relation : program.relations) {
        std::vector<std::string>& names = options.known_columns.emplace_back();
        const auto table = catalog.find(relation.table());
        if (table == catalog.end()) continue;
        for (const CatalogColumn& column : table->second.columns)
            names.push_back(column.name);
    }
    const auto told = std::make_shared<std::set<std::pair<std::string, std::string>>>();
    options.on_new_column = [told, log = std::move(log)](const MappedRelation& relation,
                                                         const std::string& column) {
        const std::string table = relation.table();
        if (!told->insert({table, column}).second) return;
        log.warning("new column of the source: not mapped, not carried",
                    {fields::table(table), fields::column(column)});
    };
    return options;
}

}  // namespace crossfade
