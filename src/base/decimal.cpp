#include "base/decimal.h"

#include <charconv>
#include <cmath>

namespace trajectory::base {

namespace {

constexpr int k_digits = 12;
constexpr std::int64_t k_one = 1'000'000'000'000;

}  // namespace

std::optional<std::int64_t> parse_picos(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  int exponent = 0;
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (!power.empty() && power.front() == '+') power.remove_prefix(1);
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc() || end != power.data() + power.size() || exponent > 1000 || exponent < -1000)
      return std::nullopt;
    text = text.substr(0, e);
  }
  // The place of a digit is its power of ten; the last that counts is 10^-12, the one after it decides the rounding.
  const std::size_t dot = std::min(text.find('.'), text.size());
  int place = static_cast<int>(dot) - 1 + exponent;
  std::int64_t units = 0;
  bool too_large = false;
  bool round_up = false;
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == dot) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    any = true;
    const std::int64_t digit = text[i] - '0';
    if (place >= -k_digits) {
      std::int64_t value = digit;
      for (int p = 0; p < place + k_digits && value != 0 && !too_large; ++p)
        too_large = __builtin_mul_overflow(value, 10, &value);
      too_large = too_large || __builtin_add_overflow(units, value, &units);
    } else if (place == -k_digits - 1) {
      round_up = digit >= 5;
    }
    --place;
  }
  if (!any || too_large || __builtin_add_overflow(units, round_up ? 1 : 0, &units)) return std::nullopt;
  return negative ? -units : units;
}

std::optional<std::int64_t> picos_from_double(double value) {
  if (!std::isfinite(value) || std::abs(value) > 9.2e6) return std::nullopt;
  // The shortest decimal text names the number that was meant; multiplying the double would drag its error along.
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return parse_picos({text, static_cast<std::size_t>(end.ptr - text)});
}

std::string format_picos(std::int64_t picos) {
  const bool negative = picos < 0;
  const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(picos) : static_cast<std::uint64_t>(picos);
  std::string out = (negative ? "-" : "") + std::to_string(size / k_one);
  std::string fraction = std::to_string(size % k_one);
  fraction.insert(0, k_digits - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? out : out + "." + fraction;
}

}  // namespace trajectory::base
