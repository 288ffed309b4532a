// Random mappings over one small source schema, each made of the language's features in another
// combination.
#pragma once

#include "transforms/program.hpp"
#include "transforms/shape_text.hpp"

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace crossfade::test {

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }
inline bool chance(Random& random, unsigned percent) { return below(random, 100) < percent; }

// node(id, parent_id, name_id, active), alt and cat(id, name), acct(id, login, node_id), usr(id,
// acct_id, active), item(id, node_id, cat_id, usr_id, code, active, note), det(id, item_id, p1, p2,
// q). `names`: the form of the ids of alt and cat, and of name_id, cat_id, p1 and p2 that refer to
// them.
std::map<std::string, CatalogTable> model_catalog(const KeyForm& names = {KeyKind::integer});

// A value of the form that equals all others of the number, in one of its spellings.
Value spelled(Random& random, const KeyForm& form, std::int64_t number);

// As the row spells them.
std::vector<Value> key_values(const MappedRelation& relation, const Row& row);

// One for all rows of equal keys, made apart from MappedRelation::key_of.
KeyBytes one_key(const MappedRelation& relation, const Row& row);

// As lower() of a database whose collation is C.
std::shared_ptr<const CaseFolding> ascii_folding();

// The text of a mapping: what the seed chooses.
std::string random_mapping(Random& random);

struct ModelProgram {
    std::shared_ptr<const Program> program;
    std::vector<ShapeThing> shape;
};
ModelProgram compile_model(const std::string& yaml);

}  // namespace crossfade::test
