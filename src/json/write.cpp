#include "json/write.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace trajectory::json {

namespace {

constexpr char k_hex[] = "0123456789abcdef";

void append_unit(std::string& out, unsigned unit) {
  const char text[6] = {
      '\\', 'u', k_hex[(unit >> 12) & 15], k_hex[(unit >> 8) & 15], k_hex[(unit >> 4) & 15], k_hex[unit & 15]};
  out.append(text, 6);
}

/// One code point of (W)UTF-8 at the start of `text`. Size 0: the first byte begins no valid sequence.
struct CodePoint {
  unsigned value = 0;
  std::size_t size = 0;
};

CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto more = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first <= 0xDF && more(1)) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first >= 0xE0 && first <= 0xEF && more(1) && more(2)) {
    const unsigned value = (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    if (value >= 0x800) return {value, 3};
  }
  if (first >= 0xF0 && first <= 0xF4 && more(1) && more(2) && more(3)) {
    const unsigned value = (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    if (value >= 0x10000 && value <= 0x10FFFF) return {value, 4};
  }
  return {};
}

void append_wide(std::string& out, std::string_view text, CodePoint point, Escapes escapes) {
  const bool ascii = escapes == Escapes::k_non_ascii;
  if (point.size == 0) {
    if (ascii) append_unit(out, 0xFFFD);
    else out.append("\xEF\xBF\xBD");
    return;
  }
  const bool surrogate = point.value >= 0xD800 && point.value <= 0xDFFF;
  if (escapes == Escapes::k_none || (!ascii && !surrogate)) {
    out.append(text.substr(0, point.size));
  } else if (point.value >= 0x10000) {
    append_unit(out, 0xD800 + ((point.value - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((point.value - 0x10000) & 0x3FF));
  } else {
    append_unit(out, point.value);
  }
}

constexpr std::array<bool, 256> plain_table() {
  std::array<bool, 256> table{};
  for (int c = 0x20; c < 0x80; ++c) table[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return table;
}

constexpr auto k_plain = plain_table();

/// Where the first character from `at` on stands that cannot be written as it is.
std::size_t plain_end(std::string_view text, std::size_t at, bool ascii) {
  constexpr std::uint64_t k_ones = 0x0101010101010101;
  constexpr std::uint64_t k_tops = 0x80 * k_ones;
  // Eight at a time: a top bit is set in the first that is below 0x20, a quote, a backslash or above 0x7e.
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    const std::uint64_t special = eight | (eight - 0x20 * k_ones) | ((eight ^ ('"' * k_ones)) - k_ones) |
                                  ((eight ^ ('\\' * k_ones)) - k_ones) | (eight + k_ones);
    if ((special & k_tops) != 0) break;
  }
  while (at < text.size() && k_plain[static_cast<unsigned char>(text[at])] && !(ascii && text[at] == '\x7f')) ++at;
  return at;
}

}  // namespace

void append_string(std::string& out, std::string_view text, Escapes escapes) {
  const bool ascii = escapes == Escapes::k_non_ascii;
  out.push_back('"');
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t end = plain_end(text, i, ascii);
    out.append(text.substr(i, end - i));
    i = end;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      const CodePoint point = decode(text.substr(i));
      append_wide(out, text.substr(i), point, escapes);
      i += std::max<std::size_t>(point.size, 1);
      continue;
    }
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      case '\b':
        out.append("\\b");
        break;
      case '\f':
        out.append("\\f");
        break;
      default:
        append_unit(out, c);
    }
    ++i;
  }
  out.push_back('"');
}

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

void append_compact(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Kind::k_null:
      out.append("null");
      break;
    case Kind::k_boolean:
    case Kind::k_number:
      out.append(value.text());
      break;
    case Kind::k_string:
      append_string(out, value.text());
      break;
    case Kind::k_array: {
      if (!value.expanded()) {
        out.append(value.raw());
        break;
      }
      out.push_back('[');
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_compact(out, value.items()[i]);
      }
      out.push_back(']');
      break;
    }
    case Kind::k_object: {
      if (!value.expanded()) {
        out.append(value.raw());
        break;
      }
      out.push_back('{');
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_string(out, value.members()[i].key);
        out.push_back(':');
        append_compact(out, value.members()[i].value);
      }
      out.push_back('}');
      break;
    }
  }
}

void append_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out.append(value < 0 ? "-Infinity" : "Infinity");
    return;
  }
  char digits[32];
  const auto shortest = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  std::string_view text(digits, static_cast<std::size_t>(shortest.ptr - digits));
  if (text.front() == '-') {
    out.push_back('-');
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t digits_at = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  std::string mantissa(text.substr(0, 1));
  if (e > 2) mantissa.append(text.substr(2, e - 2));
  const int count = static_cast<int>(mantissa.size());
  if (exponent < -4 || exponent >= 16) {
    out.append(mantissa, 0, 1);
    if (count > 1) out.append(".").append(mantissa, 1);
    out.append(exponent < 0 ? "e-" : "e+");
    const int size = std::abs(exponent);
    if (size < 10) out.push_back('0');
    out.append(std::to_string(size));
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(mantissa);
  } else if (count <= exponent + 1) {
    out.append(mantissa).append(static_cast<std::size_t>(exponent + 1 - count), '0').append(".0");
  } else {
    out.append(mantissa, 0, static_cast<std::size_t>(exponent + 1))
        .append(".")
        .append(mantissa, static_cast<std::size_t>(exponent + 1));
  }
}

namespace {

/// Numbers up to 17 significant digits are compared as doubles, so 1, 1.0 and 1e0 are one number; longer ones by text.
void append_canonical_number(std::string& out, std::string_view text) {
  const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (digits > (whole ? 15 : 17) || error != std::errc() || end != text.data() + text.size()) {
    out.append(text);
    return;
  }
  append_double(out, value == 0 ? 0.0 : value);
}

}  // namespace

void append_canonical(std::string& out, const Value& value) {
  if (value.is_number()) {
    append_canonical_number(out, value.text());
  } else if (value.is_array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      if (i > 0) out.push_back(',');
      append_canonical(out, value.items()[i]);
    }
    out.push_back(']');
  } else if (value.is_object()) {
    std::vector<const Member*> members;
    members.reserve(value.size());
    for (const Member& member : value.members()) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const Member* a, const Member* b) {
      return std::pair(a->key, a) < std::pair(b->key, b);  // repeated keys in their order
    });
    out.push_back('{');
    bool first = true;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i + 1 < members.size() && members[i + 1]->key == members[i]->key) continue;
      if (!first) out.push_back(',');
      first = false;
      append_string(out, members[i]->key);
      out.push_back(':');
      append_canonical(out, members[i]->value);
    }
    out.push_back('}');
  } else {
    append_compact(out, value);
  }
}

}  // namespace trajectory::json
