#include "cli/table_text.h"

#include <algorithm>

#include "cli/printable.h"
#include "json/write.h"

namespace trajectory::cli {

namespace {

/// Letters, not bytes: what begins a UTF-8 sequence.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

void TableText::print(std::ostream& out, bool json) const {
  if (json) {
    out << "[";
    for (std::size_t row = 0; row < rows.size(); ++row) {
      out << (row == 0 ? "\n" : ",\n") << "  {";
      for (std::size_t i = 0; i < columns.size(); ++i)
        out << (i == 0 ? "" : ", ") << json::quoted(columns[i]) << ": " << json::quoted(rows[row][i]);
      out << "}";
    }
    out << (rows.empty() ? "]\n" : "\n]\n");
    return;
  }
  std::vector<std::vector<std::string>> lines;
  if (std::any_of(columns.begin(), columns.end(), [](const std::string& name) { return !name.empty(); }))
    lines.push_back(columns);
  lines.insert(lines.end(), rows.begin(), rows.end());
  std::vector<std::size_t> widths(columns.size());
  for (auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = printable(line[i], true);
      widths[i] = std::max(widths[i], width(line[i]));
    }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i)
      text += line[i] + (i + 1 < line.size() ? std::string(widths[i] - width(line[i]) + 2, ' ') : "");
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  }
}

}  // namespace trajectory::cli
