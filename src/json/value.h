#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::json {

enum class Kind : std::uint8_t { k_null, k_boolean, k_number, k_string, k_array, k_object };

struct Member;

/// A parsed JSON value: a read-only view into the parser that made it. Absent members read as a null value, so
/// lookups chain without checks: `v["choices"][0]["message"]["content"].text()`.
class Value {
 public:
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::k_null; }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::k_string; }
  [[nodiscard]] bool is_number() const { return kind_ == Kind::k_number; }
  [[nodiscard]] bool is_bool() const { return kind_ == Kind::k_boolean; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::k_array; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::k_object; }
  [[nodiscard]] bool is_true() const { return is_bool() && text_ == "true"; }

  /// A string's text, unescaped: UTF-8, where lone surrogates stand as their three-byte forms (WTF-8).
  /// A number's or boolean's source text. Empty for other kinds.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// `text()` of a string, else empty.
  [[nodiscard]] std::string_view string() const { return is_string() ? text_ : std::string_view(); }
  /// The value's own JSON source text; empty for an absent value.
  [[nodiscard]] std::string_view raw() const { return raw_; }
  /// A whole number, or `fallback` for anything else.
  [[nodiscard]] std::int64_t integer(std::int64_t fallback = 0) const;
  /// A number's value; none for other kinds, and beyond what a double holds.
  [[nodiscard]] std::optional<double> as_double() const;
  /// A number without what stands behind its point; none for other kinds, and beyond 64 bits.
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;

  /// Elements of an array; empty for other kinds and for containers below the parse depth (see `Parser`).
  [[nodiscard]] std::span<const Value> items() const;
  /// Members of an object in source order, repeated keys included; empty as for `items`.
  [[nodiscard]] std::span<const Member> members() const;
  [[nodiscard]] std::size_t size() const { return count_; }

  /// The last member of that key, or a null value.
  [[nodiscard]] const Value& operator[](std::string_view key) const;
  /// The element at that place, or a null value.
  [[nodiscard]] const Value& operator[](int index) const;
  [[nodiscard]] bool has(std::string_view key) const;
  /// False for a container whose inside was left unparsed.
  [[nodiscard]] bool expanded() const { return expanded_; }
  /// False when this container or one inside it was left unparsed.
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  friend class Parser;
  friend struct Builder;
  std::string_view text_;
  std::string_view raw_;
  const void* children_ = nullptr;
  std::uint32_t count_ = 0;
  Kind kind_ = Kind::k_null;
  bool expanded_ = true;
  bool whole_ = true;
};

struct Member {
  std::string_view key;
  Value value;
};

/// Whether the bytes are UTF-8.
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// The text with every broken byte replaced by U+FFFD.
[[nodiscard]] std::string repair_utf8(std::string_view bytes);

/// Parses JSON text with simdjson into values. Not thread-safe: one per thread.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  /// Parses one JSON text. `depth` limits how deep containers are opened: 1 opens the outermost one only; the inside
  /// of deeper ones is skipped fast and left as `raw()`. Values stay valid until `reset()`.
  /// Errors: k_bad_format with the byte offset where known (invalid JSON, nesting beyond `k_max_depth`), k_too_large
  /// (see `limit`).
  [[nodiscard]] base::Result<const Value*> parse(std::string_view text, int depth = k_max_depth);

  /// The same value with its inside opened: all of it, or with `depth` at least its outermost level. Itself when it is
  /// open already. Lives as long as parsed values.
  [[nodiscard]] base::Result<const Value*> expand(const Value& value, int depth = k_max_depth);

  /// Bounds the memory of values, about 64 bytes each beside their texts: no more than so many are made until the next
  /// `reset`. Without it there is no bound.
  void limit(std::size_t values);

  /// Frees every value made so far; the memory is kept for the next texts.
  void reset();

  /// How deep payloads are read.
  static constexpr int k_max_depth = 1000;
  /// How deep a trajectory's record is read: a payload's value, inside as many levels as the record may put around it.
  static constexpr int k_record_depth = 1300;

  struct Impl;

 private:
  friend struct Builder;
  struct GiveBack {
    void operator()(Impl* impl) const;
  };
  std::unique_ptr<Impl, GiveBack> impl_;
};

}  // namespace trajectory::json
