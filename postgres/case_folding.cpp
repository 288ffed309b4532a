#include "postgres/case_folding.hpp"

namespace crossfade {

std::shared_ptr<const CaseFolding> read_case_folding(Connection& connection) {
    // Before version 15 a database had no other provider than libc, and no column that says so.
    const QueryResult database = connection.exec(
        "SELECT pg_encoding_to_char(d.encoding),"
        " coalesce(to_jsonb(d)->>'datlocprovider', 'c') <> 'i'"
        " FROM pg_database d WHERE d.datname = current_database()",
        Params{});
    if (database.text(0, 0) != "UTF8" || !database.boolean(0, 1)) return nullptr;
    const QueryResult lowered =
        connection.exec("SELECT lower($1::text)", Params{CaseFolding::alphabet()});
    auto folding = std::make_shared<const CaseFolding>(lowered.text(0, 0));
    return folding->ok() ? folding : nullptr;
}

}  // namespace crossfade
