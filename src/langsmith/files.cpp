#include "langsmith/files.h"

#include <algorithm>
#include <filesystem>
#include <glob.h>
#include <system_error>

namespace trajectory::langsmith {

namespace {

namespace fs = std::filesystem;

bool is_export(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".parquet" || extension == ".json" || extension == ".jsonl" || extension == ".ndjson";
}

base::Status search_folder(const fs::path& folder, FoundFiles& found) {
  std::error_code error;
  auto at = fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    if (is_export(at->path())) found.paths.push_back(at->path().string());
    else ++found.others;
  }
  if (error)
    return base::Error(base::ErrorCode::k_io, "cannot search the folder: " + error.message()).with(folder.string());
  return {};
}

base::Status expand_glob(const std::string& pattern, FoundFiles& found) {
  glob_t matches{};
  const int code = glob(pattern.c_str(), GLOB_TILDE, nullptr, &matches);
  std::vector<std::string> paths(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  globfree(&matches);
  if (code != 0 && code != GLOB_NOMATCH)
    return base::Error(base::ErrorCode::k_io, "cannot search for the pattern").with(pattern);
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) TJ_TRY(search_folder(path, found));
    else if (is_export(path)) found.paths.push_back(path);
    else ++found.others;
  }
  return {};
}

}  // namespace

base::Result<FoundFiles> find_files(const std::vector<std::string>& arguments) {
  FoundFiles found;
  for (const std::string& argument : arguments) {
    const std::size_t before = found.paths.size();
    std::error_code error;
    if (fs::is_directory(argument, error)) {
      TJ_TRY(search_folder(argument, found));
      if (found.paths.size() == before)
        return base::Error(base::ErrorCode::k_not_found,
                           "no export in the folder: it holds no *.parquet, *.json or *.jsonl file at any depth")
            .with(argument);
    } else if (fs::exists(argument, error)) {
      found.paths.push_back(argument);
    } else if (argument.find_first_of("*?[") != std::string::npos) {
      TJ_TRY(expand_glob(argument, found));
      if (found.paths.size() == before)
        return base::Error(base::ErrorCode::k_not_found, "no *.parquet, *.json or *.jsonl file matches the pattern")
            .with(argument);
    } else {
      return base::Error(base::ErrorCode::k_not_found, "no such file or folder: check the path").with(argument);
    }
  }
  std::sort(found.paths.begin(), found.paths.end());
  found.paths.erase(std::unique(found.paths.begin(), found.paths.end()), found.paths.end());
  return found;
}

}  // namespace trajectory::langsmith
