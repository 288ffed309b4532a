#include "replicator/wal2json.hpp"

#include "postgres/codec.hpp"
#include "replicator/wal2json_head.hpp"

#include <simdjson.h>

#include <cstring>
#include <map>
#include <utility>

namespace crossfade {

namespace {
namespace od = simdjson::ondemand;

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
    Error error{ErrorKind::trust, std::move(message)};
    if (!hint.empty()) error.with_hint(std::move(hint));
    throw Failure{std::move(error)};
}

std::string escaped_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == ' ' || c == ',' || c == '.' || c == '*' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

constexpr std::string_view trimmed(std::string_view token) {
    while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                              token.back() == '\t')) {
        token.remove_suffix(1);
    }
    return token;
}
}  // namespace

std::string wal2json_table_list(const std::vector<MappedRelation>& relations) {
    std::string out;
    for (const MappedRelation& relation : relations) {
        if (!out.empty()) out += ',';
        out += escaped_name(relation.schema) + "." + escaped_name(relation.name);
    }
    return out;
}

class Wal2JsonDecoder::Impl {
public:
    Impl(const std::vector<MappedRelation>& relations, const SecretFingerprinter* fingerprinter,
         DecoderOptions options)
        : options_{std::move(options)} {
        for (std::size_t i = 0; i < relations.size(); ++i) {
            decoders_.emplace_back(relations[i], i, fingerprinter, options_);
            by_name_.emplace(std::pair{relations[i].schema, relations[i].name},
                             static_cast<RelationIndex>(i));
        }
    }

    StreamEvent decode(std::string_view message) {
        if (is_foreign(read_wal2json_head(message))) return IgnoredEvent{};
        // simdjson reads beyond the end of its input, so the input is copied to where it may.
        buffer_.resize(message.size() + simdjson::SIMDJSON_PADDING);
        std::memcpy(buffer_.data(), message.data(), message.size());
        try {
            auto document = parser_.iterate(buffer_.data(), message.size(), buffer_.size());
            od::object object = document.get_object();
            StreamEvent event = read(object);
            const char* rest = nullptr;
            if (document.current_location().get(rest) == simdjson::SUCCESS) {
                refuse("a message of wal2json does not end where it should");
            }
            if (message.size() > kKept) {
                buffer_ = {};
                parser_ = od::parser{};
            }
            return event;
        } catch (const simdjson::simdjson_error& error) {
            if (error.error() == simdjson::UTF8_ERROR) {
                refuse(
                    "a message of wal2json is not UTF-8",
                    "wal2json does not convert: use pgoutput for a database in another encoding");
            }
            refuse(std::string{"a message of wal2json cannot be read: "} + error.what());
        }
    }

private:
    // Members as they have been met. wal2json writes columns and identity behind everything else.
    struct Header {
        char action = 0;
        std::uint32_t xid = 0;
        std::chrono::system_clock::time_point time;
        Lsn lsn;
        Lsn next;
        std::string_view schema;
        std::string_view table;
    };

    StreamEvent read(od::object& object) {
        Header header;
        Change change;
        identity_.clear();
        bool ignored = false;
        bool with_columns = false;
        bool with_identity = false;
        for (auto field : object) {
            const std::string_view name = field.unescaped_key();
            if (ignored) continue;  // but read on: the document must be whole
            od::value value = field.value();
            if (name == "columns" || name == "identity") {
                if (header.table.data() == nullptr) refuse("columns stand before their table");
                ignored = !locate(header, change);
                if (ignored) continue;
                if (name == "columns") {
                    with_columns = true;
                    read_row(value.get_array(), change.relation, change.row);
                } else {
                    with_identity = true;
                    read_row(value.get_array(), change.relation, identity_);
                }
            } else {
                read_header(name, value, header);
            }
        }
        if (ignored) return IgnoredEvent{};
        return conclude(header, std::move(change), with_columns, with_identity);
    }

    void read_header(std::string_view name, od::value& value, Header& header) {
        if (name == "action") {
            const std::string_view action = value.get_string();
            if (action.size() != 1) refuse("wal2json sent an unknown action");
            header.action = action.front();
        } else if (name == "xid") {
            if (!value.is_null()) {
                header.xid =
                    static_cast<std::uint32_t>(static_cast<std::uint64_t>(value.get_uint64()));
            }
        } else if (name == "timestamp") {
            if (!value.is_null()) header.time = time_of(value.get_string());
        } else if (name == "lsn") {
            header.lsn = lsn_of(value.get_string());
        } else if (name == "nextlsn") {
            header.next = lsn_of(value.get_string());
        } else if (name == "schema") {
            header.schema = value.get_string();
        } else if (name == "table") {
            header.table = value.get_string();
        }
    }

    StreamEvent conclude(const Header& header, Change change, bool with_columns,
                         bool with_identity) {
        switch (header.action) {
            case 'B':
            case 'C':
                if (header.lsn == Lsn{} || header.next == Lsn{}) {
                    refuse("wal2json sent a transaction without its positions");
                }
                if (header.action == 'C') {
                    return CommitEvent{header.xid, CommitLsn{header.lsn}, EndLsn{header.next}};
                }
                return BeginEvent{header.xid, CommitLsn{header.lsn}, EndLsn{header.next},
                                  header.time};
            case 'M': return IgnoredEvent{};
            case 'T':
                if (header.table.data() == nullptr) refuse("wal2json sent a TRUNCATE of no table");
                if (!locate(header, change)) return IgnoredEvent{};
                change.operation = Operation::truncate;
                return change;
            case 'I':
            case 'U':
            case 'D': break;
            default: refuse("wal2json sent an unknown action");
        }
        if (with_columns != (header.action != 'D') || with_identity != (header.action != 'I')) {
            refuse("wal2json sent a change without its columns or identity");
        }
        const RelationDecoder& decoder = decoders_[change.relation];
        if (header.action == 'I')
            decoder.insert(change);
        else if (header.action == 'U')
            decoder.update(change, identity_);
        else
            decoder.remove(change, identity_);
        decoder.note_unsure(change);
        return change;
    }

    // Messages of anybody, ours too: a marker is known by the position of its commit.
    bool is_foreign(const Wal2JsonHead& head) const {
        return head.message ||
               (head.placed && !by_name_.contains(std::pair<std::string_view, std::string_view>{
                                   head.schema, head.table}));
    }

    bool locate(const Header& header, Change& change) const {
        const auto found = by_name_.find(
            std::pair<std::string_view, std::string_view>{header.schema, header.table});
        if (found == by_name_.end()) return false;
        change.relation = found->second;
        return true;
    }

    static Lsn lsn_of(std::string_view text) {
        const auto lsn = Lsn::parse(text);
        if (!lsn) refuse("wal2json sent a position that is none");
        return *lsn;
    }

    static std::chrono::system_clock::time_point time_of(std::string_view text) {
        using Clock = std::chrono::system_clock;
        const auto value = parse_value(Type::timestamptz, text);
        if (!value) refuse("wal2json sent a time that is none");
        const std::chrono::microseconds since{std::get<Timestamp>(*value).micros};
        // The clock counts nanoseconds, so it ends in 2262.
        if (since > std::chrono::floor<std::chrono::microseconds>(Clock::duration::max()) ||
            since < std::chrono::microseconds{0}) {
            refuse("wal2json sent a commit time that cannot be");
        }
        return Clock::time_point{since};
    }

    // {"name": ..., "value": ...}; wal2json writes them in this order.
    template <class Use>
    static void each_pair(od::array array, const Use& use) {
        for (auto element : array) {
            std::string_view name;
            bool used = false;
            od::object object = element.get_object();
            for (auto field : object) {
                const std::string_view member = field.unescaped_key();
                if (member == "name") {
                    name = field.value().get_string();
                } else if (member == "value") {
                    if (name.data() == nullptr) refuse("a value stands before its name");
                    od::value value = field.value();
                    use(name, value);
                    used = true;
                }
            }
            if (!used) refuse("wal2json sent a column without a value");
        }
    }

    void read_row(od::array array, RelationIndex relation, Row& row) {
        RelationDecoder& decoder = decoders_[relation];
        row = decoder.empty_row();
        std::size_t cursor = 0;
        each_pair(array, [&](std::string_view name, od::value& value) {
            const int position = decoder.find(name, cursor);
            if (position >= 0)
                row[static_cast<std::size_t>(position)] = value_of(decoder, position, value);
        });
    }

    static Value value_of(const RelationDecoder& decoder, int position, od::value& value) {
        switch (od::json_type{value.type()}) {
            case od::json_type::null:
                if (!value.is_null()) refuse("a message of wal2json cannot be read");
                return Null{};
            case od::json_type::string: return decoder.value(position, value.get_string(), true);
            case od::json_type::number:
            case od::json_type::boolean:
                return decoder.value(position, trimmed(value.raw_json_token()), false);
            default: refuse("wal2json sent a value that is neither text nor number");
        }
    }

    DecoderOptions options_;
    std::vector<RelationDecoder> decoders_;
    // Looked up by string_views.
    struct ByName {
        using is_transparent = void;
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return std::pair<std::string_view, std::string_view>{a.first, a.second} <
                   std::pair<std::string_view, std::string_view>{b.first, b.second};
        }
    };
    std::map<std::pair<std::string, std::string>, RelationIndex, ByName> by_name_;
    Row identity_;
    // A larger message than this leaves no memory behind.
    static constexpr std::size_t kKept = std::size_t{1} << 20;
    std::string buffer_;
    od::parser parser_;
};

Wal2JsonDecoder::Wal2JsonDecoder(const std::vector<MappedRelation>& relations,
                                 const SecretFingerprinter* fingerprinter, DecoderOptions options)
    : relations_{relations},
      impl_{std::make_unique<Impl>(relations, fingerprinter, std::move(options))} {}
Wal2JsonDecoder::~Wal2JsonDecoder() = default;

PluginTraits Wal2JsonDecoder::traits() const {
    return {.name = "wal2json",
            .package = "wal2json",
            .release = "wal2json 2.5",
            .converts_encoding = false,
            .tells_nan = false};
}

std::vector<PluginOption> Wal2JsonDecoder::options() const {
    std::vector<PluginOption> options{{"format-version", "2"},
                                      {"include-lsn", "1"},
                                      {"include-xids", "1"},
                                      {"include-timestamp", "1"},
                                      {"include-types", "0"},
                                      // Messages of others, of any size, stay where they are. None
                                      // is needed, but an empty list would be all.
                                      {"add-msg-prefixes", "crossfade"}};
    // Without the list all tables are sent.
    if (!relations_.empty()) options.emplace_back("add-tables", wal2json_table_list(relations_));
    return options;
}

std::optional<Error> Wal2JsonDecoder::judge(const Notice& notice) const {
    static constexpr std::string_view kLeftOut = "no tuple identifier for ";
    static constexpr std::string_view kTable = "in table ";
    const auto place = notice.message.find(kLeftOut);
    if (place == std::string::npos) return std::nullopt;
    const auto name = notice.message.find(kTable, place);
    const std::string table =
        name == std::string::npos ? "?" : notice.message.substr(name + kTable.size());
    return Error{ErrorKind::trust,
                 "the source leaves out changes of table " + table + ": it has no replica identity"}
        .with_hint("ALTER TABLE " + table +
                   " REPLICA IDENTITY FULL, or give it a primary key that is not deferrable; "
                   "then load a new snapshot");
}

StreamEvent Wal2JsonDecoder::decode(std::string_view message) { return impl_->decode(message); }

}  // namespace crossfade
