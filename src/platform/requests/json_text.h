#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "json/write.h"

namespace trajectory::platform::requests {

/// A JSON object or array that grows at its end; what is absent is null.
class JsonText {
 public:
  [[nodiscard]] static JsonText object() { return JsonText('{', '}'); }
  [[nodiscard]] static JsonText array() { return JsonText('[', ']'); }

  JsonText& text(std::string_view key, std::string_view value) {
    json::append_string(open(key), value);
    return *this;
  }
  /// Null when empty.
  JsonText& text_or_null(std::string_view key, std::string_view value) {
    return value.empty() ? raw(key, "null") : text(key, value);
  }
  JsonText& integer(std::string_view key, std::optional<std::int64_t> value) {
    return raw(key, value ? std::to_string(*value) : "null");
  }
  /// Null also for what JSON has no number for.
  JsonText& real(std::string_view key, std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return raw(key, "null");
    json::append_double(open(key), *value);
    return *this;
  }
  JsonText& boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonText& time(std::string_view key, std::optional<std::int64_t> micros) {
    return micros ? text(key, base::format_time(*micros)) : raw(key, "null");
  }
  /// JSON text as it stands.
  JsonText& raw(std::string_view key, std::string_view json) {
    open(key).append(json);
    return *this;
  }
  /// An item of an array.
  JsonText& item(std::string_view json) {
    next().append(json);
    return *this;
  }
  JsonText& text_item(std::string_view value) {
    json::append_string(next(), value);
    return *this;
  }

  /// The whole text; ends this.
  [[nodiscard]] std::string done() {
    out_.push_back(end_);
    return std::move(out_);
  }

 private:
  JsonText(char begin, char end) : out_(1, begin), end_(end) {}
  std::string& next() {
    if (out_.size() > 1) out_.push_back(',');
    return out_;
  }
  std::string& open(std::string_view key) {
    json::append_string(next(), key);
    out_.push_back(':');
    return out_;
  }

  std::string out_;
  char end_;
};

}  // namespace trajectory::platform::requests
