#include "platform/transport/chunked.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace trajectory::platform::transport {

namespace {

constexpr std::size_t k_longest_line = 4 << 10;
constexpr std::size_t k_most_trailers = 100;
constexpr std::size_t k_most_digits = 15;
constexpr std::size_t k_piece = 64 << 10;

using Read = std::function<std::int64_t(char*, std::size_t)>;

base::Error malformed() { return {base::ErrorCode::k_bad_format, "the chunks of the body are malformed"}; }
base::Error cut_off() { return {base::ErrorCode::k_bad_format, "the body did not come whole"}; }

/// A line without its end.
base::Result<std::string> read_line(const Read& read) {
  std::string line;
  for (char c = 0; read(&c, 1) == 1;) {
    line.push_back(c);
    if (line.ends_with("\r\n")) return line.substr(0, line.size() - 2);
    if (c == '\n' || line.size() > k_longest_line) return malformed();
  }
  return cut_off();
}

/// The size in a chunk's first line; extensions follow a semicolon.
base::Result<std::uint64_t> size_in(std::string_view line) {
  std::string_view digits = line.substr(0, line.find(';'));
  while (digits.ends_with(' ') || digits.ends_with('\t')) digits.remove_suffix(1);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || digits.size() > k_most_digits || error != std::errc() || end != digits.data() + digits.size())
    return malformed();
  return size;
}

}  // namespace

base::Status read_chunked(const Read& read, const requests::Sink& sink) {
  std::vector<char> piece(k_piece);
  for (;;) {
    const auto line = read_line(read);
    if (!line) return line.error();
    const auto size = size_in(*line);
    if (!size) return size.error();
    if (*size == 0) break;
    for (std::uint64_t left = *size; left > 0;) {
      const std::int64_t got = read(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, k_piece)));
      if (got <= 0) return cut_off();
      left -= static_cast<std::uint64_t>(got);
      TJ_TRY(sink({piece.data(), static_cast<std::size_t>(got)}));
    }
    const auto end = read_line(read);
    if (!end) return end.error();
    if (!end->empty()) return malformed();
  }
  for (std::size_t trailers = 0; trailers < k_most_trailers; ++trailers) {
    const auto line = read_line(read);
    if (!line) return line.error();
    if (line->empty()) return {};
  }
  return malformed();
}

}  // namespace trajectory::platform::transport
