// Looks at the catalog of a server every second, on a thread and a connection of its own. What is
// looked at: service/source_catalog, service/target_catalog.
#pragma once

#include "model/error.hpp"
#include "postgres/connection.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace crossfade {

class CatalogWatch {
public:
    // One look, on the watch's thread: what changed. `fresh`: the connection is a new one. A
    // Failure is passed over, since whoever works with the server says what is wrong with it; then
    // there is another connection.
    using Look = std::function<std::optional<Error>(Connection& server, bool fresh)>;

    // `server`: options of the watch's own connection. `wake` is called, on the watch's thread,
    // once a change was found, and behind a look that server_ends() asked for.
    CatalogWatch(ConnectionOptions server, Look look, std::function<void()> wake,
                 std::chrono::milliseconds period = std::chrono::milliseconds{1'000});
    ~CatalogWatch();
    CatalogWatch(const CatalogWatch&) = delete;
    CatalogWatch& operator=(const CatalogWatch&) = delete;

    // The error of trust with which the service ends. Stays once it is there.
    std::optional<Error> changed() const;

    // Asks for a look at once, and says of the last one whether the server ended its session and
    // takes no other, as one that shuts down. From any thread.
    bool server_ends();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade
