#include "cli/printable.h"

#include "json/value.h"

namespace trajectory::cli {

std::string printable(std::string_view recorded, bool one_line) {
  const std::string text = json::is_utf8(recorded) ? std::string(recorded) : json::repair_utf8(recorded);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xA0;  // control characters beyond ASCII
    if (c == '\n' || c == '\t') {
      out.push_back(one_line ? ' ' : static_cast<char>(c));
    } else if (c < 0x20) {
      out.append("^").push_back(static_cast<char>(c + 0x40));
    } else if (c == 0x7F || c1) {
      out.append(c1 ? "\xEF\xBF\xBD" : "^?");
      i += c1 ? 1 : 0;
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return printable(text, true);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;  // not inside a character
  return printable(text.substr(0, bytes), true) + "...";
}

}  // namespace trajectory::cli
