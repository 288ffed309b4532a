#include "pipeline/map_file.hpp"

#include "model/encoding.hpp"
#include "pipeline/claims.hpp"
#include "pipeline/shape_things.hpp"
#include "state/durable_file.hpp"
#include "state/keys.hpp"
#include "state/memory_store.hpp"
#include "state/numbers.hpp"
#include "state/records.hpp"

#include <algorithm>
#include <fstream>
#include <set>

namespace crossfade {

namespace {
using Kind = ShapeThing::Kind;

constexpr std::string_view kMapHeader = "crossfade map 1\n";
constexpr std::size_t kMapChunkBytes = std::size_t{1} << 20;

class MapWriter {
public:
    explicit MapWriter(const std::filesystem::path& file) : file_{file} { file_.put(kMapHeader); }
    void text(std::string_view bytes) {
        std::string framed;
        append_text(framed, bytes);
        file_.put(framed);
    }
    void finish() { file_.finish(); }

private:
    DurableFile file_;
};

class MapReader {
public:
    explicit MapReader(const std::filesystem::path& file)
        : file_{file}, in_{file, std::ios::binary} {
        std::string header(kMapHeader.size(), '\0');
        in_.read(header.data(), static_cast<std::streamsize>(header.size()));
        if (!in_ || header != kMapHeader) damaged("it is no map of this version of crossfade");
    }
    std::string text() {
        std::uint64_t size = 0;
        for (int shift = 0;; shift += 7) {
            const int byte = in_.get();
            if (!in_ || shift > 56) damaged("it ends too early");
            size |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) break;
        }
        std::error_code error;
        if (size > std::filesystem::file_size(file_, error)) damaged("it ends too early");
        std::string bytes(size, '\0');
        in_.read(bytes.data(), static_cast<std::streamsize>(size));
        if (!in_) damaged("it ends too early");
        return bytes;
    }
    WriteSet set(std::string_view bytes) const {
        try {
            return WriteSet::deserialize(bytes);
        } catch (const Failure& failure) {
            damaged(failure.error().message());
        }
    }
    [[noreturn]] void damaged(const std::string& why) const {
        throw Failure{Error{ErrorKind::trust, file_.string() + ": " + why}.with_hint(
            "remove it, and the load knows the rows of the earlier state by their ids alone "
            "(docs/operations.md, another load); or bring the file back as `drop --state` made "
            "it")};
    }

private:
    std::filesystem::path file_;
    std::ifstream in_;
};

const NumberedThing* find_thing(const Things& things, const ShapeThing& thing) {
    const auto found = std::ranges::find_if(things, [&](const NumberedThing& known) {
        return !known.gone && scope_of(known.thing) == scope_of(thing) &&
               known.thing.name == thing.name && known.thing.details == thing.details;
    });
    return found == things.end() ? nullptr : &*found;
}

// The rules of a mapping that say what the roots of an entity are, and the namespace of all ids.
std::set<std::string> rules_of(const Things& things, const std::string& entity) {
    std::set<std::string> rules;
    for (const NumberedThing& numbered : things) {
        const std::string& name = numbered.thing.name;
        if (numbered.gone || numbered.thing.kind != Kind::rule) continue;
        if (name.starts_with("entity " + entity + " ") || name.starts_with("namespace "))
            rules.insert(name);
    }
    return rules;
}

// Which numbers of an earlier state mean the things of this program. Entities whose roots or ids
// are others than they were get numbers that the file does not have.
class MapNumbers {
public:
    MapNumbers(const Program& program, Things then, Things now)
        : program_{program}, then_{std::move(then)}, now_{std::move(now)} {}

    StateNumbers numbers() {
        std::map<Scope, std::uint32_t> next;
        for (const NumberedThing& known : then_) {
            auto& number = next[scope_of(known.thing)];
            number = std::max(number, known.number + 1);
        }
        Things result = now_;
        for (NumberedThing& numbered : result) {
            const NumberedThing* known = find_thing(then_, numbered.thing);
            if (known != nullptr && numbered.thing.kind == Kind::entity &&
                !is_alike(numbered.thing.name))
                known = nullptr;
            numbered.number = known != nullptr ? known->number : next[scope_of(numbered.thing)]++;
        }
        return state_numbers(result, program_);
    }

    std::vector<std::string> left_out() const {
        std::vector<std::string> names;
        for (const NumberedThing& known : then_) {
            if (known.gone || known.thing.kind != Kind::entity) continue;
            if (find_thing(now_, known.thing) == nullptr || !is_alike(known.thing.name))
                names.push_back(known.thing.name);
        }
        return names;
    }

private:
    bool is_alike(const std::string& name) const {
        const std::uint32_t entity = program_.find_entity(name);
        if (entity == kNone || rules_of(then_, name) != rules_of(now_, name)) return false;
        const EntityProgram& program = program_.entities[entity];
        std::set<std::string> relations;
        if (program.root_kind != EntityProgram::RootKind::group)
            relations.insert(program_.relations[program.relation].table());
        for (const RelationIndex relation : program.member_relations)
            relations.insert(program_.relations[relation].table());
        // Their keys, and the types of their columns, of which the roots' keys are made.
        return std::ranges::all_of(now_, [&](const NumberedThing& numbered) {
            const ShapeThing& thing = numbered.thing;
            const bool concerns =
                (thing.kind == Kind::relation && relations.contains(thing.name)) ||
                (thing.kind == Kind::column && relations.contains(thing.owner));
            if (!concerns) return true;
            const bool came = std::ranges::none_of(then_, [&](const NumberedThing& known) {
                return scope_of(known.thing) == scope_of(thing) && known.thing.name == thing.name;
            });
            return (came && thing.kind == Kind::column) || find_thing(then_, thing) != nullptr;
        });
    }

    const Program& program_;
    Things then_, now_;
};

// Whether a source row feeds the root. Of a root whose key cannot be known nobody can say.
bool has_rows(const Program& program, const Reader& store, const RootRef& ref) {
    const EntityProgram& entity = program.entities[ref.entity];
    if (is_unresolved(ref.root)) return false;
    if (entity.root_kind == EntityProgram::RootKind::row)
        return store.get(Family::images, keys::image(entity.relation, ref.root)).has_value();
    bool found = false;
    for (const IndexId index : entity.member_indexes) {
        store.scan(Family::edges, keys::index_prefix(index, ref.root), {},
                   [&](std::string_view, std::string_view) {
                       found = true;
                       return false;
                   });
    }
    return found;
}

class Import {
public:
    Import(const Program& program, Store& store, const Stands& stands)
        : program_{program}, store_{store}, stands_{stands} {}

    void take(const Reader& chunk) {
        chunk.scan(Family::derived, {}, {}, [&](std::string_view key, std::string_view bytes) {
            take_row(keys::root_of(key), DerivedRecord::decode(bytes));
            return true;
        });
        for (const std::string_view prefix : {keys::kAdopted, keys::kAdopter}) {
            chunk.scan(Family::meta, prefix, {}, [&](std::string_view key, std::string_view bytes) {
                set_.put(Family::meta, std::string{key}, std::string{bytes});
                return true;
            });
        }
        store_.write(set_, false);
        set_.clear();
    }
    ReadMap& report() { return report_; }

private:
    void take_row(const RootRef& ref, DerivedRecord record) {
        if (!stands_(ref.entity, record.id)) {
            ++report_.lost;
            return;
        }
        ++report_.rows;
        record.epoch = DerivedRecord::kEarlier;
        record.members = 0;
        std::erase_if(record.claims, [&](const StoredClaim& claim) {
            return !claim.held && !program_.claims[claim.claim].of_id;
        });
        if (!has_rows(program_, store_, ref)) {
            report_.gone.push_back(ref);
            leave(ref, record);
        }
        for (const StoredClaim& claim : record.claims) {
            put_claim(program_, set_, ref, claim);
        }
        if (record.state != StoredState::applied) {
            for (const StoredParent& parent : record.parents) {
                set_.put(Family::edges,
                         keys::stale(parent.entity, parent.root, ref.entity, ref.root), {});
            }
        }
        set_.put(Family::targets, keys::row(record.id, ref.entity), ref.root);
        set_.put(Family::derived, keys::root(ref.entity, ref.root), record.encode());
    }

    // The row is removed when the entities are loaded; until then nothing comes to refer to it, and
    // it is told when what it refers to leaves. What is kept is there for others all the time.
    void leave(const RootRef& ref, DerivedRecord& record) const {
        if (record.state == StoredState::gone || program_.entities[ref.entity].keep_on_delete)
            return;
        record.state = StoredState::gone;
        record.leaving = true;
    }

    const Program& program_;
    Store& store_;
    const Stands& stands_;
    WriteSet set_;
    ReadMap report_;
};

Things things_of(const Reader& state) {
    const auto bytes = state.get(Family::meta, keys::kMappingShape);
    return bytes ? decode_things(*bytes) : Things{};
}
}  // namespace

std::filesystem::path kept_map(const std::filesystem::path& state) {
    return state / "previous.map";
}

std::uint64_t write_map(const Reader& state, const std::filesystem::path& file) {
    MapWriter out{file};
    out.text(encode_things(things_of(state)));
    std::uint64_t rows = 0;
    WriteSet set;
    const auto flush = [&](std::size_t least) {
        if (set.empty() || set.bytes() < least) return;
        out.text(set.serialize());
        set.clear();
    };
    state.scan(Family::derived, {}, {}, [&](std::string_view key, std::string_view bytes) {
        DerivedRecord record = DerivedRecord::decode(bytes);
        if (!record.present) return true;
        record.hash.clear();
        set.put(Family::derived, std::string{key}, record.encode());
        ++rows;
        flush(kMapChunkBytes);
        return true;
    });
    for (const std::string_view prefix : {keys::kAdopted, keys::kAdopter}) {
        state.scan(Family::meta, prefix, {}, [&](std::string_view key, std::string_view bytes) {
            set.put(Family::meta, std::string{key}, std::string{bytes});
            flush(kMapChunkBytes);
            return true;
        });
    }
    flush(0);
    out.text({});
    out.finish();
    return rows;
}

ReadMap read_map(const Program& program, Store& store, const std::filesystem::path& file,
                 const Stands& stands) {
    MapReader in{file};
    MapNumbers things{program, decode_things(in.text()), things_of(store)};
    const StateNumbers numbers = things.numbers();
    Import import{program, store, stands};
    for (std::string chunk = in.text(); !chunk.empty(); chunk = in.text()) {
        MemoryStore memory;
        memory.write(in.set(chunk), false);
        import.take(NumberedStore{memory, numbers});
    }
    store.write({}, true);
    ReadMap report = std::move(import.report());
    // Rows that refer to others leave before them.
    std::ranges::reverse(report.gone);
    report.left_out = things.left_out();
    return report;
}

}  // namespace crossfade
