// What wal2json writes in front of the values of a message, read without looking at those: whether
// the message is for us at all.
//
// Somebody else's message or row may hold anything: bytes that are no UTF-8, or a hundred
// megabytes. It is not to be parsed to find out that it is not ours.
#pragma once

#include <string>
#include <string_view>

namespace crossfade {

struct Wal2JsonHead {
    bool message = false;  // pg_logical_emit_message
    bool placed = false;   // of a table: the two names are those that the source uses
    std::string schema;
    std::string table;
};

// Neither: BEGIN, COMMIT, or not as wal2json writes it, which the decoder will say.
Wal2JsonHead read_wal2json_head(std::string_view message);

}  // namespace crossfade
