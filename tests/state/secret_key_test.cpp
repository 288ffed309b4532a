#include "state/secret_key.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

#include <sys/stat.h>

using namespace crossfade;
using namespace crossfade::test;

namespace {

ErrorKind kind_of_loading(const std::filesystem::path& file) {
    try {
        read_or_create_secret_key(file);
    } catch (const Failure& failure) {
        return failure.error().kind();
    }
    FAIL("the key was read");
    return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a secret key is made once and then read again", "[state]") {
    const TemporaryDirectory directory;
    const SecretKey made = read_or_create_secret_key(directory / "key");
    CHECK(made != SecretKey{});
    CHECK(read_or_create_secret_key(directory / "key") == made);
    CHECK(read_or_create_secret_key(directory / "other") != made);

    struct stat info {};
    REQUIRE(::stat((directory / "key").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 2);
}

TEST_CASE("a secret key that others can read, or of another length, is refused", "[state]") {
    const TemporaryDirectory directory;
    read_or_create_secret_key(directory / "key");
    REQUIRE(::chmod((directory / "key").c_str(), 0640) == 0);
    CHECK(kind_of_loading(directory / "key") == ErrorKind::configuration);

    std::ofstream{directory / "short"} << "too short";
    REQUIRE(::chmod((directory / "short").c_str(), 0600) == 0);
    CHECK(kind_of_loading(directory / "short") == ErrorKind::configuration);
    CHECK(kind_of_loading((directory / "no") / "folder") == ErrorKind::configuration);
}
