// A thread that cannot be had is trouble of the world, like a lost connection.
#pragma once

#include "model/error.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace crossfade {

// std::thread or std::jthread running `body`; throws Failure(unavailable) instead of
// std::system_error.
template <class Thread = std::thread, class Body>
Thread start_thread(Body&& body) {
    try {
        return Thread{std::forward<Body>(body)};
    } catch (const std::system_error& error) {
        throw Failure{Error{ErrorKind::unavailable,
                            std::string{"cannot start a thread: "} + error.code().message()}
                          .with_hint("look at the limits of processes and memory")};
    }
}

}  // namespace crossfade
