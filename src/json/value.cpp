#include "json/value.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <simdjson.h>

#include "base/arena.h"
#include "base/sanitizer.h"

namespace trajectory::json {

namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

const Value k_absent;

std::string_view reason(error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::EMPTY:
      return "there is nothing";
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::NUMBER_ERROR:
    case simdjson::BIGINT_ERROR:
      return "a malformed number";
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS:
      return "a malformed string";
    case simdjson::UNCLOSED_STRING:
      return "a string without an end";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "it ends in the middle: cut off?";
    case simdjson::TRAILING_CONTENT:
      return "more text behind the value";
    case simdjson::CAPACITY:
      return "too long";
    default:
      return "malformed";
  }
}

base::Error bad_json(error_code code, std::size_t offset) {
  return {base::ErrorCode::k_bad_format,
          "invalid JSON near byte " + std::to_string(offset) + ": " + std::string(reason(code))};
}

std::string_view trim_right(const char* begin, const char* end) {
  while (end > begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' || end[-1] == '\r')) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

}  // namespace

std::int64_t Value::integer(std::int64_t fallback) const {
  return is_number() ? whole_number(text_).value_or(fallback) : fallback;
}

std::optional<double> Value::as_double() const {
  if (!is_number()) return std::nullopt;
  const double out = std::strtod(std::string(text_).c_str(), nullptr);
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::optional<std::int64_t> Value::as_integer() const {
  constexpr double k_beyond = 9223372036854775808.0;  // 2^63
  if (!is_number()) return std::nullopt;
  if (const auto exact = whole_number(text_)) return exact;
  const auto real = as_double();
  if (!real || *real < -k_beyond || *real >= k_beyond) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::span<const Value> Value::items() const {
  if (!is_array() || children_ == nullptr) return {};
  return {static_cast<const Value*>(children_), count_};
}

std::span<const Member> Value::members() const {
  if (!is_object() || children_ == nullptr) return {};
  return {static_cast<const Member*>(children_), count_};
}

const Value& Value::operator[](std::string_view key) const {
  const auto all = members();
  for (std::size_t i = all.size(); i-- > 0;)
    if (all[i].key == key) return all[i].value;
  return k_absent;
}

const Value& Value::operator[](int index) const {
  const auto all = items();
  return index >= 0 && static_cast<std::size_t>(index) < all.size() ? all[static_cast<std::size_t>(index)] : k_absent;
}

bool Value::has(std::string_view key) const {
  for (const Member& member : members())
    if (member.key == key) return true;
  return false;
}

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t size = 1;
    while (size <= 4 && at + size <= bytes.size() && !is_utf8(bytes.substr(at, size))) ++size;
    const bool whole = size <= 4 && at + size <= bytes.size();
    if (whole) out.append(bytes.substr(at, size));
    else out.append("\xEF\xBF\xBD");
    at += whole ? size : 1;
  }
  return out;
}

struct Parser::Impl {
  ondemand::parser simd;
  base::Arena arena;
  std::vector<Value> values;  // children of the containers being built, innermost last
  std::vector<Member> members;
  std::size_t most = std::numeric_limits<std::size_t>::max();  // values until the next reset
  std::size_t made = 0;

  void start_anew() {
    arena.reset();
    most = std::numeric_limits<std::size_t>::max();
    made = 0;
  }

  /// Memory that it holds on to.
  [[nodiscard]] std::size_t bytes() const {
    constexpr std::size_t k_of_a_byte = 6;  // simdjson's places of tokens and room for texts
    return k_of_a_byte * simd.capacity() + arena.bytes() + values.capacity() * sizeof(Value) +
           members.capacity() * sizeof(Member);
  }
};

/// Builds values while walking one document. Its methods return simdjson's code; 0 is success.
struct Builder {
  Parser::Impl& impl;
  ondemand::document& document;
  const char* begin;
  const char* end;
  bool shallow;  ///< containers below the depth are left unopened, not refused

  [[nodiscard]] std::size_t offset() const {
    const char* at = nullptr;
    if (document.current_location().get(at) != simdjson::SUCCESS || at < begin || at > end)
      return static_cast<std::size_t>(end - begin);
    return static_cast<std::size_t>(at - begin);
  }

  /// Where the container that was just walked ends: its bracket is the last character before the next token.
  [[nodiscard]] std::string_view container_text(const char* start) const {
    const char* next = nullptr;
    if (document.current_location().get(next) != simdjson::SUCCESS) next = end;
    return trim_right(start, next);
  }

  error_code string(const ondemand::raw_json_string& raw, std::size_t token_size, std::string_view& out) const {
    const char* from = raw.raw();
    const auto* backslash = static_cast<const char*>(std::memchr(from, '\\', token_size));
    const auto* quote = static_cast<const char*>(std::memchr(from, '"', token_size));
    if (quote != nullptr && (backslash == nullptr || quote < backslash)) {
      out = {from, static_cast<std::size_t>(quote - from)};
      return simdjson::SUCCESS;
    }
    char* to = impl.arena.allocate(token_size + simdjson::SIMDJSON_PADDING);
    auto* at = reinterpret_cast<std::uint8_t*>(to);
    const error_code error = impl.simd.unescape_wobbly(raw, at).get(out);
    impl.arena.shrink(reinterpret_cast<char*>(at));
    return error;
  }

  error_code scalar(ondemand::json_type type, std::string_view token, Value& out) const {
    out.raw_ = out.text_ = trim_right(token.data(), token.data() + token.size());
    if (type == ondemand::json_type::number) {
      out.kind_ = Kind::k_number;
      return is_number(out.text_) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
    }
    if (out.text_ == "true" || out.text_ == "false") {
      out.kind_ = Kind::k_boolean;
      return simdjson::SUCCESS;
    }
    if (out.text_ != "null") return simdjson::N_ATOM_ERROR;
    out.text_ = {};
    return simdjson::SUCCESS;
  }

  /// The JSON grammar of a number, of any length. Python's encoder also writes NaN and Infinity: refused here.
  static bool is_number(std::string_view t) {
    std::size_t i = 0;
    const auto digits = [&] {
      const std::size_t from = i;
      while (i < t.size() && t[i] >= '0' && t[i] <= '9') ++i;
      return i - from;
    };
    if (i < t.size() && t[i] == '-') ++i;
    const std::size_t zero = i;
    const std::size_t whole = digits();
    if (whole == 0 || (whole > 1 && t[zero] == '0')) return false;
    if (i < t.size() && t[i] == '.') {
      ++i;
      if (digits() == 0) return false;
    }
    if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
      ++i;
      if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
      if (digits() == 0) return false;
    }
    return i == t.size();
  }

  error_code value(ondemand::value source, Value& out, int depth) {
    ondemand::json_type type{};
    if (++impl.made > impl.most) return simdjson::MEMALLOC;
    if (auto error = source.type().get(type)) return error;
    switch (type) {
      case ondemand::json_type::array:
      case ondemand::json_type::object: {
        const bool is_array = type == ondemand::json_type::array;
        out.kind_ = is_array ? Kind::k_array : Kind::k_object;
        if (depth <= 0) {
          if (!shallow) return simdjson::DEPTH_ERROR;
          out.expanded_ = out.whole_ = false;
          if (auto error = source.raw_json().get(out.raw_)) return error;
          out.raw_ = trim_right(out.raw_.data(), out.raw_.data() + out.raw_.size());
          return simdjson::SUCCESS;
        }
        const char* start = source.raw_json_token().data();
        if (auto error = is_array ? array(source, out, depth) : object(source, out, depth)) return error;
        out.raw_ = container_text(start);
        return simdjson::SUCCESS;
      }
      case ondemand::json_type::string: {
        out.kind_ = Kind::k_string;
        const std::string_view token = source.raw_json_token();
        ondemand::raw_json_string raw;
        if (auto error = source.get_raw_json_string().get(raw)) return error;
        out.raw_ = trim_right(token.data(), token.data() + token.size());
        return string(raw, token.size(), out.text_);
      }
      default: {
        const std::string_view token = source.raw_json_token();
        // Consumes the token without reading a number's value, whatever its length.
        std::string_view ignored;
        if (auto error = source.raw_json().get(ignored)) return error;
        return scalar(type, token, out);
      }
    }
  }

  template <class Container>
  error_code array(Container source, Value& out, int depth) {
    ondemand::array array;
    if (auto error = source.get_array().get(array)) return error;
    const std::size_t from = impl.values.size();
    for (auto element : array) {
      ondemand::value inner;
      if (auto error = element.get(inner)) return error;
      Value child;
      if (auto error = value(inner, child, depth - 1)) return error;
      impl.values.push_back(child);
    }
    store(impl.values, from, out);
    return simdjson::SUCCESS;
  }

  template <class Container>
  error_code object(Container source, Value& out, int depth) {
    ondemand::object object;
    if (auto error = source.get_object().get(object)) return error;
    const std::size_t from = impl.members.size();
    for (auto field : object) {
      ondemand::raw_json_string raw;
      if (auto error = field.key().get(raw)) return error;
      std::string_view token;
      if (auto error = field.key_raw_json_token().get(token)) return error;
      Member member{};
      if (auto error = string(raw, token.size(), member.key)) return error;
      ondemand::value inner;
      if (auto error = field.value().get(inner)) return error;
      if (auto error = value(inner, member.value, depth - 1)) return error;
      impl.members.push_back(member);
    }
    store(impl.members, from, out);
    return simdjson::SUCCESS;
  }

  static const Value& value_of(const Value& element) { return element; }
  static const Value& value_of(const Member& member) { return member.value; }

  template <class T>
  void store(std::vector<T>& stack, std::size_t from, Value& out) const {
    const std::size_t count = stack.size() - from;
    T* to = impl.arena.allocate_array<T>(count == 0 ? 1 : count);
    std::uninitialized_copy(stack.begin() + static_cast<std::ptrdiff_t>(from), stack.end(), to);
    stack.resize(from);
    out.children_ = to;
    out.count_ = static_cast<std::uint32_t>(count);
    for (std::size_t i = 0; i < count; ++i) out.whole_ = out.whole_ && value_of(to[i]).whole_;
  }

  error_code root(Value& out, int depth) {
    ondemand::json_type type{};
    if (auto error = document.type().get(type)) return error;
    if (type == ondemand::json_type::array || type == ondemand::json_type::object) {
      const bool is_array = type == ondemand::json_type::array;
      out.kind_ = is_array ? Kind::k_array : Kind::k_object;
      if (auto error = is_array ? array<ondemand::document&>(document, out, depth)
                                : object<ondemand::document&>(document, out, depth))
        return error;
      out.raw_ = trim_right(begin, end);
      return document.at_end() ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
    }
    if (type == ondemand::json_type::string) {
      out.kind_ = Kind::k_string;
      out.raw_ = trim_right(begin, end);
      ondemand::raw_json_string raw;
      if (auto error = document.get_raw_json_string().get(raw)) return error;
      if (auto error = string(raw, out.raw_.size(), out.text_)) return error;
      return document.at_end() ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
    }
    return scalar(type, {begin, static_cast<std::size_t>(end - begin)}, out);
  }
};

namespace {

/// simdjson's buffers are costly to make for a small text: a thread keeps those of parsers that ended.
thread_local std::vector<std::unique_ptr<Parser::Impl>> spare_parsers;

}  // namespace

void Parser::GiveBack::operator()(Impl* impl) const {
  constexpr std::size_t k_most = 4;
  constexpr std::size_t k_most_bytes = 4 << 20;
  std::unique_ptr<Impl> owned(impl);
  impl->start_anew();
  if (!base::k_address_sanitizer && spare_parsers.size() < k_most && impl->bytes() <= k_most_bytes)
    spare_parsers.push_back(std::move(owned));
}

Parser::Parser() {
  if (spare_parsers.empty()) {
    impl_.reset(new Impl);
  } else {
    impl_.reset(spare_parsers.back().release());
    spare_parsers.pop_back();
  }
}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

base::Result<const Value*> Parser::parse(std::string_view text, int depth) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t' || text.front() == '\r'))
    text.remove_prefix(1);
  char* padded = impl_->arena.allocate(text.size() + simdjson::SIMDJSON_PADDING);
  if (!text.empty()) std::memcpy(padded, text.data(), text.size());
  std::memset(padded + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  impl_->values.clear();
  impl_->members.clear();

  ondemand::document document;
  if (auto error = impl_->simd.iterate(padded, text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document))
    return bad_json(error, 0);
  Builder builder{*impl_, document, padded, padded + text.size(), depth < k_max_depth};
  Value* root = new (impl_->arena.allocate(sizeof(Value), alignof(Value))) Value;
  const error_code error = builder.root(*root, depth);
  if (impl_->made > impl_->most)
    return base::Error(base::ErrorCode::k_too_large, "JSON of more than " + std::to_string(impl_->most) + " values");
  if (error != simdjson::SUCCESS) return bad_json(error, builder.offset());
  return root;
}

base::Result<const Value*> Parser::expand(const Value& value, int depth) {
  if (value.whole() || (value.expanded() && depth < k_max_depth)) return &value;
  return parse(value.raw(), depth);
}

void Parser::limit(std::size_t values) { impl_->most = values; }

void Parser::reset() {
  impl_->arena.reset();
  impl_->made = 0;
}

}  // namespace trajectory::json
