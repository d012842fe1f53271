#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "regex/pattern.h"

namespace trajectory::platform::client {

/// Where something looks like a secret; never the secret itself.
struct SecretPlace {
  std::string_view kind;  ///< "an OpenAI key"
  std::string place;      ///< "messages[3].content"
};

/// Finds keys, tokens and private keys in JSON text, also inside strings that hold JSON themselves. The patterns are
/// those of the redaction (`RegexPiiTransform`, rule SECRET): of detect-secrets, and newer ones. For one thread at a
/// time.
class SecretFinder {
 public:
  [[nodiscard]] static base::Result<SecretFinder> make();

  /// At most `most` places, each kind once a value. Errors: as `regex::Pattern::find`.
  [[nodiscard]] base::Result<std::vector<SecretPlace>> find(std::string_view json, std::size_t most) const;

 private:
  struct Rule {
    std::string_view kind;
    std::string_view hint;  ///< stands in every match; empty: none does
    regex::Pattern pattern;
  };
  explicit SecretFinder(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  std::vector<Rule> rules_;
};

/// The value of a JSON text that the byte at `offset` belongs to: "steps[0].messages[1].content".
[[nodiscard]] std::string json_place(std::string_view json, std::size_t offset);

}  // namespace trajectory::platform::client
