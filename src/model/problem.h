#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace trajectory::model {

enum class Severity : std::uint8_t { k_note, k_warning, k_refused };

[[nodiscard]] constexpr std::string_view severity_name(Severity severity) {
  constexpr std::array<std::string_view, 3> names{"note", "warning", "refused"};
  return names[static_cast<std::size_t>(severity)];
}

/// Something wrong in the data. Never an exception: it is counted in the import report.
/// `kind` is a name from the table in docs/import.md, e.g. `invalid_json`.
struct Problem {
  std::string kind;
  Severity severity = Severity::k_warning;
  std::string place;  ///< file and row, run id or key: whatever leads there
  std::string detail;
};

}  // namespace trajectory::model
