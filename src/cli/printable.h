#pragma once

#include <string>
#include <string_view>

namespace trajectory::cli {

/// The text as UTF-8 with control characters made visible, so that no recorded text steers a terminal. With `one_line`,
/// line ends become blanks.
[[nodiscard]] std::string printable(std::string_view text, bool one_line = false);

/// The beginning of a text on one line, printable, with an ellipsis where it is cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes);

}  // namespace trajectory::cli
