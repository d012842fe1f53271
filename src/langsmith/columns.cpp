#include "langsmith/columns.h"

#include <algorithm>
#include <map>

namespace trajectory::langsmith {

namespace {

using columnar::ColumnKind;

constexpr auto k_structure = std::to_array<std::string_view>({"dotted_order", "parent_run_id", "parent_run_ids"});

bool can_be_read(ColumnKind kind, ColumnUse use) {
  switch (kind) {
    case ColumnKind::k_text:
      return true;
    case ColumnKind::k_time:
      return use == ColumnUse::k_time;
    case ColumnKind::k_integer:
      return use == ColumnUse::k_count;
    case ColumnKind::k_real:
      return use == ColumnUse::k_count || use == ColumnUse::k_cost;
    case ColumnKind::k_boolean:
    case ColumnKind::k_unreadable:
      return false;
  }
  return false;
}

std::string_view wanted(ColumnUse use) {
  constexpr std::string_view names[] = {"text", "a time", "a whole number", "a number"};
  return names[static_cast<int>(use)];
}

}  // namespace

base::Result<ColumnFit> fit_columns(const std::vector<columnar::ColumnInfo>& columns, const std::string& path) {
  ColumnFit out;
  for (const RunColumn& column : k_run_columns) {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const auto& info) { return info.name == column.name; });
    const bool there = found != columns.end();
    const bool fits = there && can_be_read(found->kind, column.use);
    out.names.push_back(fits ? column.name : std::string_view());
    if (fits) continue;
    const std::string name = "the column '" + std::string(column.name) + "'";
    const std::string type =
        there ? " has type " + found->type + ": " + std::string(wanted(column.use)) + " is needed" : "";
    if (column.consequence.empty())
      return base::Error(base::ErrorCode::k_missing_column, name + (there ? type : " is missing: export it too"))
          .with(path);
    if (!there) out.missing.emplace_back(column.name);
    else
      out.unreadable.push_back({"unreadable_column", model::Severity::k_warning, path,
                                name + type + ", so it is left out: " + std::string(column.consequence)});
  }
  const auto readable = [&](std::string_view name) {
    return std::find(out.names.begin(), out.names.end(), name) != out.names.end();
  };
  if (std::none_of(k_structure.begin(), k_structure.end(), readable))
    return base::Error(base::ErrorCode::k_missing_column,
                       "the columns 'dotted_order', 'parent_run_id' and 'parent_run_ids' are all missing, or no text: "
                       "export at least one")
        .with(path);
  return out;
}

std::vector<model::Problem> missing_columns(const std::vector<std::vector<std::string>>& by_file) {
  std::map<std::string_view, std::size_t> files;
  for (const auto& missing : by_file)
    for (const std::string& name : missing) ++files[name];
  std::vector<model::Problem> out;
  for (const RunColumn& column : k_run_columns) {
    const auto found = files.find(column.name);
    if (found == files.end()) continue;
    const std::string where = found->second == by_file.size() ? std::string()
                                                              : " (in " + std::to_string(found->second) + " of " +
                                                                    std::to_string(by_file.size()) + " files)";
    out.push_back(
        {"missing_column", column.severity, std::string(column.name) + where, std::string(column.consequence)});
  }
  return out;
}

}  // namespace trajectory::langsmith
