#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "messages/facts.h"
#include "messages/tables.h"

namespace trajectory::pipeline {

/// Appends what places a run, as bytes for a scratch file: ids, times, parents, thread keys, the type.
void append_placed_run(std::string& out, const messages::RunFacts& run, const messages::TextTable& texts);

/// Reads the first run of the bytes, and moves them on behind it. They must come from `append_placed_run`.
[[nodiscard]] messages::RunFacts take_placed_run(std::string_view& bytes, messages::TextTable& texts);

}  // namespace trajectory::pipeline
