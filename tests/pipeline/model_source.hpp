// The source of a case of the model: random transactions, and the rows as they stand after each.
#pragma once

#include "model/relation.hpp"
#include "tests/pipeline/model_expected.hpp"
#include "tests/pipeline/model_mapping.hpp"
#include "transforms/program.hpp"

#include <map>
#include <vector>

namespace crossfade::test {

class ModelSource {
public:
    // Borrows all; `rows` is what the source has.
    ModelSource(Random& random, const Program& program, SourceRows& rows)
        : random_{random}, program_{program}, source_{rows} {}

    // Rows that others read are read by many.
    void crowd() {
        readers_ = 14;
        accounts_ = 2;
    }
    std::vector<Change> transaction();

private:
    void refill(std::vector<Change>& changes);
    void rotate(std::vector<Change>& changes);
    void change(std::vector<Change>& changes);
    bool update(RelationIndex relation, std::map<KeyBytes, Row>::iterator row, Change& change);
    Row random_row(RelationIndex relation);
    bool few(RelationIndex relation) const;
    Value random_value(RelationIndex relation, const MappedColumn& column);
    KeyBytes key_of(RelationIndex relation, const Row& row) const;

    Random& random_;
    const Program& program_;
    SourceRows& source_;
    std::uint64_t readers_ = 5;   // highest id of the rows that read the others
    std::uint64_t accounts_ = 5;  // highest account that users have
};

}  // namespace crossfade::test
