#include "service/root_key.hpp"

#include "model/finding.hpp"
#include "pipeline/root_name.hpp"
#include "postgres/codec.hpp"
#include "state/keys.hpp"

#include <algorithm>
#include <array>

namespace crossfade {

namespace {

constexpr std::size_t kCandidatesMax = 256;

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const std::size_t slash = text.find('/', begin);
        parts.push_back(text.substr(begin, slash - begin));
        if (slash == std::string::npos) return parts;
        begin = slash + 1;
    }
}

// The values whose part of a key's name this is, of the types that keys are made of.
std::vector<Value> readings(const std::string& text) {
    const auto part = read_key_part(text);
    if (!part) return {};
    std::vector<Value> values{*part};
    const auto* plain = std::get_if<std::string>(&*part);
    if (plain == nullptr) return values;
    constexpr std::array kTypes{Type::integer, Type::decimal,     Type::uuid,
                                Type::date,    Type::timestamptz, Type::boolean,
                                Type::real,    Type::time,        Type::bytes};
    for (const Type type : kTypes) {
        auto value = parse_value(type, *plain);
        if (value && to_display(*value) == *plain) values.push_back(std::move(*value));
    }
    return values;
}

// Every tuple of readings of `parts`; a part of a key that has several spellings has one reading.
std::vector<KeyBytes> candidates(const std::vector<std::string>& parts,
                                 const std::vector<KeyForm>& forms) {
    std::vector<KeyBytes> keys{KeyBytes{}};
    std::size_t position = 0;
    for (const std::string& part : parts) {
        std::vector<KeyBytes> longer;
        const KeyForm form = position < forms.size() ? forms[position] : KeyForm{};
        ++position;
        const auto text = form.changes() ? read_key_part(part) : std::nullopt;
        for (const Value& value : text ? std::vector{form.of(*text)} : readings(part)) {
            for (const KeyBytes& key : keys) {
                if (longer.size() >= kCandidatesMax) break;
                longer.push_back(key);
                append_key(longer.back(), value);
            }
        }
        keys = std::move(longer);
    }
    return keys;
}

}  // namespace

std::optional<KeyBytes> find_root(const Program& program, const Reader& reader, EntityIndex entity,
                                  const std::string& text) {
    const std::vector<KeyForm>& forms = program.entities[entity].key_forms;
    const bool spelled = std::ranges::any_of(forms, &KeyForm::changes);
    const auto known = [&](const KeyBytes& key) {
        return reader.get(Family::derived, keys::root(entity, key)).has_value() &&
               (spelled || display_root(program, key) == text);
    };
    for (const auto& parts : {std::vector<std::string>{text}, split(text)}) {
        for (KeyBytes& key : candidates(parts, forms)) {
            if (known(key)) return std::move(key);
        }
    }
    // A key of a type that is not tried, or a root without a key.
    std::optional<KeyBytes> found;
    const std::string prefix = keys::entity_prefix(entity);
    reader.scan(Family::derived, prefix, {}, [&](std::string_view key, std::string_view) {
        key.remove_prefix(prefix.size());
        if (display_root(program, key) == text) found = KeyBytes{key};
        return !found;
    });
    return found;
}

EntityIndex entity_named(const Program& program, const std::string& name) {
    const std::uint32_t entity = program.find_entity(name);
    if (entity != kNone) return entity;
    std::vector<std::string> names;
    for (const EntityProgram& known : program.entities)
        names.push_back(known.name);
    const std::string near = nearest(name, names);
    throw Failure{Error{ErrorKind::configuration,
                        "the mapping has no entity \"" + name + "\"" +
                            (near.empty() ? "" : "; did you mean \"" + near + "\"?")}};
}

}  // namespace crossfade
