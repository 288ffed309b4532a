#include "state/format.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"
#include "state/records.hpp"
#include "state/rocks_store.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <map>
#include <sstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

std::string contents(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// Every file of the directory with its bytes.
std::map<std::string, std::string> files_of(const std::filesystem::path& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{directory})
        files[entry.path().filename().string()] = contents(entry.path());
    return files;
}

std::optional<Error> refusal_of_state(const std::filesystem::path& directory) {
    try {
        RocksStore::open(directory);
    } catch (const Failure& failure) {
        return failure.error();
    }
    return std::nullopt;
}

struct Entry {
    Family family;
    std::string key;
    std::string value;
};

DerivedRecord sample_record() {
    DerivedRecord record;
    record.id = Uuid::parse("7c9e6679-7425-40de-944b-e07fc1f90ae7").value();
    record.state = StoredState::applied;
    record.present = true;
    record.leaving = true;
    record.members = 300;
    record.epoch = 129;
    record.reason = "missing_parent team_id";
    record.flags = {"lost_claim", "shared_email"};
    record.hash = std::string(16, 'h');
    record.claims = {{3, encode_key(std::string{"anna"}), encode_key(std::int64_t{7}), true}};
    record.parents = {{0, 1, 2, encode_key(std::int64_t{5})}};
    record.digests = {{4, std::string(64, 'd')}};
    return record;
}

WorkItem sample_work() {
    WorkItem item;
    item.kind = WorkItem::Kind::expand;
    item.node = 9;
    item.entity = 2;
    item.column = 1;
    item.key = encode_key(std::int64_t{5});
    item.cursor = "cursor";
    item.walked = 200;
    item.birth = Lsn{0x16B374D848};
    item.sequence = 17;
    return item;
}

QuarantineRecord sample_refusal() {
    QuarantineRecord record;
    record.reason = "refused";
    record.sqlstate = "23505";
    record.constraint = "person_mail_key";
    record.message = "duplicate key value violates unique constraint";
    record.lsn = EndLsn{Lsn{0x16B374D900}};
    record.wanted = {"teams 5"};
    return record;
}

// One value of each type.
Row sample_row() {
    Secret secret;
    secret.hmac.fill(0xAB);
    secret.kind = SecretKind::bcrypt;
    return {Null{},
            Absent{},
            true,
            std::int64_t{-300},
            2.5,
            Decimal::parse("12.50").value(),
            std::string{"Grüße"},
            sample_record().id,
            Date{10'000},
            Timestamp{1'700'000'000'000'000},
            TimeOfDay{3'600'000'000},
            Json{R"({"a":1})"},
            Bytes{std::string{"\x00\xFF", 2}},
            secret};
}

// A small state, one entry of each form of key and record.
std::vector<Entry> sample_state() {
    KeyBytes key;
    append_key(key, std::int64_t{7});
    append_key(key, std::string{"x"});
    const KeyBytes row = encode_key(std::int64_t{42});
    const KeyBytes root = encode_key(std::int64_t{5});
    const Uuid id = sample_record().id;
    const WorkItem item = sample_work();
    WriteSet set;
    set.erase_prefix(Family::edges, keys::index_prefix(4));
    set.put(Family::meta, "k", "v");
    set.erase(Family::work, "gone");
    return {{Family::images, keys::image(3, row), encode_row(sample_row())},
            {Family::edges, keys::index_entry(4, key, {row, 2}), ""},
            {Family::edges, keys::stale(1, root, 2, row), ""},
            {Family::members, keys::member_key(4, {row, 2}), key},
            {Family::claims, keys::claim(3, key, row, root), root},
            {Family::claims, keys::claim_prefix(3, root), ""},
            {Family::derived, keys::root(2, root), sample_record().encode()},
            {Family::targets, keys::row(id, 2), root},
            {Family::work, keys::work(1, item.birth, item.sequence), item.encode()},
            {Family::quarantine, keys::root(2, root), sample_refusal().encode()},
            {Family::meta, std::string{keys::kPosition}, ""},
            {Family::meta, std::string{keys::kWorkSequence}, "18"},
            {Family::meta, std::string{keys::kLoad}, "derive"},
            {Family::meta, std::string{keys::kSourceIdentity}, "7301234567890123456/1"},
            {Family::meta, std::string{keys::kMappingShape}, ""},
            {Family::meta, keys::counter(2, "applied"), "1"},
            {Family::meta, keys::counter(2, keys::kEpoch), "129"},
            {Family::meta, keys::adopted(2, id), ""},
            {Family::meta, keys::adopter(2, id), root},
            {Family::meta, keys::discarded(2, root), ""},
            {Family::meta, keys::work_front(1), keys::behind(keys::work(1, item.birth, 16))},
            {Family::intents, std::string{keys::kIntent}, set.serialize()}};
}

// "family key value", the last two in hex; "-" is nothing.
std::string dump_of(const std::vector<Entry>& entries) {
    std::string text;
    const auto hex = [](const std::string& bytes) {
        return bytes.empty() ? std::string{"-"} : to_hex(bytes);
    };
    for (const Entry& entry : entries) {
        text += std::string{to_string(entry.family)} + " " + hex(entry.key) + " " +
                hex(entry.value) + "\n";
    }
    return text;
}

std::string from_hex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

// The stored dump's entries, by the place in sample_state().
std::vector<Entry> stored_state(const std::string& dump) {
    std::vector<Entry> entries;
    std::istringstream lines{dump};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string family, key, value;
        words >> family >> key >> value;
        for (std::size_t f = 0; f < kFamilies; ++f) {
            if (to_string(static_cast<Family>(f)) == family)
                entries.push_back({static_cast<Family>(f), from_hex(key), from_hex(value)});
        }
    }
    return entries;
}

void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream{file, std::ios::binary | std::ios::trunc} << text;
}

}  // namespace

TEST_CASE("a state of another format is refused as it is, and the way out is named", "[state]") {
    const TemporaryDirectory directory;
    {
        WriteSet set;
        set.erase_prefix(Family::edges, keys::index_prefix(4));
        set.put(Family::meta, "k", "v");
        RocksStore::open(directory / "state")->write(set, true);
    }
    const std::filesystem::path file = directory / "state" / "FORMAT";
    REQUIRE(contents(file) == "crossfade state " + std::to_string(kStateFormat) + "\n");
    const std::string higher = std::to_string(kStateFormat + 1);
    for (const auto& [text, says] : std::map<std::string, std::string>{
             {"crossfade state " + higher + "\n", "has format " + higher},
             {"crossfade state 0\n", "has format 0"},
             {"crossfade state 1", "has format unknown"},
             {"", "has format unknown"},
             {"absent", "has no format number"}}) {
        INFO(text);
        write_file(file, text);
        if (text == "absent") std::filesystem::remove(file);
        const auto before = files_of(directory / "state");
        const auto error = refusal_of_state(directory / "state");
        REQUIRE(error);
        CHECK(error->kind() == ErrorKind::trust);
        CHECK(error->message().find(says) != std::string::npos);
        CHECK(error->message().find("reads format " + std::to_string(kStateFormat)) !=
              std::string::npos);
        CHECK(error->hint().find("crossfade drop --state") != std::string::npos);
        CHECK(files_of(directory / "state") == before);
    }
    write_file(file, "crossfade state " + std::to_string(kStateFormat) + "\n");
    CHECK(RocksStore::open(directory / "state")->get(Family::meta, "k") == "v");
}

TEST_CASE("a copy of a state has the state's format", "[state]") {
    const TemporaryDirectory directory;
    RocksStore::open(directory / "state")->checkpoint(directory / "copy");
    CHECK(contents(directory / "copy" / "FORMAT") == contents(directory / "state" / "FORMAT"));
    CHECK_FALSE(refusal_of_state(directory / "copy"));
}

TEST_CASE("a directory without a state gets no format by being read", "[state]") {
    const TemporaryDirectory directory;
    RocksOptions options;
    options.create = false;
    CHECK_THROWS_AS(RocksStore::open(directory.path(), options), Failure);
    CHECK_FALSE(std::filesystem::exists(directory / "FORMAT"));
}

TEST_CASE("the stored state of this format reads back into what it was made of", "[state]") {
    const std::string file = "tests/state/format-" + std::to_string(kStateFormat) + ".txt";
    const std::string dump = contents(std::string{CROSSFADE_SOURCE_DIR} + "/" + file);
    if (dump != dump_of(sample_state())) {
        const auto made = std::filesystem::temp_directory_path() / "crossfade-format.txt";
        write_file(made, dump_of(sample_state()));
        FAIL("you changed a format: raise kStateFormat (state/format.hpp), and store "
             << made.string() << ", which the code makes now, as tests/state/format-N.txt");
    }

    const std::vector<Entry> entries = stored_state(dump);
    const KeyBytes row = encode_key(std::int64_t{42});
    const KeyBytes root = encode_key(std::int64_t{5});
    CHECK(keys::number_of(entries[0].key) == 3);
    CHECK(keys::after_number(entries[0].key) == row);
    CHECK(decode_row(entries[0].value) == sample_row());
    const std::string_view member = keys::after_number(entries[1].key);
    CHECK(keys::member_of(entries[1].key, 4 + keys::first_parts(member, 2).size()) ==
          Member{row, 2});
    CHECK(keys::stale_of(entries[2].key, keys::stale_prefix(1, root).size()) == RootRef{2, row});
    CHECK(keys::root_of(entries[6].key) == RootRef{2, root});
    CHECK(DerivedRecord::decode(entries[6].value) == sample_record());
    const WorkItem item = WorkItem::decode(entries[8].key, entries[8].value);
    CHECK(item.birth == sample_work().birth);
    CHECK(item.sequence == 17);
    CHECK(item.encode() == sample_work().encode());
    CHECK(QuarantineRecord::decode(entries[9].value).encode() == sample_refusal().encode());
    CHECK(keys::counter_of(entries[15].key) ==
          std::pair<EntityIndex, std::string_view>{2, "applied"});
    const WriteSet set = WriteSet::deserialize(entries[21].value);
    CHECK(set.erased_prefixes(Family::edges).contains(keys::index_prefix(4)));
    CHECK(set.entries(Family::meta).at("k") == "v");
    CHECK(set.entries(Family::work).at("gone") == std::nullopt);
}
