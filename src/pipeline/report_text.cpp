#include "pipeline/report_text.h"

#include <cstdio>

namespace trajectory::pipeline {

std::uint64_t total_of(const Counts& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

std::string with_commas(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return out;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  const std::string word = number == 1 ? std::string(one) : many.empty() ? std::string(one) + "s" : std::string(many);
  return with_commas(number) + " " + word;
}

std::string human_bytes(std::uint64_t bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes);
  int unit = 0;
  for (; size >= 1000 && unit < 4; ++unit) size /= 1000;
  char out[32];
  std::snprintf(out, sizeof out, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return out;
}

std::string list_of(const Counts& counts, std::uint64_t whole) {
  std::string out;
  for (const auto& [name, count] : counts) {
    out.append(out.empty() ? "" : ", ").append(name).append(" ").append(with_commas(count));
    if (whole == 0) continue;
    const bool little = count > 0 && count * 100 < whole;
    out.append(" (").append(little ? "under 1" : std::to_string((count * 100 + whole / 2) / whole)).append(" %)");
  }
  return out;
}

void JsonPage::files(std::string_view name, const std::vector<ReportFile>& files) {
  std::string list;
  for (const ReportFile& file : files) {
    list.append(list.empty() ? "" : ",").append("\n    {\"path\": ").append(json::quoted(file.path));
    list.append(", \"bytes\": " + std::to_string(file.bytes) + ", \"rows\": " + std::to_string(file.rows) +
                ", \"missing_columns\": [");
    for (std::size_t i = 0; i < file.missing_columns.size(); ++i)
      list.append(i > 0 ? ", " : "").append(json::quoted(file.missing_columns[i]));
    list.append("]}");
  }
  literal(name, "[" + list + "\n  ]");
}

void JsonPage::counts(std::string_view name, const Counts& counts) {
  object(name, counts, [](std::uint64_t value) { return std::to_string(value); });
}

void JsonPage::literal(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_.append(",\n");
  members_.append("  \"").append(name).append("\": ").append(json);
}

}  // namespace trajectory::pipeline
