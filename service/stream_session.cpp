#include "service/stream_session.hpp"

#include "async/all.hpp"
#include "async/channel.hpp"
#include "model/start_thread.hpp"
#include "postgres/interrupt.hpp"
#include "telemetry/kill_point.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <thread>

namespace crossfade {

namespace asio = boost::asio;

namespace {
std::size_t bytes_of(const ChangeStream::Item& item) {
    const auto* transaction = std::get_if<SourceTransaction>(&item);
    return transaction != nullptr ? transaction->bytes : sizeof(item);
}
}  // namespace

struct StreamSession::Impl {
    Impl(const Program& program, Setup setup, EndLsn from, std::function<void()> wake)
        : setup{std::move(setup)},
          from{from},
          wake{std::move(wake)},
          fingerprinter{std::string_view{reinterpret_cast<const char*>(this->setup.key.data()),
                                         this->setup.key.size()}},
          decoder{make_decoder(this->setup.plugin, program.relations, &fingerprinter,
                               this->setup.decoder)},
          items{this->setup.transactions_max, this->setup.bytes_max, bytes_of} {
        thread = start_thread([this] { run(); });
    }

    ~Impl() {
        items.abandon();
        asio::post(context, [this] {
            stopping = true;
            if (stream)
                stream->close();
            else
                context.stop();  // still connecting
        });
        // What it asks before the stream begins blocks its thread.
        interrupt.raise();
        interrupt.cut();
        thread.join();
    }

    void run() {
        asio::co_spawn(context, follow(), [this](std::exception_ptr thrown) {
            failure = thrown;
            ended = true;
            items.close();
            context.stop();
        });
        const auto guard = asio::make_work_guard(context);
        context.run();
        wake();
    }

    asio::awaitable<void> follow() {
        if (!decoder)
            throw Failure{
                Error{ErrorKind::configuration, "plugin " + setup.plugin + " is unknown"}};
        ConnectionOptions source;
        source.conninfo = setup.conninfo;
        source.application_name = "crossfade";
        source.purpose = "source";
        source.replication = true;
        source.interrupt = &interrupt;
        StreamOptions options;
        options.slot = setup.slot;
        options.expected = setup.expected;
        options.confirm_idle = false;
        options.connect_timeout = setup.connect_timeout;
        stream = co_await SlotStream::start(source, options, *decoder, from);
        if (stopping) co_return;
        begun = true;
        wake();
        stream->limit(std::max(limit, setup.limit));
        stream->on_behind(setup.behind);
        co_await all(receive(), stream->report());
    }

    asio::awaitable<void> receive() {
        ChangeStream changes{*stream, *decoder, setup.assembler};
        bool open = true;
        while (open) {
            std::optional<ChangeStream::Item> item = co_await changes.next();
            if (!item) break;
            kill_point("receive");
            open = co_await items.send(std::move(*item));
            wake();
        }
        stream->close();
    }

    Setup setup;
    EndLsn from;
    std::function<void()> wake;
    Interrupt interrupt;  // outlives the connection
    asio::io_context context{1};
    SecretFingerprinter fingerprinter;
    std::unique_ptr<Decoder> decoder;
    Channel<ChangeStream::Item> items;
    std::unique_ptr<SlotStream> stream;
    std::exception_ptr failure;
    std::atomic<bool> begun{false};
    std::atomic<bool> ended{false};
    bool stopping = false;
    Lsn limit;           // was told while the stream had not begun
    std::thread thread;  // uses all of the above
};

StreamSession::StreamSession(const Program& program, Setup setup, EndLsn from,
                             std::function<void()> wake)
    : impl_{std::make_unique<Impl>(program, std::move(setup), from, std::move(wake))} {}

StreamSession::~StreamSession() = default;

std::optional<ChangeStream::Item> StreamSession::try_take() { return impl_->items.try_receive(); }

std::size_t StreamSession::waiting_bytes() const { return impl_->items.bytes(); }

void StreamSession::confirm(EndLsn end) {
    asio::post(impl_->context, [impl = impl_.get(), end] {
        if (impl->stream) impl->stream->confirm(end);
    });
}

void StreamSession::limit(Lsn last) {
    asio::post(impl_->context, [impl = impl_.get(), last] {
        impl->limit = last;
        if (impl->stream) impl->stream->limit(last);
    });
}

bool StreamSession::begun() const { return impl_->begun; }

bool StreamSession::drained() const { return impl_->ended && impl_->items.size() == 0; }

std::exception_ptr StreamSession::failure() const {
    return impl_->ended ? impl_->failure : nullptr;
}

}  // namespace crossfade
