#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/write.h"

namespace trajectory::pipeline {

/// Numbers by name, as the reports of an import, an inspection and a check hold them.
using Counts = std::map<std::string, std::uint64_t>;

[[nodiscard]] std::uint64_t total_of(const Counts& counts);

/// "12,345".
[[nodiscard]] std::string with_commas(std::uint64_t number);
/// "1 row", "2,000 rows"; `many` for words that take no s.
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one, std::string_view many = {});
/// "1.2 GB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
/// "chain 1,200, llm 3"; with a `whole` that is not 0 "chain 1,200 (75 %), ...".
[[nodiscard]] std::string list_of(const Counts& counts, std::uint64_t whole = 0);

/// A file of the source, as reports list it.
struct ReportFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  std::vector<std::string> missing_columns;
};

/// A JSON object for people and machines: one member a line, indented by two.
class JsonPage {
 public:
  void files(std::string_view name, const std::vector<ReportFile>& files);
  void number(std::string_view name, std::uint64_t value) { literal(name, std::to_string(value)); }
  void counts(std::string_view name, const Counts& counts);
  /// A member whose value is JSON text.
  void literal(std::string_view name, std::string_view json);

  /// An object of the values of a map, each written by `write`.
  template <class Map, class Write>
  void object(std::string_view name, const Map& map, Write write) {
    std::string inside;
    for (const auto& [key, value] : map) {
      if (!inside.empty()) inside.append(", ");
      inside.append(json::quoted(key)).append(": ").append(write(value));
    }
    literal(name, "{" + inside + "}");
  }

  /// The page, with a line end.
  [[nodiscard]] std::string text() const { return "{\n" + members_ + "\n}\n"; }

 private:
  std::string members_;
};

}  // namespace trajectory::pipeline
