// Waiting for libpq's socket on Asio, and opening a connection without blocking the others.
#pragma once

#include "postgres/connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace crossfade {

// The descriptor of a PGconn, lent to Asio. libpq closes its socket and opens another while it
// tries hosts, so the number is read again before each wait; and Asio lets go of it before PQfinish
// closes it, else a descriptor that somebody else opened meanwhile under the same number would be
// watched.
class PqSocket {
public:
    explicit PqSocket(const boost::asio::any_io_executor& executor) : descriptor_{executor} {}
    ~PqSocket() { release(); }
    PqSocket(PqSocket&& other) noexcept = default;
    PqSocket& operator=(PqSocket&&) = delete;

    boost::asio::awaitable<void> wait_read(const PGconn* connection);
    boost::asio::awaitable<void> wait_write(const PGconn* connection);
    void release();

private:
    boost::asio::awaitable<void> wait(const PGconn* connection,
                                      boost::asio::posix::stream_descriptor::wait_type what);
    boost::asio::posix::stream_descriptor descriptor_;
};

// As Connection::open; name resolution alone still blocks (libpq). The pins are verified in two
// short blocking queries.
boost::asio::awaitable<Connection> open_async(ConnectionOptions options);

}  // namespace crossfade
