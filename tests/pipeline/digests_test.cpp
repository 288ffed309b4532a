#include "pipeline/digests.hpp"

#include "model/encoding.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;

TEST_CASE("a digest of bytes in parts is that of the whole", "[pipeline]") {
    const std::size_t size = GENERATE(std::size_t{0}, std::size_t{5}, std::size_t{300'000});
    const std::string text(size, 'x');
    Sha256 parts;
    parts.add("ab");
    parts.add(text);
    parts.add(text);
    CHECK(parts.take() == sha256("ab" + text + text));
}

TEST_CASE("the head of a text and its bytes are the text as it is encoded", "[pipeline]") {
    const std::size_t size =
        GENERATE(std::size_t{0}, std::size_t{127}, std::size_t{128}, std::size_t{300'000});
    const std::string text(size, 'x');
    std::string whole, head;
    append_value(whole, Value{text});
    append_head_of_text(head, text.size());
    CHECK(whole == head + text);
}
