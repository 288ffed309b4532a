// T computed from scratch: every root of every entity derived over plain maps of source rows,
// claims settled by sorting. Takes nothing from the engine but the declared history: which rows
// stand although their root does not give them now.
#pragma once

#include "pipeline/batch.hpp"
#include "tests/pipeline/model_target.hpp"

#include <map>
#include <string>

namespace crossfade::test {

// relation -> row key -> row, as the source has it.
using SourceRows = std::map<RelationIndex, std::map<KeyBytes, Row>>;

// Empty if the target, the accounting and the indexes agree with T(source, history); else what
// differs.
std::string compare_with_expected(const Program& program, const SourceRows& source,
                                  const Store& state, const ModelTarget& target);

}  // namespace crossfade::test
