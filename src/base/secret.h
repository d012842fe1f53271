#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace trajectory::base {

/// A key or password. It can be printed, compared or joined to other text only through `reveal()`, which stands where
/// it goes to the service and nowhere else.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& reveal() const { return text_; }
  /// How the key may be shown: its first letters, which tell its kind ("lsv2_pt_..."), never more than a quarter.
  [[nodiscard]] std::string masked() const {
    const std::size_t line = text_.rfind('_', 8);
    const std::size_t shown = line == std::string::npos || (line + 1) * 4 > text_.size() ? 0 : line + 1;
    return text_.substr(0, shown) + "...";
  }

  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  std::string text_;
};

}  // namespace trajectory::base
