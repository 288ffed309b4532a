#include "postgres/async_open.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <new>

namespace crossfade {

namespace asio = boost::asio;

asio::awaitable<void> PqSocket::wait(const PGconn* connection,
                                     asio::posix::stream_descriptor::wait_type what) {
    const int socket = PQsocket(connection);
    if (socket < 0) throw Failure{Error{ErrorKind::unavailable, "the connection has no socket"}};
    if (!descriptor_.is_open() || descriptor_.native_handle() != socket) {
        release();
        descriptor_.assign(socket);
    }
    co_await descriptor_.async_wait(what, asio::use_awaitable);
}

asio::awaitable<void> PqSocket::wait_read(const PGconn* connection) {
    return wait(connection, asio::posix::stream_descriptor::wait_read);
}

asio::awaitable<void> PqSocket::wait_write(const PGconn* connection) {
    return wait(connection, asio::posix::stream_descriptor::wait_write);
}

void PqSocket::release() {
    if (descriptor_.is_open()) descriptor_.release();
}

asio::awaitable<Connection> open_async(ConnectionOptions options) {
    const ConnectKeywords keywords{options};
    ConnPtr connection{PQconnectStartParams(keywords.keywords(), keywords.values(), 0)};
    if (!connection) throw std::bad_alloc{};
    if (PQstatus(connection.get()) == CONNECTION_BAD)
        fail_to_connect(connection.get(), options.purpose);
    {
        PqSocket socket{co_await asio::this_coro::executor};
        for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
            if (next == PGRES_POLLING_WRITING)
                co_await socket.wait_write(connection.get());
            else
                co_await socket.wait_read(connection.get());
            // PQconnectPoll may close the socket and open another one with the same number, so Asio
            // must give up the old one before the call.
            socket.release();
            next = PQconnectPoll(connection.get());
            if (next == PGRES_POLLING_FAILED) fail_to_connect(connection.get(), options.purpose);
        }
    }
    co_return Connection::adopt(std::move(connection), options);
}

}  // namespace crossfade
