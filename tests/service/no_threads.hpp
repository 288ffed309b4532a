#pragma once

#include "tests/support/catch.hpp"

#include <pthread.h>

#include <cstddef>

namespace crossfade::test {

// While it lives, this process gets no new thread.
class NoThreads {
public:
    NoThreads() {
        pthread_attr_t huge;
        REQUIRE(::pthread_getattr_default_np(&usual_) == 0);
        REQUIRE(::pthread_getattr_default_np(&huge) == 0);
        // No address space has room for this stack.
        REQUIRE(::pthread_attr_setstacksize(&huge, std::size_t{1} << 50) == 0);
        REQUIRE(::pthread_setattr_default_np(&huge) == 0);
        ::pthread_attr_destroy(&huge);
    }
    ~NoThreads() {
        ::pthread_setattr_default_np(&usual_);
        ::pthread_attr_destroy(&usual_);
    }
    NoThreads(const NoThreads&) = delete;
    NoThreads& operator=(const NoThreads&) = delete;

private:
    pthread_attr_t usual_;
};

}  // namespace crossfade::test
