#include "state/store.hpp"

#include <boost/crc.hpp>

namespace crossfade {

namespace {

// The form of a serialized WriteSet. Integers are little-endian.
//   4 bytes "CWS1"
//   per family that has removed prefixes: u8 family + 128, u32 number of prefixes, then per prefix
//     u32 length, prefix
//   per family that has entries: u8 family, u32 number of entries, then per entry
//     u32 length of the key, key, u32 length of the value (kErased: a removal, no bytes follow),
//     value
//   u32 CRC-32C of everything before it
constexpr std::string_view kMagic = "CWS1";
constexpr std::uint32_t kErased = 0xFFFFFFFF;
constexpr unsigned char kPrefixes = 128;

void append_u32(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8)
        out.push_back(static_cast<char>(value >> shift));
}

void append_sized(std::string& out, std::string_view bytes) {
    if (bytes.size() >= kErased) {
        throw Failure{Error{ErrorKind::internal, "a key or value of the state exceeds 4 GiB"}};
    }
    append_u32(out, static_cast<std::uint32_t>(bytes.size()));
    out.append(bytes);
}

[[noreturn]] void damaged(const char* what) {
    throw Failure{Error{ErrorKind::trust, std::string{"a stored set of writes is damaged: "} + what}
                      .with_hint("restore the state directory, or begin with a new snapshot")};
}

std::string_view take(std::string_view& in, std::size_t count) {
    if (in.size() < count) damaged("it is cut short");
    const std::string_view bytes = in.substr(0, count);
    in.remove_prefix(count);
    return bytes;
}

std::uint32_t take_u32(std::string_view& in) {
    const std::string_view bytes = take(in, 4);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return value;
}

std::uint32_t crc32c(std::string_view bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

}  // namespace

std::string_view to_string(Family family) {
    switch (family) {
        case Family::images: return "images";
        case Family::edges: return "edges";
        case Family::members: return "members";
        case Family::claims: return "claims";
        case Family::derived: return "derived";
        case Family::targets: return "targets";
        case Family::work: return "work";
        case Family::quarantine: return "quarantine";
        case Family::meta: return "meta";
        case Family::intents: return "intents";
    }
    return "unknown";
}

bool WriteSet::empty() const {
    for (std::size_t family = 0; family < kFamilies; ++family) {
        if (!entries_[family].empty() || !erased_[family].empty()) return false;
    }
    return true;
}

void WriteSet::set(Family family, std::string key, std::optional<std::string> value) {
    const auto size = [](const std::optional<std::string>& v) { return v ? v->size() : 0; };
    const std::size_t key_size = key.size();
    const auto [entry, fresh] =
        entries_[static_cast<std::size_t>(family)].try_emplace(std::move(key));
    bytes_ += fresh ? key_size : 0;
    bytes_ -= size(entry->second);
    bytes_ += size(value);
    entry->second = std::move(value);
}

void WriteSet::erase_prefix(Family family, std::string prefix) {
    const auto below = [&](const std::string& key) { return key.starts_with(prefix); };
    Entries& entries = entries_[static_cast<std::size_t>(family)];
    for (auto entry = entries.lower_bound(prefix); entry != entries.end() && below(entry->first);) {
        bytes_ -= entry->first.size() + (entry->second ? entry->second->size() : 0);
        entry = entries.erase(entry);
    }
    if (hides(family, prefix)) return;
    Prefixes& erased = erased_[static_cast<std::size_t>(family)];
    for (auto shorter = erased.lower_bound(prefix); shorter != erased.end() && below(*shorter);) {
        bytes_ -= shorter->size();
        shorter = erased.erase(shorter);
    }
    bytes_ += prefix.size();
    erased.insert(std::move(prefix));
}

// None of the prefixes is the beginning of another, so the last one that is not greater than the
// key is the only one that can be its beginning.
bool WriteSet::hides(Family family, std::string_view key) const {
    const Prefixes& erased = erased_[static_cast<std::size_t>(family)];
    const auto greater = erased.upper_bound(key);
    return greater != erased.begin() && key.starts_with(*std::prev(greater));
}

void WriteSet::append(const WriteSet& later) {
    for (std::size_t f = 0; f < kFamilies; ++f) {
        const auto family = static_cast<Family>(f);
        for (const std::string& prefix : later.erased_[f])
            erase_prefix(family, prefix);
        for (const auto& [key, value] : later.entries_[f])
            set(family, key, value);
    }
}

void WriteSet::clear() {
    for (Entries& entries : entries_)
        entries.clear();
    for (Prefixes& erased : erased_)
        erased.clear();
    bytes_ = 0;
}

std::string WriteSet::serialize(std::string_view head) const {
    std::size_t entries = 0;
    for (std::size_t family = 0; family < kFamilies; ++family)
        entries += entries_[family].size() + erased_[family].size();
    std::string out;
    // At once, for what is large is not copied as it grows.
    out.reserve(head.size() + bytes() + entries * 2 * sizeof(std::uint32_t) + 1024);
    out += head;
    out += kMagic;
    for (std::size_t family = 0; family < kFamilies; ++family) {
        if (erased_[family].empty()) continue;
        out.push_back(static_cast<char>(family + kPrefixes));
        append_u32(out, static_cast<std::uint32_t>(erased_[family].size()));
        for (const std::string& prefix : erased_[family])
            append_sized(out, prefix);
    }
    for (std::size_t family = 0; family < kFamilies; ++family) {
        const Entries& puts = entries_[family];
        if (puts.empty()) continue;
        out.push_back(static_cast<char>(family));
        append_u32(out, static_cast<std::uint32_t>(puts.size()));
        for (const auto& [key, value] : puts) {
            append_sized(out, key);
            if (value) {
                append_sized(out, *value);
            } else {
                append_u32(out, kErased);
            }
        }
    }
    append_u32(out, crc32c(std::string_view{out}.substr(head.size())));
    return out;
}

WriteSet WriteSet::deserialize(std::string_view bytes) {
    if (bytes.size() < kMagic.size() + 4) damaged("it is cut short");
    if (!bytes.starts_with(kMagic)) damaged("it does not begin as one");
    std::string_view tail = bytes.substr(bytes.size() - 4);
    std::string_view in = bytes.substr(0, bytes.size() - 4);
    if (take_u32(tail) != crc32c(in)) damaged("its checksum differs");
    in.remove_prefix(kMagic.size());

    WriteSet set;
    while (!in.empty()) {
        const auto family = static_cast<unsigned char>(take(in, 1).front());
        if (family >= kPrefixes && family - kPrefixes < static_cast<int>(kFamilies)) {
            for (std::uint32_t count = take_u32(in); count > 0; --count)
                set.erased_[family - kPrefixes].emplace(take(in, take_u32(in)));
            continue;
        }
        if (family >= kFamilies) damaged("it names an unknown family");
        Entries& entries = set.entries_[family];
        for (std::uint32_t count = take_u32(in); count > 0; --count) {
            std::string key{take(in, take_u32(in))};
            const std::uint32_t length = take_u32(in);
            std::optional<std::string> value;
            if (length != kErased) value.emplace(take(in, length));
            // Entries were written in order, so the end is where the next one goes.
            entries.insert_or_assign(entries.end(), std::move(key), std::move(value));
        }
    }
    return set;
}

std::optional<std::string> Overlay::get(Family family, std::string_view key) const {
    const WriteSet::Entries& entries = staged_.entries(family);
    if (const auto found = entries.find(key); found != entries.end()) return found->second;
    if (staged_.hides(family, key)) return std::nullopt;
    return base_.get(family, key);
}

// Merges two ordered sequences; a staged entry hides the base's entry of the same key. Entries that
// `each` stages while the scan runs may be met or not. The iterator is moved on before `each` is
// called, and a removal is an entry too, so it stays valid.
void Overlay::scan(Family family, std::string_view prefix, std::string_view from,
                   const Each& each) const {
    const WriteSet::Entries& entries = staged_.entries(family);
    auto next = entries.lower_bound(from > prefix ? from : prefix);
    bool going = true;

    // Visits staged entries below `limit` (all with the prefix if there is none).
    const auto visit_staged = [&](std::optional<std::string_view> limit) {
        while (going && next != entries.end() &&
               std::string_view{next->first}.starts_with(prefix) &&
               (!limit || next->first < *limit)) {
            const auto current = next++;
            if (current->second) going = each(current->first, *current->second);
        }
    };

    const bool any_hidden = !staged_.erased_prefixes(family).empty();
    if (any_hidden && staged_.hides(family, prefix)) return visit_staged(std::nullopt);
    base_.scan(family, prefix, from, [&](std::string_view key, std::string_view value) {
        if (any_hidden && staged_.hides(family, key)) return true;
        visit_staged(key);
        if (!going) return false;
        if (next != entries.end() && next->first == key) {
            const auto current = next++;
            if (current->second) going = each(current->first, *current->second);
        } else {
            going = each(key, value);
        }
        return going;
    });
    visit_staged(std::nullopt);
}

}  // namespace crossfade
