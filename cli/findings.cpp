#include "cli/findings.hpp"

#include "cli/command.hpp"
#include "model/json.hpp"

#include <algorithm>

namespace crossfade {

std::string to_text(const Findings& findings) {
    std::string text;
    for (const Severity severity : {Severity::error, Severity::warning}) {
        for (const Finding& finding : findings) {
            if (finding.severity == severity) text += finding.format() + "\n";
        }
    }
    const auto errors = std::count_if(findings.begin(), findings.end(), [](const Finding& f) {
        return f.severity == Severity::error;
    });
    const auto warnings = static_cast<std::ptrdiff_t>(findings.size()) - errors;
    return text + std::to_string(errors) + (errors == 1 ? " error, " : " errors, ") +
           std::to_string(warnings) + (warnings == 1 ? " warning\n" : " warnings\n");
}

std::string to_json(const Findings& findings) {
    std::vector<std::string> items;
    for (const Finding& finding : findings) {
        const bool error = finding.severity == Severity::error;
        items.push_back(json_object({{"where", json_quote(finding.where.format())},
                                     {"path", json_quote(finding.path)},
                                     {"message", json_quote(finding.message)},
                                     {"fix", json_quote(finding.fix)},
                                     {"severity", error ? "\"error\"" : "\"warning\""}})
                            .text);
    }
    return json_array(items).text;
}

int status_of(const Preflight& found) {
    if (found.could_not_run) return kFailed;
    return has_errors(found.findings) ? kFound : kGood;
}

}  // namespace crossfade
