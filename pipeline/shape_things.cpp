#include "pipeline/shape_things.hpp"

#include "model/encoding.hpp"

namespace crossfade {

namespace {
using Kind = ShapeThing::Kind;

NumberMap numbers_of(const Things& things, Kind kind, const std::string& owner = {}) {
    std::vector<std::uint32_t> numbers;
    for (const NumberedThing& numbered : things) {
        if (!numbered.gone && scope_of(numbered.thing) == Scope{kind, owner})
            numbers.push_back(numbered.number);
    }
    return NumberMap{std::move(numbers)};
}
}  // namespace

Scope scope_of(const ShapeThing& thing) { return {thing.kind, thing.owner}; }

std::string encode_things(const Things& things) {
    std::string bytes;
    for (const NumberedThing& numbered : things) {
        bytes += static_cast<char>(numbered.thing.kind);
        bytes += static_cast<char>((numbered.gone ? 1 : 0) | (numbered.thing.may_come ? 2 : 0));
        append_varint(bytes, numbered.number);
        append_text(bytes, numbered.thing.owner);
        append_text(bytes, numbered.thing.name);
        append_text(bytes, numbered.thing.details);
    }
    return bytes;
}

Things decode_things(std::string_view bytes) {
    Things things;
    while (bytes.size() > 2) {
        NumberedThing& numbered = things.emplace_back();
        numbered.thing.kind = static_cast<Kind>(bytes[0]);
        numbered.gone = (bytes[1] & 1) != 0;
        numbered.thing.may_come = (bytes[1] & 2) != 0;
        bytes.remove_prefix(2);
        numbered.number = static_cast<std::uint32_t>(take_varint(bytes));
        numbered.thing.owner = take_text(bytes);
        numbered.thing.name = take_text(bytes);
        numbered.thing.details = take_text(bytes);
    }
    return things;
}

StateNumbers state_numbers(const Things& things, const Program& program) {
    StateNumbers numbers;
    numbers.relations = numbers_of(things, Kind::relation);
    numbers.indexes = numbers_of(things, Kind::index);
    numbers.nodes = numbers_of(things, Kind::node);
    numbers.entities = numbers_of(things, Kind::entity);
    numbers.claims = numbers_of(things, Kind::claim);
    for (const MappedRelation& relation : program.relations)
        numbers.columns.push_back(numbers_of(things, Kind::column, relation.table()));
    for (const EntityProgram& entity : program.entities) {
        numbers.target_columns.push_back(numbers_of(things, Kind::target_column, entity.name));
        numbers.parents.push_back(numbers_of(things, Kind::parent, entity.name));
    }
    for (const IndexSpec& index : program.indexes) {
        numbers.relation_of_index.push_back(index.over_roots == kNone ? index.relation
                                                                      : StateNumbers::kNoRelation);
    }
    return numbers;
}

}  // namespace crossfade
