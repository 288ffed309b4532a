// Campaigns: random tests that find more the longer they run. Their test cases carry the tags
// [campaign][NAME]. A plain run takes the short form; `make NAME` the long one, whose time is in
// CROSSFADE_CAMPAIGN_SECONDS.
#pragma once

#include <chrono>

namespace crossfade::test {

// CROSSFADE_CAMPAIGN_SECONDS, if it is set and not empty; else `short_form`, at most a minute.
// Throws std::invalid_argument for anything but a number above 0: a mistyped one must not pass.
std::chrono::seconds campaign_seconds(std::chrono::seconds short_form);

// Whether CROSSFADE_CAMPAIGN_SECONDS is set. The long form prints one line at its end that tells
// how much it tried.
bool is_long_campaign();

}  // namespace crossfade::test
