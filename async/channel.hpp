// A bounded queue between two stages, which may run on io_contexts of two threads. A full channel
// makes the sender wait: that is the bridge's back-pressure. It is bounded by the number of its
// values and, where a function says how large each is, by their bytes; a value that is larger than
// the bound passes alone.
//
//   sender                                      receiver
//   co_await channel.send(transaction);         while (auto next = co_await channel.receive()) ...
//   channel.close();                            // ends after the last value
//
// close():   the sender is done; what was sent is still received, then receive gives nothing.
// abandon(): the receiver is gone; waiting and later sends give false, the values are dropped.
// Both may be called from any thread, and more than once. A coroutine that is cancelled while it
// waits gets operation_aborted, as everywhere.
//
// Asio's own experimental::concurrent_channel of Boost 1.81 is not used: its close() drops the
// values that were sent and not yet received.
#pragma once

#include "async/wait_list.hpp"

#include <boost/asio/awaitable.hpp>

#include <cassert>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

namespace crossfade {

template <class T>
class Channel {
public:
    using BytesOf = std::function<std::size_t(const T&)>;  // the same for a value at any time

    explicit Channel(std::size_t values_max,
                     std::size_t bytes_max = std::numeric_limits<std::size_t>::max(),
                     BytesOf bytes_of = {})
        : values_max_{values_max}, bytes_max_{bytes_max}, bytes_of_{std::move(bytes_of)} {
        assert(values_max > 0);
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // False if the channel was closed or abandoned; the value is gone then.
    boost::asio::awaitable<bool> send(T value) {
        for (;;) {
            WaitList::Lock lock(mutex_);
            if (closed_) co_return false;
            if (has_room_for(value)) {
                bytes_ += bytes_of(value);
                values_.push_back(std::move(value));
                receivers_.notify_one();
                co_return true;
            }
            co_await senders_.wait(std::move(lock));
        }
    }

    // Nothing once the channel is closed and empty, or abandoned.
    boost::asio::awaitable<std::optional<T>> receive() {
        for (;;) {
            WaitList::Lock lock(mutex_);
            if (!values_.empty()) co_return take();
            if (closed_) co_return std::nullopt;
            co_await receivers_.wait(std::move(lock));
        }
    }

    // A value if one is there, without waiting.
    std::optional<T> try_receive() {
        const WaitList::Lock lock(mutex_);
        if (values_.empty()) return std::nullopt;
        return take();
    }

    void close() {
        const WaitList::Lock lock(mutex_);
        closed_ = true;
        senders_.notify_all();
        receivers_.notify_all();
    }

    void abandon() {
        std::deque<T> dropped;  // destroyed outside the lock
        const WaitList::Lock lock(mutex_);
        closed_ = true;
        dropped.swap(values_);
        bytes_ = 0;
        senders_.notify_all();
        receivers_.notify_all();
    }

    std::size_t size() const {
        const WaitList::Lock lock(mutex_);
        return values_.size();
    }

    std::size_t bytes() const {  // of the values that wait; 0 if nobody says how large they are
        const WaitList::Lock lock(mutex_);
        return bytes_;
    }

private:
    std::size_t bytes_of(const T& value) const { return bytes_of_ ? bytes_of_(value) : 0; }

    bool has_room_for(const T& value) const {
        if (values_.empty()) return true;
        return values_.size() < values_max_ && bytes_ < bytes_max_ &&
               bytes_of(value) <= bytes_max_ - bytes_;
    }

    std::optional<T> take() {
        bytes_ -= bytes_of(values_.front());
        std::optional<T> value(std::move(values_.front()));
        values_.pop_front();
        senders_.notify_one();
        return value;
    }

    const std::size_t values_max_;
    const std::size_t bytes_max_;
    const BytesOf bytes_of_;
    mutable std::mutex mutex_;
    std::deque<T> values_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
    WaitList senders_{mutex_};
    WaitList receivers_{mutex_};
};

}  // namespace crossfade
