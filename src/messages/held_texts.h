#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "json/value.h"
#include "model/message.h"

namespace trajectory::messages {

/// The texts that messages hold: where the leaves of a payload have to be found again. Keeps views of what it is given.
class HeldTexts {
 public:
  void add(const model::Message& message);
  void add(std::string_view text);

  /// Whether the text is held: as it is, as a string inside JSON text, with other white space, or, of inline data, by
  /// its hash. JSON text counts as held when every string in it is.
  [[nodiscard]] bool has(std::string_view text);

 private:
  [[nodiscard]] bool has_plainly(std::string_view text);
  [[nodiscard]] bool has_otherwise(std::string_view text);

  struct Field {
    std::string_view text;
    std::size_t found = 0;  ///< where the last text was found: pieces of a stream come in order
  };
  std::vector<Field> fields_;
  std::unordered_set<std::string_view> whole_;  ///< the fields' texts, where there are so many that a search is slow
  std::unordered_set<std::string> missed_;      ///< texts that were looked for in vain
  std::vector<std::string> squeezed_;           ///< the fields without white space, once somebody needs them
};

/// Whether a text is base64 data and not something to read.
[[nodiscard]] bool is_base64(std::string_view text);

/// Inline data of a text: what follows the head of a data: link, or base64. Empty when it is neither.
[[nodiscard]] std::string_view inline_data(std::string_view text);

}  // namespace trajectory::messages
