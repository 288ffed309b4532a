#include "transforms/parent_reference.hpp"

namespace crossfade {

namespace {
ParentReference by_row(const Program& program, const ParentProgram& parent, Frame& frame) {
    const RowRef ref = parent.row(frame);
    ParentReference reference;
    if (!ref.row) {
        reference.null = ref.key.empty();
        reference.wanted = program.relations[ref.relation].mapping_name() + " " +
                           (ref.key.empty() ? "null" : display_key(ref.key));
        return reference;
    }
    for (const auto& [relation, index] : parent.feeds) {
        if (relation != ref.relation) continue;
        reference.root = index == kNone ? ref.key : frame.view.key_of(index, {ref.key, ref.slot});
        break;
    }
    return reference;
}

// A group may have NULL as a part of its key, so a list of parts can find its parent by one; a
// single NULL never does.
ParentReference by_key(const Program& program, const ParentProgram& parent, Frame& frame) {
    ParentReference reference;
    KeyBytes root;
    for (const Eval& part : parent.root) {
        const Value value = part(frame);
        reference.null = reference.null || is_null(value);
        append_key(root, value);
    }
    reference.wanted = program.entities[parent.of].name + " " + display_key(root);
    if (!reference.null || parent.root.size() > 1) reference.root = std::move(root);
    return reference;
}
}  // namespace

ParentReference reference_of(const Program& program, const ParentProgram& parent, Frame& frame) {
    return parent.row ? by_row(program, parent, frame) : by_key(program, parent, frame);
}

}  // namespace crossfade
