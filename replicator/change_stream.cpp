#include "replicator/change_stream.hpp"

#include <utility>

namespace crossfade {

boost::asio::awaitable<std::optional<ChangeStream::Item>> ChangeStream::next() {
    while (const auto frame = co_await slot_.next()) {
        if (auto item = take(*frame)) co_return item;
    }
    co_return std::nullopt;
}

std::optional<ChangeStream::Item> ChangeStream::take(const WalFrame& frame) {
    Feedback& feedback = slot_.feedback();
    if (const auto* keepalive = std::get_if<Keepalive>(&frame)) {
        if (feedback.in_flight()) return std::nullopt;
        return IdlePosition{EndLsn{keepalive->end}};
    }
    StreamEvent event = decoder_.decode(std::get<WalData>(frame).data);
    if (std::holds_alternative<BeginEvent>(event)) feedback.begin();
    auto transaction = assembler_.push(std::move(event));
    if (!transaction) return std::nullopt;
    if (transaction->last_slice) feedback.delivered(transaction->end);
    return std::move(*transaction);
}

}  // namespace crossfade
