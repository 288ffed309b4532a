// Whether the ids of one target table are unlike by the form of their names alone. Where that
// cannot be shown, a claim decides which of the roots that give one id owns it (pipeline/own_id).
#include "transforms/compiler.hpp"

#include <algorithm>
#include <cctype>

namespace crossfade::compiler {

namespace {

// The texts of all types but text and json are of these: letters, digits and "+-.: \".
bool is_plain(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view{"+-.: \\"}.find(c) != std::string_view::npos;
}

bool is_plain(Type type) { return type != Type::text && type != Type::json && type != Type::any; }

bool has_letters_alone(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isalpha(static_cast<unsigned char>(c)) != 0;
    });
}

const std::string* text_literal(const ExprPtr& expr) {
    return expr->kind == Expr::Kind::literal ? std::get_if<std::string>(&expr->value) : nullptr;
}

void split_concatenation(const ExprPtr& expr, std::vector<ExprPtr>& pieces) {
    if (expr->kind != Expr::Kind::binary || expr->text != "||") return pieces.push_back(expr);
    for (const ExprPtr& arg : expr->args)
        split_concatenation(arg, pieces);
}

// A stretch of a name: a constant, or what stands for a part of the root's key or for all of it.
struct Piece {
    std::string constant;  // empty: the other two count
    std::optional<std::size_t> part;
    Type type = Type::any;  // of the part; any: not known, or the whole key of several parts
};

// Whether the pieces between the constants can be read back from the name. Of those whose texts may
// hold anything there may be one: what is before it is read from the left, the rest from the right.
bool can_be_read_back(const std::vector<Piece>& pieces) {
    std::optional<std::size_t> loose;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (!pieces[i].constant.empty() || is_plain(pieces[i].type)) continue;
        if (loose) return false;
        loose = i;
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (!pieces[i].constant.empty() || i == loose) continue;
        const bool from_left = !loose || i < *loose;
        if (from_left && i + 1 == pieces.size()) continue;
        const std::string& beside = pieces[from_left ? i + 1 : i - 1].constant;
        if (beside.empty() || is_plain(from_left ? beside.front() : beside.back())) return false;
    }
    return true;
}

std::string first_constant(const std::vector<Piece>& pieces) {
    return pieces.empty() ? std::string{} : pieces.front().constant;
}

}  // namespace

void Compiler::note_key_type(IndexId members, std::size_t part, Type type) {
    std::vector<Type>& types = key_types_[members];
    if (types.size() == part) types.push_back(type);
    if (types[part] != type) types[part] = Type::any;
}

// The names of the parts of an entity's key and their types; a type is `any` where members of a
// group give unlike ones.
Compiler::KeyParts Compiler::key_parts(EntityIndex index) const {
    const EntitySpec& spec = *specs_[index];
    const EntityProgram& entity = program_->entities[index];
    const Members& first = spec.root.members.front();
    KeyParts form;
    if (spec.root.kind == Root::Kind::row) {
        const MappedRelation& relation = program_->relations[entity.relation];
        for (const std::uint32_t position : relation.key)
            form.emplace_back(relation.columns[position].name, relation.columns[position].type);
        if (first.slots) {
            const bool numbers = std::ranges::all_of(first.slots->values, [](const Value& value) {
                return std::holds_alternative<std::int64_t>(value);
            });
            form.emplace_back(first.slots->variable, numbers ? Type::integer : Type::text);
        }
        return form;
    }
    for (const std::string& name : part_names(first))
        form.emplace_back(name, Type::any);
    for (std::size_t i = 0; i < form.size(); ++i) {
        std::set<Type> types;
        for (const IndexId member : entity.member_indexes) {
            const auto known = key_types_.find(member);
            types.insert(known == key_types_.end() ? Type::any : known->second.at(i));
        }
        if (types.size() == 1) form[i].second = *types.begin();
    }
    return form;
}

namespace {

// Reads the pieces of one entity's `id`.
class NameForm {
public:
    using KeyParts = std::vector<std::pair<std::string, Type>>;

    NameForm(const EntitySpec& spec, const KeyParts& key, bool has_column_named_key)
        : spec_{spec}, key_{key}, key_is_column_{has_column_named_key} {}

    // Nothing: something in it is neither a constant nor stands for a part of the key.
    std::optional<std::vector<Piece>> read() const {
        std::vector<ExprPtr> parts;
        split_concatenation(spec_.id, parts);
        std::vector<Piece> pieces;
        for (const ExprPtr& expr : parts) {
            auto piece = read(expr);
            if (!piece) return std::nullopt;
            if (!piece->constant.empty() && !pieces.empty() && !pieces.back().constant.empty())
                pieces.back().constant += piece->constant;
            else
                pieces.push_back(std::move(*piece));
        }
        return pieces;
    }

    bool tells_roots_apart(const std::vector<Piece>& pieces) const {
        std::set<std::size_t> told;
        for (const Piece& piece : pieces) {
            if (!piece.constant.empty()) continue;
            if (!piece.part) return can_be_read_back(pieces);
            told.insert(*piece.part);
        }
        return told.size() == key_.size() && !key_.empty() && can_be_read_back(pieces);
    }

private:
    std::optional<Piece> read(const ExprPtr& expr) const {
        if (const std::string* text = text_literal(expr)) {
            if (text->empty()) return std::nullopt;
            return Piece{*text, std::nullopt, Type::any};
        }
        const bool row = spec_.root.kind == Root::Kind::row;
        switch (expr->kind) {
            case Expr::Kind::name:
                if (expr->text == "key" && !key_is_column_) return whole();
                return row ? part(expr->text) : std::nullopt;
            case Expr::Kind::field: {
                const ExprPtr& of = expr->args[0];
                const bool own =
                    of->kind == Expr::Kind::name &&
                    (of->text == "key" || (row && of->text == spec_.root.members.front().alias));
                return own ? part(expr->text) : std::nullopt;
            }
            case Expr::Kind::call:
                if (expr->text == "text" && expr->args.size() == 1) return read(expr->args[0]);
                if (expr->text == "coalesce" && expr->args.size() == 2) return read_coalesce(*expr);
                return std::nullopt;
            default: return std::nullopt;
        }
    }

    // coalesce(text(key.id), 'null'): no number and no UUID is a word.
    std::optional<Piece> read_coalesce(const Expr& expr) const {
        const std::string* word = text_literal(expr.args[1]);
        auto piece = read(expr.args[0]);
        if (!piece || !piece->constant.empty() || word == nullptr || !has_letters_alone(*word))
            return std::nullopt;
        if (piece->type != Type::integer && piece->type != Type::uuid) return std::nullopt;
        return piece;
    }

    // A key of several parts is joined by `/`, so its text may hold anything.
    std::optional<Piece> whole() const {
        return Piece{{}, std::nullopt, key_.size() == 1 ? key_.front().second : Type::any};
    }

    std::optional<Piece> part(const std::string& name) const {
        for (std::size_t i = 0; i < key_.size(); ++i) {
            if (key_[i].first == name) return Piece{{}, i, key_[i].second};
        }
        return std::nullopt;
    }

    const EntitySpec& spec_;
    const KeyParts& key_;
    bool key_is_column_;
};

}  // namespace

// A unique column that several entities of one table claim: its values are registered together.
void Compiler::share_claims() {
    std::map<std::string, std::vector<std::uint32_t>> claims;
    for (std::uint32_t i = 0; i < program_->claims.size(); ++i) {
        ClaimSpec& claim = program_->claims[i];
        claim.registry = i;
        const TargetSpec& target = program_->entities[claim.entity].target;
        const auto name = [&](std::uint32_t column) { return target.columns[column].name; };
        std::set<std::string> within;
        for (const std::uint32_t column : claim.within)
            within.insert(name(column));
        std::string key = target.schema + "." + target.table + "." + name(claim.column);
        for (const std::string& column : within)
            key += "," + column;
        claims[key].push_back(i);
    }
    for (const auto& [key, sharing] : claims) {
        if (sharing.size() == 1) continue;
        const auto registry = static_cast<std::uint32_t>(program_->claims.size());
        for (const std::uint32_t i : sharing) {
            ClaimSpec& claim = program_->claims[i];
            const auto& columns = program_->entities[claim.entity].target.columns;
            claim.registry = registry;
            std::ranges::sort(claim.within, {},
                              [&](std::uint32_t column) { return columns[column].name; });
        }
        ClaimSpec shared = program_->claims[sharing.front()];
        shared.of_table = true;
        program_->claims.push_back(std::move(shared));
    }
}

// Ids are owned by table: entities that write to one share the claim.
void Compiler::owners() {
    share_claims();
    std::map<std::string, std::vector<EntityIndex>> writers;
    for (EntityIndex i = 0; i < specs_.size(); ++i)
        writers[specs_[i]->target_schema + "." + specs_[i]->target_table].push_back(i);
    for (const auto& [table, entities] : writers) {
        bool unlike = true;
        std::vector<std::string> beginnings;
        for (const EntityIndex i : entities) {
            const RelationIndex relation = program_->entities[i].relation;
            const bool hidden =
                specs_[i]->root.kind == Root::Kind::row && column(relation, "key").has_value();
            const KeyParts key = key_parts(i);
            const NameForm form{*specs_[i], key, hidden};
            const auto pieces = form.read();
            unlike = unlike && pieces && form.tells_roots_apart(*pieces);
            if (!unlike) break;
            const std::string beginning = first_constant(*pieces);
            for (const std::string& other : beginnings)
                unlike = unlike && !beginning.starts_with(other) && !other.starts_with(beginning);
            beginnings.push_back(beginning);
        }
        if (unlike) continue;
        ClaimSpec claim;
        claim.entity = entities.front();
        claim.of_id = true;
        claim.registry = static_cast<std::uint32_t>(program_->claims.size());
        program_->claims.push_back(std::move(claim));
        for (const EntityIndex i : entities)
            program_->entities[i].id_claim =
                static_cast<std::uint32_t>(program_->claims.size() - 1);
    }
}

}  // namespace crossfade::compiler
