#include "state/records.hpp"

#include "model/encoding.hpp"
#include "state/keys.hpp"

#include <tuple>

namespace crossfade {

namespace {
constexpr char kFormat = 1;

void check_format(std::string_view& in) {
    if (in.empty() || in.front() != kFormat) {
        throw Failure{
            Error{ErrorKind::trust, "a record of the state has an unknown format"}.with_hint(
                "the state was written by another version of crossfade")};
    }
    in.remove_prefix(1);
}

void append_flag(std::string& out, bool flag) { out += flag ? '\1' : '\0'; }

bool take_flag(std::string_view& in) {
    if (in.empty()) throw Failure{Error{ErrorKind::trust, "a record of the state is cut short"}};
    const bool flag = in.front() != '\0';
    in.remove_prefix(1);
    return flag;
}

std::uint32_t take_index(std::string_view& in) {
    return static_cast<std::uint32_t>(take_varint(in));
}

template <class Container>
void append_texts(std::string& out, const Container& texts) {
    append_varint(out, texts.size());
    for (const std::string& text : texts)
        append_text(out, text);
}
}  // namespace

std::string_view to_string(StoredState state) {
    switch (state) {
        case StoredState::gone: return "kept";
        case StoredState::applied: return "applied";
        case StoredState::filtered: return "filtered";
        case StoredState::parked: return "parked";
        case StoredState::rejected: return "rejected";
    }
    return "unknown";
}

std::string DerivedRecord::encode() const {
    std::string out(1, kFormat);
    out.append(id.bytes.begin(), id.bytes.end());
    out += static_cast<char>(state);
    append_flag(out, present);
    append_flag(out, leaving);
    append_varint(out, members);
    append_text(out, reason);
    append_texts(out, flags);
    append_text(out, hash);
    append_varint(out, claims.size());
    for (const StoredClaim& claim : claims) {
        append_varint(out, claim.claim);
        append_text(out, claim.value);
        append_text(out, claim.order);
        append_flag(out, claim.held);
    }
    append_varint(out, parents.size());
    for (const StoredParent& parent : parents) {
        append_varint(out, parent.parent);
        append_varint(out, parent.column);
        append_varint(out, parent.entity);
        append_text(out, parent.root);
    }
    append_varint(out, digests.size());
    for (const StoredDigest& digest : digests) {
        append_varint(out, digest.column);
        append_text(out, digest.digest);
    }
    append_varint(out, epoch);
    return out;
}

DerivedRecord DerivedRecord::decode(std::string_view in) {
    check_format(in);
    DerivedRecord record;
    if (in.size() < 17)
        throw Failure{Error{ErrorKind::trust, "a record of the state is cut short"}};
    std::copy_n(in.begin(), 16, record.id.bytes.begin());
    record.state = static_cast<StoredState>(in[16]);
    in.remove_prefix(17);
    record.present = take_flag(in);
    record.leaving = take_flag(in);
    record.members = take_varint(in);
    record.reason = take_text(in);
    for (auto n = take_varint(in); n > 0; --n)
        record.flags.insert(take_text(in));
    record.hash = take_text(in);
    for (auto n = take_varint(in); n > 0; --n) {
        StoredClaim claim;
        claim.claim = take_index(in);
        claim.value = take_text(in);
        claim.order = take_text(in);
        claim.held = take_flag(in);
        record.claims.push_back(std::move(claim));
    }
    for (auto n = take_varint(in); n > 0; --n) {
        StoredParent parent;
        parent.parent = take_index(in);
        parent.column = take_index(in);
        parent.entity = take_index(in);
        parent.root = take_text(in);
        record.parents.push_back(std::move(parent));
    }
    for (auto n = take_varint(in); n > 0; --n) {
        StoredDigest digest;
        digest.column = take_index(in);
        digest.digest = take_text(in);
        record.digests.push_back(std::move(digest));
    }
    record.epoch = take_varint(in);
    return record;
}

std::string WorkItem::encode() const {
    std::string out(1, kFormat);
    out += static_cast<char>(kind);
    append_varint(out, node);
    append_varint(out, entity);
    append_varint(out, column);
    append_text(out, key);
    append_text(out, cursor);
    append_varint(out, walked);
    return out;
}

WorkItem WorkItem::decode(std::string_view key, std::string_view in) {
    WorkItem item;
    std::tie(item.birth, item.sequence) = keys::work_of(key);
    check_format(in);
    if (in.empty()) throw Failure{Error{ErrorKind::trust, "a record of the state is cut short"}};
    item.kind = static_cast<Kind>(in.front());
    in.remove_prefix(1);
    item.node = take_index(in);
    item.entity = take_index(in);
    item.column = take_index(in);
    item.key = take_text(in);
    item.cursor = take_text(in);
    item.walked = take_varint(in);
    return item;
}

std::string QuarantineRecord::encode() const {
    std::string out(1, kFormat);
    append_text(out, reason);
    append_text(out, sqlstate);
    append_text(out, constraint);
    append_text(out, message);
    append_varint(out, lsn.lsn.offset());
    append_texts(out, wanted);
    return out;
}

QuarantineRecord QuarantineRecord::decode(std::string_view in) {
    check_format(in);
    QuarantineRecord record;
    record.reason = take_text(in);
    record.sqlstate = take_text(in);
    record.constraint = take_text(in);
    record.message = take_text(in);
    record.lsn = EndLsn{Lsn{take_varint(in)}};
    for (auto n = take_varint(in); n > 0; --n)
        record.wanted.push_back(take_text(in));
    return record;
}

}  // namespace crossfade
