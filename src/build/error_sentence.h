#pragma once

#include <string>
#include <string_view>

namespace trajectory::build {

/// The sentence of a recorded exception (Python's or JavaScript's), without its class and traceback.
[[nodiscard]] std::string error_sentence(std::string_view error);

}  // namespace trajectory::build
