#include "record/own_output.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/mapped_file.h"
#include "model/trajectory.h"
#include "record/output.h"

namespace trajectory::record {

namespace {

namespace fs = std::filesystem;

std::string beginning_of(const fs::path& path) {
  const auto file = base::MappedFile::open(path.string());
  return file ? std::string(file->bytes().substr(0, 200)) : std::string();
}

bool is_table(std::string_view name) {
  constexpr std::string_view k_before = "train-";
  constexpr std::string_view k_after = ".parquet";
  if (!name.starts_with(k_before) || !name.ends_with(k_after)) return false;
  name.remove_prefix(k_before.size());
  name.remove_suffix(k_after.size());
  return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_ours(const fs::path& path) {
  const std::string name = path.filename().string();
  std::error_code error;
  if (fs::is_directory(path, error))
    return std::any_of(k_formats.begin(), k_formats.end(), [&](Format f) { return format_name(f) == name; }) &&
           foreign_entry(path.string()).empty();
  if (is_table(name) || name == "trajectories.jsonl" || name == "report.json") return true;
  if (path.extension() != ".json") return false;
  const std::string text = beginning_of(path);
  if (name == "manifest.json") return text.find(model::k_dataset_format) != std::string::npos;
  return is_contract_file(path.string()) || text.starts_with("{\n  \"files\": [");
}

}  // namespace

std::string foreign_entry(const std::string& folder) {
  std::error_code error;
  std::set<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.insert(entry.path());
  for (const fs::path& entry : entries)
    if (!is_ours(entry)) return entry.string();
  return {};
}

bool is_contract_file(const std::string& path) { return beginning_of(path).starts_with("{\n  \"task\": {"); }

}  // namespace trajectory::record
