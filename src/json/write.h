#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"

namespace trajectory::json {

/// What is escaped in a JSON string beside control characters, `"` and `\`, which Python's `json.dumps` escapes too.
enum class Escapes : std::uint8_t {
  k_surrogates,  ///< lone surrogates (WTF-8), as `\udXXX`: the text is UTF-8
  k_non_ascii,   ///< everything beyond printable ASCII
  k_none,        ///< nothing: lone surrogates stand in their three-byte forms
};

/// Appends `text` as a JSON string with quotes. Bytes that are no (W)UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text, Escapes escapes = Escapes::k_surrogates);

/// The text as a JSON string with quotes.
[[nodiscard]] std::string quoted(std::string_view text);

/// Appends the value compactly: no white space, members in source order, numbers in their source text.
void append_compact(std::string& out, const Value& value);

/// Appends the value in canonical form: members sorted by key (the last of a repeated key wins), no white space,
/// numbers in their shortest form, whole ones of more than 15 digits and others of more than 17 as they stand. Two
/// texts of equal JSON values come out equal.
void append_canonical(std::string& out, const Value& value);

/// Appends a double as Python's `repr` writes it (`0.0`, `1e-07`, `12.5`).
void append_double(std::string& out, double value);

}  // namespace trajectory::json
