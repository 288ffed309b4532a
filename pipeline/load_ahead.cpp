#include "pipeline/load_ahead.hpp"

#include "pipeline/state_view.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace crossfade {

namespace {
constexpr std::size_t kRootsPerThreadMin = 200;

// index | key | row | slot: the key's length is not stored, so it is asked of the member itself.
void cut_to_key(KeyBytes& root, const IndexSpec& spec) {
    std::string_view rest = root;
    if (is_unresolved(rest)) {
        root.resize(root.size() - (rest.size() - 7) / 2 - 1);
        return;
    }
    root.resize(keys::first_parts(rest, spec.key.front().size()).size());
}

// On a thread of its own; if none can be had, when the result is asked for.
template <class Body>
auto in_background(const Body& body) {
    try {
        return std::async(std::launch::async, body);
    } catch (const std::system_error&) {
        return std::async(std::launch::deferred, body);
    }
}

bool is_derived(const Reader& reader, const RootRef& ref) {
    const auto bytes = reader.get(Family::derived, keys::root(ref.entity, ref.root));
    return bytes && DerivedRecord::decode(*bytes).epoch != DerivedRecord::kEarlier;
}

bool reads_its_own(const Program& program, EntityIndex entity) {
    return program.entities[entity].self_reference ||
           std::ranges::any_of(program.nodes, [&](const Node& node) {
               return node.entity == entity && node.of == entity;
           });
}
}  // namespace

LoadChunk next_load_chunk(const Program& program, const Reader& reader, const WorkItem& item,
                          std::size_t roots_max) {
    const EntityProgram& entity = program.entities[item.entity];
    const bool rows = entity.root_kind == EntityProgram::RootKind::row;
    const std::string prefix = rows ? keys::image_prefix(entity.relation)
                                    : keys::index_prefix(entity.member_indexes[item.column]);
    const Family family = rows ? Family::images : Family::edges;
    const std::string from = item.cursor.empty() ? std::string{} : keys::behind(item.cursor);
    LoadChunk chunk;
    WorkItem next = item;
    bool more = false;
    KeyBytes last;
    reader.scan(family, prefix, from, [&](std::string_view entry, std::string_view) {
        KeyBytes root{entry.substr(prefix.size())};
        if (!rows) cut_to_key(root, program.indexes[entity.member_indexes[item.column]]);
        const bool again = root == last;
        if (!again && chunk.roots.size() >= roots_max) {
            more = true;
            return false;
        }
        next.cursor = entry;
        if (again) return true;
        const bool loaded =
            item.column > 0 && !is_unresolved(root) && is_derived(reader, {item.entity, root});
        if (!loaded) chunk.roots.push_back(root);
        last = std::move(root);
        return true;
    });
    if (!more && !rows && item.column + 1 < entity.member_indexes.size()) {
        more = true;
        next.cursor.clear();
        ++next.column;
    }
    if (more) chunk.rest = std::move(next);
    return chunk;
}

void derive_chunk(const Program& program, const Reader& reader, EntityIndex entity,
                  unsigned threads, LoadChunk& chunk) {
    const std::size_t count = chunk.roots.size();
    if (count == 0 || reads_its_own(program, entity)) return;
    const std::size_t workers = std::clamp<std::size_t>(count / kRootsPerThreadMin, 1, threads);
    std::vector<Outcome> outcomes(count);
    const auto part = [&](std::size_t number) {
        StateView view{program, reader};
        view.keep_parents();
        const std::size_t end = count * (number + 1) / workers;
        for (std::size_t i = count * number / workers; i < end; ++i)
            outcomes[i] = derive(program, entity, chunk.roots[i], view);
    };
    std::vector<std::future<void>> others;
    for (std::size_t number = 1; number < workers; ++number)
        others.push_back(in_background([&part, number] { part(number); }));
    part(0);
    for (auto& other : others)
        other.get();
    for (std::size_t i = 0; i < count; ++i)
        chunk.outcomes.emplace_hint(chunk.outcomes.end(), chunk.roots[i], std::move(outcomes[i]));
}

LoadChunk LoadAhead::make(const WorkItem& item) const {
    LoadChunk chunk = next_load_chunk(program_, reader_, item, roots_max_);
    derive_chunk(program_, reader_, item.entity, threads_, chunk);
    return chunk;
}

LoadChunk LoadAhead::take(const WorkItem& item) {
    if (!chunk_.valid() || begun_ != item.encode()) {
        forget();
        return make(item);
    }
    return chunk_.get();
}

void LoadAhead::begin(const WorkItem& item) {
    forget();
    begun_ = item.encode();
    chunk_ = in_background([this, item] { return make(item); });
}

void LoadAhead::forget() {
    // One that was put off runs only when it is asked for: it is dropped.
    if (chunk_.valid() && chunk_.wait_for(std::chrono::seconds{0}) != std::future_status::deferred)
        chunk_.wait();
    chunk_ = {};
}

}  // namespace crossfade
