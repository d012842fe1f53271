#include "langsmith/files.h"

#include <algorithm>
#include <filesystem>
#include <glob.h>
#include <set>
#include <system_error>

#include "base/mapped_file.h"
#include "langsmith/bucket_files.h"
#include "model/trajectory.h"

namespace trajectory::langsmith {

namespace {

namespace fs = std::filesystem;

bool is_export(const fs::path& path) { return is_export_name(path.native()); }

bool is_dataset(const fs::path& folder) {
  const auto manifest = base::MappedFile::open((folder / "manifest.json").string());
  return manifest && is_dataset_manifest(manifest->bytes());
}

fs::path real_path(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real;
}

class Search {
 public:
  explicit Search(const store::Settings& settings) : settings_(settings) {}

  base::Status argument(const std::string& text) {
    if (store::is_uri(text)) return add_bucket_files(text, settings_, found_);
    const std::size_t before = found_.files.size();
    outputs_ = 0;
    std::error_code error;
    const fs::file_status status = fs::status(text, error);
    if (text == "-" || fs::is_fifo(status) || fs::is_character_file(status) || fs::is_socket(status))
      return base::Error(base::ErrorCode::k_usage, "pipes cannot be read: save the runs to a file first").with(text);
    if (fs::is_directory(status)) {
      folder(text, false);
    } else if (fs::exists(status)) {
      file(text, true);
    } else if (text.find("**") != std::string::npos) {
      return base::Error(base::ErrorCode::k_usage,
                         "'**' is not understood: name the folder, it is searched at any depth")
          .with(text);
    } else if (text.find_first_of("*?[") != std::string::npos) {
      TJ_TRY(pattern(text));
    } else if (text.find("://") != std::string::npos) {
      return base::Error(base::ErrorCode::k_usage,
                         text.starts_with("langsmith://")
                             ? "a project of LangSmith can only be imported or synchronized: name an export of it"
                             : "no kind of source begins so: buckets are gs://, s3:// and abfs://")
          .with(text);
    } else {
      return base::Error(base::ErrorCode::k_not_found, text.starts_with("langsmith:")
                                                           ? "no such file or folder: projects are langsmith://PROJECT"
                                                           : "no such file or folder: check the path")
          .with(text);
    }
    if (found_.files.size() > before || again_) return {};
    if (outputs_ > 0)
      return base::Error(base::ErrorCode::k_bad_format,
                         "this is a dataset that was made from an export, and no export: name the export")
          .with(text);
    if (!found_.unreadable.empty())
      return base::Error(base::ErrorCode::k_io, found_.unreadable.front().detail).with(found_.unreadable.front().place);
    return base::Error(base::ErrorCode::k_not_found,
                       fs::is_directory(status)
                           ? "no export in the folder: it holds no *.parquet, *.json, *.jsonl or *.ndjson file at any "
                             "depth"
                           : "no *.parquet, *.json, *.jsonl or *.ndjson file matches the pattern")
        .with(text);
  }

  FoundFiles take() {
    std::sort(found_.files.begin(), found_.files.end(),
              [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
    // Objects have one name each; local files were compared as they were met.
    const auto same = std::unique(found_.files.begin(), found_.files.end(),
                                  [](const FoundFile& a, const FoundFile& b) { return a.path == b.path; });
    found_.files.erase(same, found_.files.end());
    return std::move(found_);
  }

 private:
  void file(const fs::path& path, bool outright) {
    if (files_.insert(real_path(path)).second) found_.files.push_back({path.string(), outright, nullptr});
    else again_ = true;
  }

  /// Counts the files of an output of ours, and takes those of any other folder, in order of their names.
  void folder(const fs::path& path, bool in_output) {
    if (!folders_.insert(real_path(path)).second) {
      again_ = true;
      return;
    }
    const bool output = in_output || is_dataset(path) || is_unfinished_output(path.filename().native());
    if (output && !in_output) ++outputs_;
    std::error_code error;
    std::set<fs::path> entries;
    for (auto at = fs::directory_iterator(path, error); !error && at != fs::directory_iterator(); at.increment(error))
      entries.insert(at->path());
    if (error)
      found_.unreadable.push_back({"unreadable_file", model::Severity::k_refused, path.string(),
                                   "cannot search the folder: " + error.message()});
    for (const fs::path& entry : entries) {
      const fs::file_status status = fs::status(entry, error);
      if (fs::is_directory(status)) folder(entry, output);
      else if (fs::is_regular_file(status) && !output && is_export(entry)) file(entry, false);
      else if (fs::is_regular_file(status)) ++found_.others;
    }
  }

  base::Status pattern(const std::string& text) {
    glob_t matches{};
    const int code = glob(text.c_str(), GLOB_TILDE, nullptr, &matches);
    const std::vector<std::string> paths(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
    globfree(&matches);
    if (code != 0 && code != GLOB_NOMATCH)
      return base::Error(base::ErrorCode::k_io, "cannot search for the pattern").with(text);
    for (const std::string& path : paths) {
      std::error_code error;
      if (fs::is_directory(path, error)) folder(path, false);
      else if (is_export(path)) file(path, false);
      else ++found_.others;
    }
    return {};
  }

  const store::Settings& settings_;
  FoundFiles found_;
  std::set<fs::path> folders_;  ///< real ones that were met
  std::set<fs::path> files_;
  std::uint64_t outputs_ = 0;  ///< datasets passed over for the present argument
  bool again_ = false;         ///< something was met that an earlier argument had led to
};

}  // namespace

bool is_export_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view extension = name.substr(dot);
  return extension == ".parquet" || extension == ".json" || extension == ".jsonl" || extension == ".ndjson";
}

bool is_dataset_manifest(std::string_view beginning) {
  return beginning.substr(0, k_manifest_bytes).find(model::k_dataset_format) != std::string_view::npos;
}

/// What an import that was killed has left, or one that runs is writing.
bool is_unfinished_output(std::string_view folder_name) {
  return folder_name.starts_with(".") && folder_name.find(".trajectory-") != std::string_view::npos;
}

base::Result<FoundFiles> find_files(const std::vector<std::string>& arguments, const store::Settings& settings) {
  Search search(settings);
  for (const std::string& argument : arguments) TJ_TRY(search.argument(argument));
  return search.take();
}

}  // namespace trajectory::langsmith
