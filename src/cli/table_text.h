#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace trajectory::cli {

/// A list for people and for machines.
struct TableText {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// Columns side by side, or as JSON: a list of objects of texts.
  void print(std::ostream& out, bool json) const;
};

}  // namespace trajectory::cli
