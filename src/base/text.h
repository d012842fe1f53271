#pragma once

#include <string>
#include <string_view>

namespace trajectory::base {

/// The text with the letters A to Z in lower case; all other bytes stay.
[[nodiscard]] inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace trajectory::base
