// Slot, decoder and assembler in one: source transactions out, in commit order.
#pragma once

#include "replicator/assembler.hpp"
#include "replicator/decoder.hpp"
#include "replicator/slot_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <variant>

namespace crossfade {

// Nothing was in flight when the source had come to `end`: all up to there is done, and may be
// stored and confirmed.
struct IdlePosition {
    EndLsn end;
};

// Borrows all three. One for each SlotStream.
class ChangeStream {
public:
    using Item = std::variant<SourceTransaction, IdlePosition>;

    ChangeStream(SlotStream& slot, Decoder& decoder, AssemblerOptions options = {})
        : slot_{slot}, decoder_{decoder}, assembler_{options} {}

    // Nothing: the stream has ended. Transactions without mapped changes come too, empty.
    boost::asio::awaitable<std::optional<Item>> next();

private:
    std::optional<Item> take(const WalFrame& frame);
    SlotStream& slot_;
    Decoder& decoder_;
    Assembler assembler_;
};

}  // namespace crossfade
