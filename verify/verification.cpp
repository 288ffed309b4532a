#include "verify/verification.hpp"

namespace crossfade {

std::string_view to_string(DifferenceKind kind) {
    switch (kind) {
        case DifferenceKind::missing: return "missing";
        case DifferenceKind::extra: return "extra";
        case DifferenceKind::different: return "different";
        case DifferenceKind::image: return "image";
        case DifferenceKind::state: return "state";
        case DifferenceKind::account: return "account";
        case DifferenceKind::id_taken: return "id_taken";
        case DifferenceKind::orphan: return "orphan";
    }
    return "unknown";
}

bool needs_people(DifferenceKind kind) {
    return kind == DifferenceKind::image || kind == DifferenceKind::id_taken ||
           kind == DifferenceKind::orphan;
}

void DifferenceLog::add(Difference difference) {
    ++verification_.differences;
    ++verification_.by_kind[static_cast<std::size_t>(difference.kind)];
    if (verification_.kept.size() >= differences_max_) return;
    if (difference.secret) {
        difference.expected.reset();
        difference.found.reset();
    }
    verification_.kept.push_back(std::move(difference));
}

void DifferenceLog::repair(const RootRef& root) {
    if (roots_.size() >= repairs_max_ || !roots_.insert(root).second) return;
    verification_.repairs.push_back(root);
}

void DifferenceLog::repair(const ImageRef& image) {
    if (images_.size() >= repairs_max_ || !images_.insert(image).second) return;
    verification_.images.push_back(image);
}

}  // namespace crossfade
