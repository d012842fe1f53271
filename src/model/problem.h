#pragma once

#include <cstdint>
#include <string>

namespace trajectory::model {

enum class Severity : std::uint8_t { k_note, k_warning, k_refused };

/// Something wrong in the data. Never an exception: it is counted in the import report.
/// `kind` is a name from the table in docs/import.md, e.g. `invalid_json`.
struct Problem {
  std::string kind;
  Severity severity = Severity::k_warning;
  std::string place;  ///< file and row, run id or key: whatever leads there
  std::string detail;
};

}  // namespace trajectory::model
