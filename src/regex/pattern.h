#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::regex {

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A compiled Perl-compatible pattern over bytes. https://www.pcre.org/current/doc/html/pcre2pattern.html
/// May be used by one thread at a time.
class Pattern {
 public:
  /// Errors: k_internal (no such pattern: patterns are ours).
  [[nodiscard]] static base::Result<Pattern> compile(const std::string& pattern);
  ~Pattern();
  Pattern(Pattern&&) noexcept;

  /// The first match at or behind `from`. Errors: k_internal (the text asks for more work than the library's limits).
  [[nodiscard]] base::Result<std::optional<Match>> find(std::string_view text, std::size_t from) const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::regex
