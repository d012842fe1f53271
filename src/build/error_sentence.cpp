#include "build/error_sentence.h"

#include <algorithm>

namespace trajectory::build {

std::string error_sentence(std::string_view error) {
  // A bare Python traceback: what is not indented behind its last frame.
  const std::size_t frame = error.starts_with("Traceback (most recent") ? error.rfind("\n  ") : std::string_view::npos;
  if (frame != std::string_view::npos) error.remove_prefix(std::min(error.find('\n', frame + 1), error.size() - 1) + 1);
  for (const std::string_view trace : {"\n\nTraceback", "Traceback (most recent", "\n    at "})
    error = error.substr(0, error.find(trace));
  while (!error.empty() && (error.back() == '\n' || error.back() == ' ')) error.remove_suffix(1);
  // Python writes an exception as its constructor call: ValueError('text').
  const std::size_t quote = error.find_first_of("'\"");
  if (quote != std::string_view::npos && quote > 0 && error[quote - 1] == '(' &&
      error.ends_with(std::string{error[quote]} + ")"))
    return std::string(error.substr(quote + 1, error.size() - quote - 3));
  // JavaScript as its name and message: Error: text.
  const std::size_t colon = error.find(": ");
  if (colon != std::string_view::npos && error.substr(0, colon).find(' ') == std::string_view::npos &&
      error.substr(0, colon).ends_with("Error"))
    return std::string(error.substr(colon + 2));
  return std::string(error);
}

}  // namespace trajectory::build
