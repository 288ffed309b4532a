#include "state/format.hpp"

#include "state/descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

namespace crossfade {

namespace {

// The file holds "crossfade state N\n".
constexpr std::string_view kFormatFile = "FORMAT";
constexpr std::string_view kFormatText = "crossfade state ";

std::string format_text() { return std::string{kFormatText} + std::to_string(kStateFormat) + '\n'; }

// What the file says, up to its line's end; nothing if there is no file.
std::optional<std::string> stored_format(const std::filesystem::path& directory) {
    const std::filesystem::path path = directory / kFormatFile;
    if (!std::filesystem::exists(path)) return std::nullopt;
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file.good() && !file.eof()) {
        throw Failure{Error{ErrorKind::unavailable, "cannot read " + path.string()}};
    }
    if (text.size() <= kFormatText.size() || !text.starts_with(kFormatText) || text.back() != '\n')
        return "unknown";
    return text.substr(kFormatText.size(), text.size() - kFormatText.size() - 1);
}

[[noreturn]] void cannot_make(const std::filesystem::path& path, int reason) {
    throw Failure{Error{ErrorKind::configuration,
                        "cannot make " + path.string() + ": " + std::strerror(reason)}};
}

}  // namespace

void write_state_format(const std::filesystem::path& directory) {
    // Renamed to its name once it is whole, so that the name never stands for half a number.
    const std::filesystem::path path = directory / kFormatFile;
    std::filesystem::path fresh = path;
    fresh += "." + std::to_string(::getpid());
    const std::string text = format_text();
    {
        const Descriptor fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
        if (!fd || ::write(fd.get(), text.data(), text.size()) != std::ssize(text) ||
            ::fsync(fd.get()) != 0) {
            cannot_make(path, errno);
        }
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) cannot_make(path, errno);
    const Descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || ::fsync(folder.get()) != 0) cannot_make(path, errno);
}

void require_state_format(const std::filesystem::path& directory, bool create) {
    const auto format = stored_format(directory);
    const bool database = std::filesystem::exists(directory / "CURRENT");
    if (!format && !database) {
        if (create) write_state_format(directory);
        return;
    }
    if (format == std::to_string(kStateFormat)) return;
    throw Failure{
        Error{ErrorKind::trust, "the state in " + directory.string() + " has " +
                                    (format ? "format " + *format : "no format number") +
                                    ", this crossfade reads format " + std::to_string(kStateFormat)}
            .with_hint("go on with the crossfade that made it; or have that one do `crossfade drop "
                       "--state`, and load anew with this one: rows keep their ids")};
}

}  // namespace crossfade
