#include "state/secret_key.hpp"

#include "state/descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crossfade {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what,
                         std::string hint = {}) {
    throw Failure{
        Error{ErrorKind::configuration, "the key file " + file.string() + " " + what}.with_hint(
            std::move(hint))};
}

std::optional<SecretKey> load(const std::filesystem::path& file) {
    const Descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!fd) {
        if (errno == ENOENT) return std::nullopt;
        refuse(file, std::string{"cannot be read: "} + std::strerror(errno));
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) refuse(file, std::strerror(errno));
    if (info.st_uid != ::geteuid()) refuse(file, "belongs to another user");
    if ((info.st_mode & 077) != 0) {
        refuse(file, "is open to other users", "chmod 600 " + file.string());
    }
    SecretKey key{};
    if (info.st_size != static_cast<off_t>(key.size()) ||
        ::read(fd.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
        refuse(file, "is not 32 bytes long", "restore it; a new key needs a new snapshot");
    }
    return key;
}

}  // namespace

SecretKey read_or_create_secret_key(const std::filesystem::path& file) {
    if (const auto key = load(file)) return *key;

    // Written beside the file and then linked to its name, so that the name never stands for half a
    // key, and a key that another process made in the meantime is not replaced.
    SecretKey key{};
    if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
        refuse(file, "cannot be made: no random bytes");
    }
    std::filesystem::path fresh = file;
    fresh += "." + std::to_string(::getpid());
    ::unlink(fresh.c_str());
    {
        const Descriptor fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (!fd || ::write(fd.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
            ::fsync(fd.get()) != 0) {
            refuse(file, std::string{"cannot be made: "} + std::strerror(errno));
        }
    }
    const bool linked = ::link(fresh.c_str(), file.c_str()) == 0 || errno == EEXIST;
    const int reason = errno;
    ::unlink(fresh.c_str());
    if (!linked) refuse(file, std::string{"cannot be made: "} + std::strerror(reason));
    const std::filesystem::path parent = file.has_parent_path() ? file.parent_path() : ".";
    const Descriptor folder{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || ::fsync(folder.get()) != 0) {
        refuse(file, std::string{"cannot be made durable: "} + std::strerror(errno));
    }
    return load(file).value();
}

}  // namespace crossfade
