#include "tests/pair/haystack.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>

#include <rocksdb/db.h>

namespace crossfade::test {

namespace {

constexpr std::array<std::string_view, 10> kWords{"Xezer",  "Gence",     "Sheki",   "Lenkeran",
                                                  "Qebele", "Naxchivan", "Ordubad", "Zaqatala",
                                                  "Şuşa",   "Ağdam"};
constexpr std::size_t kDigits = 6;

// One SELECT over all tables would be one field of PostgreSQL, which ends at 1 GB; we are far
// below.
std::string all_texts(const std::string& tables,
                      const std::function<std::string(const std::string&)>& value) {
    std::string text;
    std::size_t begin = 0;
    while (begin < tables.size()) {
        const std::size_t end = tables.find('\n', begin);
        const std::string table = tables.substr(begin, end - begin);
        text += value("SELECT string_agg(t::text, E'\\n') FROM " + table + " AS t") + "\n";
        begin = end == std::string::npos ? tables.size() : end + 1;
    }
    return text;
}

constexpr const char* kTables =
    "SELECT string_agg(quote_ident(schemaname) || '.' || quote_ident(tablename), E'\\n') FROM "
    "pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";

}  // namespace

std::string lms_texts(const Pair& pair) {
    return all_texts(pair.lms_value(kTables),
                     [&](const std::string& sql) { return pair.lms_value(sql); });
}

std::string edu_texts(const Pair& pair) {
    return all_texts(pair.edu_value(kTables),
                     [&](const std::string& sql) { return pair.edu_value(sql); });
}

std::string file_bytes(const std::filesystem::path& folder) {
    std::string bytes;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        // RocksDB may remove a file under our hands: it reads as empty then.
        if (entry.is_regular_file()) bytes += text_of(entry.path());
    }
    return bytes;
}

std::string state_contents(const std::filesystem::path& state) {
    const rocksdb::Options options;
    std::vector<std::string> names;
    rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, state, &names);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names)
        families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    rocksdb::DB* opened = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    if (status.ok())
        status = rocksdb::DB::OpenForReadOnly(options, state, families, &handles, &opened);
    if (!status.ok()) throw std::runtime_error{"the state: " + status.ToString()};
    const std::unique_ptr<rocksdb::DB> db{opened};
    std::string text;
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
        const std::unique_ptr<rocksdb::Iterator> row{
            db->NewIterator(rocksdb::ReadOptions{}, handle)};
        for (row->SeekToFirst(); row->Valid(); row->Next())
            text += row->key().ToString() + "\n" + row->value().ToString() + "\n";
        if (!row->status().ok()) throw std::runtime_error{row->status().ToString()};
        db->DestroyColumnFamilyHandle(handle);
    }
    return text;
}

std::vector<std::string> clear_texts(std::string_view haystack) {
    std::vector<std::string> found;
    for (const std::string_view word : kWords) {
        const std::string start = std::string{word} + "!";
        for (std::size_t at = 0; (at = haystack.find(start, at)) != std::string_view::npos;) {
            at += start.size();
            const std::string_view digits = haystack.substr(at, kDigits);
            if (digits.size() == kDigits &&
                digits.find_first_not_of("0123456789") == std::string_view::npos)
                found.push_back(start + std::string{digits});
        }
    }
    return found;
}

std::vector<std::string> found_in(std::string_view haystack,
                                  const std::vector<std::string>& needles) {
    std::vector<std::string> found;
    std::copy_if(
        needles.begin(), needles.end(), std::back_inserter(found),
        [&](const std::string& needle) { return haystack.find(needle) != std::string_view::npos; });
    return found;
}

}  // namespace crossfade::test
