#include "replicator/assembler.hpp"

#include <utility>

namespace crossfade {

namespace {
[[noreturn]] void out_of_order(const char* message) {
    throw Failure{Error{ErrorKind::trust, message}};
}

std::size_t bytes_of(const Value& value) {
    std::size_t heap = 0;
    if (const auto* text = std::get_if<std::string>(&value))
        heap = text->size();
    else if (const auto* json = std::get_if<Json>(&value))
        heap = json->text.size();
    else if (const auto* bytes = std::get_if<Bytes>(&value))
        heap = bytes->data.size();
    else if (const auto* decimal = std::get_if<Decimal>(&value))
        heap = decimal->format().size();
    return sizeof(Value) + heap;
}
}  // namespace

std::size_t estimated_bytes(const Change& change) {
    std::size_t total = sizeof(Change);
    for (const Value& value : change.row)
        total += bytes_of(value);
    for (const Value& value : change.old_key)
        total += bytes_of(value);
    for (const Value& value : change.old_row)
        total += bytes_of(value);
    return total + change.unsure.size() * sizeof(change.unsure[0]);
}

std::optional<SourceTransaction> Assembler::push(StreamEvent event) {
    if (const auto* started = std::get_if<BeginEvent>(&event)) return begin(*started);
    if (const auto* ended = std::get_if<CommitEvent>(&event)) return commit(*ended);
    if (auto* change = std::get_if<Change>(&event)) return add(std::move(*change));
    return std::nullopt;
}

void Assembler::reset() {
    open_ = false;
    current_ = {};
    bytes_ = 0;
}

std::optional<SourceTransaction> Assembler::begin(const BeginEvent& event) {
    if (open_) out_of_order("a transaction begins inside of another");
    reset();
    open_ = true;
    current_.xid = event.xid;
    current_.commit = event.commit;
    current_.end = event.end;
    current_.commit_time = event.commit_time;
    return std::nullopt;
}

std::optional<SourceTransaction> Assembler::add(Change change) {
    if (!open_) out_of_order("a change arrived outside of a transaction");
    // Cut before adding, so that the last slice is never empty for want of a change.
    std::optional<SourceTransaction> slice;
    if (current_.changes.size() >= options_.slice_changes_max ||
        bytes_ >= options_.slice_bytes_max) {
        slice = cut(false);
    }
    bytes_ += estimated_bytes(change);
    current_.changes.push_back(std::move(change));
    return slice;
}

std::optional<SourceTransaction> Assembler::commit(const CommitEvent& event) {
    if (!open_) out_of_order("a commit arrived outside of a transaction");
    if (event.xid != current_.xid || event.commit != current_.commit) {
        out_of_order("a commit arrived that belongs to another transaction");
    }
    current_.end = event.end;
    open_ = false;
    return cut(true);
}

SourceTransaction Assembler::cut(bool last) {
    SourceTransaction slice = std::move(current_);
    slice.bytes = sizeof(SourceTransaction) + bytes_;
    slice.last_slice = last;
    current_ = {};
    current_.xid = slice.xid;
    current_.commit = slice.commit;
    current_.end = slice.end;
    current_.commit_time = slice.commit_time;
    current_.first_ordinal = slice.first_ordinal + slice.changes.size();
    bytes_ = 0;
    return slice;
}

}  // namespace crossfade
