// Reads rows of the source again by their keys: the columns whose values the stream did not tell
// (pipeline/unread.hpp). One statement for each table, all of them in one snapshot, over a
// connection of its own that is opened when it is first needed.
//
// A value is sure if the row of the snapshot was written by the transaction that is known here to
// have changed it last, or if the stream has come to where the source is. What is written by
// somebody else is a later transaction, or a savepoint of this one, which have numbers of their
// own; the stream tells which, once it has passed a marker written behind the snapshot.
#pragma once

#include "pipeline/unread.hpp"
#include "postgres/connection.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

class RowReader {
public:
    // Borrows the program. `source`: options of the connection; its interrupt ends what waits.
    RowReader(const Program& program, ConnectionOptions source);

    // The rows that these transactions leave unsure (unsure_rows). `seen`: everything before it is
    // among them or older. Throws Failure of the world if the source cannot be asked; then nothing
    // is kept of the connection.
    RowReads read(const std::vector<SourceTransaction>& transactions, Lsn seen);
    // The rows as the exported snapshot shows them.
    RowReads read_in(const std::string& snapshot, const std::vector<RowId>& rows);

private:
    struct Found {
        Row values;
        std::uint32_t xmin = 0;
    };
    using Rows = std::map<RowId, Found>;

    void connect();
    Rows select(const std::vector<RowId>& rows);
    void select_of(RelationIndex relation, const std::vector<RowId>& rows, Rows& found);
    std::string statement(RelationIndex relation, const std::vector<bool>& with_null);
    Rows read_visible(const std::map<RowId, std::uint32_t>& wanted, Lsn& end);

    const Program& program_;
    ConnectionOptions source_;
    std::optional<Connection> connection_;
    std::map<RelationIndex, std::vector<std::string>> key_types_;  // as the catalog writes them
};

// Whether a snapshot, as txid_current_snapshot() writes it, shows what a transaction that has
// committed did. Pure. Throws Failure(internal) if it is none.
bool shows_transaction(std::string_view snapshot, std::uint32_t xid);

}  // namespace crossfade
