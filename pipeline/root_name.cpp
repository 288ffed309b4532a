#include "pipeline/root_name.hpp"

#include "state/keys.hpp"

namespace crossfade {

std::string display_root(const Program& program, std::string_view root) {
    if (!is_unresolved(root)) return display_key(root);
    const IndexSpec& spec = program.indexes[unresolved_index(program, root)];
    const Member member = unresolved_member(root);
    std::string text =
        "?" + program.relations.at(spec.relation).mapping_name() + "/" + display_key(member.row);
    if (spec.key.size() > 1) text += "#" + std::to_string(member.slot);
    return text;
}

}  // namespace crossfade
