#include "state/durable_file.hpp"

#include "model/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace crossfade {

DurableFile::DurableFile(std::filesystem::path file)
    : file_{std::move(file)},
      unfinished_{file_.string() + ".new"},
      descriptor_{::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)} {
    if (!descriptor_) fail("open");
}

void DurableFile::put(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void DurableFile::finish() {
    if (::fsync(descriptor_.get()) != 0) fail("fsync");
    if (::rename(unfinished_.c_str(), file_.c_str()) != 0) fail("rename");
    const Descriptor folder{
        ::open(file_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || ::fsync(folder.get()) != 0) fail("fsync of the folder");
}

void DurableFile::fail(const char* what) const {
    const std::string why = std::error_code{errno, std::generic_category()}.message();
    throw Failure{Error{ErrorKind::unavailable,
                        "cannot write " + file_.string() + " (" + what + "): " + why}};
}

}  // namespace crossfade
