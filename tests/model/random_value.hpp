#pragma once

#include "model/value.hpp"

#include <random>

namespace crossfade::test {

// Values of every kind that can stand in a key, drawn towards the edges of their ranges.
class RandomValue {
public:
    explicit RandomValue(std::uint64_t seed) : random_{seed} {}

    Value operator()() {
        switch (below(12)) {
            case 0: return Null{};
            case 1: return below(2) == 0;
            case 2: return real();
            case 3: return text();
            case 4: {
                Uuid uuid;
                for (auto& byte : uuid.bytes)
                    byte = static_cast<std::uint8_t>(below(256));
                return uuid;
            }
            case 5: return Date{static_cast<std::int32_t>(integer())};
            case 6: return Timestamp{integer()};
            case 7: return TimeOfDay{static_cast<std::int64_t>(below(86'400'000'001))};
            case 8: return Bytes{text()};
            case 9: return integer();
            default: return decimal();
        }
    }

    std::uint64_t below(std::uint64_t bound) {
        return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(random_);
    }

    std::int64_t integer() {
        switch (below(4)) {
            case 0: return static_cast<std::int64_t>(below(7)) - 3;
            case 1:
                return std::numeric_limits<std::int64_t>::min() +
                       static_cast<std::int64_t>(below(3));
            case 2:
                return std::numeric_limits<std::int64_t>::max() -
                       static_cast<std::int64_t>(below(3));
            default: return static_cast<std::int64_t>(random_()) >> below(64);
        }
    }

    Decimal decimal() {
        switch (below(5)) {
            case 0:
                return *Decimal::parse(below(2) == 0   ? "NaN"
                                       : below(2) == 0 ? "Infinity"
                                                       : "-Infinity");
            case 1: return Decimal{integer()};
            default: {
                std::string text = below(2) == 0 ? "-" : "";
                text += below(3) == 0 ? "9223372036854775807"
                                      : digits(1 + below(below(2) == 0 ? 3 : 40));
                if (below(2) == 0) text += "." + digits(1 + below(5));
                return *Decimal::parse(text);
            }
        }
    }

private:
    std::string digits(std::uint64_t count) {
        std::string text;
        for (; count > 0; --count)
            text += static_cast<char>('0' + (below(2) == 0 ? 0 : below(10)));
        return text;
    }

    double real() {
        static constexpr double kEdges[] = {0.0, -0.0, 1.0, -1.0, 1e300, -1e300, 5e-324};
        switch (below(4)) {
            case 0: return std::numeric_limits<double>::quiet_NaN();
            case 1: return (below(2) == 0 ? 1 : -1) * std::numeric_limits<double>::infinity();
            case 2: return kEdges[below(7)];
            default: return static_cast<double>(static_cast<std::int64_t>(random_())) / 1e6;
        }
    }

    std::string text() {
        static constexpr std::string_view kLetters{"ab\x00\x01\xFF\x20", 6};
        std::string text;
        for (auto count = below(5); count > 0; --count)
            text += kLetters[below(kLetters.size())];
        return text;
    }

    std::mt19937_64 random_;
};

}  // namespace crossfade::test
