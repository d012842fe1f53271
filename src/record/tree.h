#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

namespace trajectory::record {

/// How many digits of a whole number Python loads.
/// https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
inline constexpr std::size_t k_most_digits = 4300;

/// Whether the value is, or holds, a whole number of more digits.
[[nodiscard]] bool has_long_integer(const json::Value& value);

/// A small JSON value that is built to be written. Numbers are kept as Python's `json.dumps` would write them.
class Tree {
 public:
  Tree() = default;  ///< null
  [[nodiscard]] static Tree text(std::string_view text);
  [[nodiscard]] static Tree text_or_null(std::string_view text);  ///< null when empty
  [[nodiscard]] static Tree integer(std::optional<std::int64_t> value);
  [[nodiscard]] static Tree real(std::optional<double> value);
  [[nodiscard]] static Tree boolean(bool value);
  [[nodiscard]] static Tree object() { return Tree(Kind::k_object); }
  [[nodiscard]] static Tree array() { return Tree(Kind::k_array); }
  /// A parsed value as Python would load it: whole numbers stay, others become doubles. A whole number that Python
  /// refuses to load for its length becomes the text of it.
  [[nodiscard]] static Tree from(const json::Value& value);

  Tree& add(std::string_view key, Tree value) &;
  Tree& add(Tree value) &;
  [[nodiscard]] bool is_null() const { return kind_ == Kind::k_null; }

  /// As `json.dumps(value, indent=2)` writes it at that depth, non-ASCII escaped.
  void write_indented(std::string& out, int depth) const;
  /// Canonical: members that are null or named `idx` left out, keys sorted by code point, `,` and `:` alone, non-ASCII
  /// kept.
  void write_canonical(std::string& out) const;

 private:
  enum class Kind : std::uint8_t { k_null, k_literal, k_text, k_object, k_array };
  static constexpr std::size_t k_usual = 8;  ///< members; each takes 120 bytes
  explicit Tree(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::k_null;
  std::string text_;  ///< literal or text
  std::vector<std::pair<std::string, Tree>> members_;
  std::vector<Tree> items_;
};

}  // namespace trajectory::record
