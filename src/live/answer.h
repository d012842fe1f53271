#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "live/api.h"

namespace trajectory::live {

/// An answer's JSON with the text it was read from.
class Answer {
 public:
  Answer(std::unique_ptr<const std::string> text, json::Parser parser, const json::Value* value, bool deprecated)
      : text_(std::move(text)), parser_(std::move(parser)), value_(value), deprecated_(deprecated) {}

  [[nodiscard]] const json::Value& value() const { return *value_; }
  /// Whether the service says that this call will go away.
  [[nodiscard]] bool deprecated() const { return deprecated_; }

 private:
  std::unique_ptr<const std::string> text_;
  json::Parser parser_;
  const json::Value* value_;
  bool deprecated_;
};

/// `Api::call`, read as JSON. `depth` as for `json::Parser`. Errors: its own, k_remote (the answer is no JSON).
[[nodiscard]] base::Result<Answer> ask_json(const Api& api, const Call& call, int depth = json::Parser::k_max_depth);

/// An answer of another shape than the documented one.
[[nodiscard]] base::Error unexpected(const Call& call, const std::string& what);

/// An id as one step of a path.
[[nodiscard]] std::string http_path(const std::string& id);

}  // namespace trajectory::live
