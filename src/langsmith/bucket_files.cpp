#include "langsmith/bucket_files.h"

#include <algorithm>
#include <fnmatch.h>
#include <set>
#include <vector>

#include "store/bucket.h"

namespace trajectory::langsmith {

namespace {

using store::Object;

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::string folder_of(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return std::string(slash == std::string_view::npos ? std::string_view() : key.substr(0, slash));
}

/// Whether a key, or a folder that it lies in, matches.
bool matches(const std::string& pattern, const std::string& key) {
  const auto depth = std::count(pattern.begin(), pattern.end(), '/');
  std::size_t end = 0;
  for (auto i = depth;; --i) {
    end = key.find('/', end);
    if (i == 0 || end == std::string::npos) break;
    ++end;
  }
  return fnmatch(pattern.c_str(), key.substr(0, end).c_str(), FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0;
}

/// Folders that outputs of ours stand in.
class Outputs {
 public:
  base::Status find(const store::Bucket& bucket, const std::vector<Object>& objects) {
    for (const Object& object : objects) {
      const std::string folder = folder_of(object.key);
      if (object.key.substr(object.key.rfind('/') + 1) != "manifest.json" || object.bytes == 0) continue;
      std::string beginning(std::min<std::uint64_t>(object.bytes, k_manifest_bytes), '\0');
      TJ_TRY(bucket.file(object)->read(0, beginning));
      if (is_dataset_manifest(beginning)) folders_.insert(folder);
    }
    return {};
  }

  [[nodiscard]] bool hold(const std::string& key) const {
    for (std::string folder = folder_of(key);; folder = folder_of(folder)) {
      if (folders_.contains(folder) || is_unfinished_output(std::string_view(folder).substr(folder.rfind('/') + 1)))
        return true;
      if (folder.empty()) return false;
    }
  }

 private:
  std::set<std::string> folders_;
};

base::Error nothing(const store::Bucket& bucket, const store::Uri& uri, const std::string& text, bool pattern,
                    bool objects) {
  const auto not_found = [&](const char* message, const std::string& place) {
    return base::Error(base::ErrorCode::k_not_found, message).with(place);
  };
  if (objects)
    return not_found(pattern ? "no *.parquet, *.json, *.jsonl or *.ndjson file matches the pattern"
                             : "no export in the folder: it holds no *.parquet, *.json, *.jsonl or *.ndjson file at "
                               "any depth",
                     text);
  if (!bucket.may_exist()) return not_found("there is no such bucket: check its name, and the endpoint", uri.root);
  if (uri.path.empty()) return not_found("no export in the bucket: it is empty", text);
  return not_found("there is no such object or folder in the bucket: check the path", text);
}

}  // namespace

base::Status add_bucket_files(const std::string& text, const store::Settings& settings, FoundFiles& found) {
  const auto uri = store::parse_uri(text);
  if (!uri) return uri.error();
  const auto bucket = store::Bucket::open(*uri, settings);
  if (!bucket) return bucket.error();
  const auto add = [&](const Object& object, bool outright) {
    found.files.push_back({uri->text(object.key), outright, bucket->file(object)});
  };
  // A name that looks like a file's is looked up first: that takes no right to list.
  if (is_export_name(uri->path) || is_pattern(uri->path)) {
    const auto object = bucket->find(uri->path);
    if (!object && !is_pattern(uri->path)) return object.error();
    if (object && *object) {
      add(**object, true);
      return {};
    }
  }
  const bool pattern = is_pattern(uri->path);
  if (pattern && uri->path.find("**") != std::string::npos)
    return base::Error(base::ErrorCode::k_usage, "'**' is not understood: name the folder, it is searched at any depth")
        .with(text);
  const auto objects =
      bucket->list(pattern ? folder_of(uri->path.substr(0, uri->path.find_first_of("*?["))) : uri->path);
  if (!objects) return objects.error();
  if (objects->empty() && !pattern && !uri->path.empty()) {
    const auto object = bucket->find(uri->path);
    if (!object) return object.error();
    if (*object) {
      add(**object, true);
      return {};
    }
  }

  std::vector<Object> chosen;
  for (const Object& object : *objects)
    if (!pattern || matches(uri->path, object.key)) chosen.push_back(object);
  Outputs outputs;
  TJ_TRY(outputs.find(*bucket, chosen));
  std::uint64_t taken = 0;
  std::uint64_t passed_over = 0;
  for (const Object& object : chosen) {
    const bool ours = outputs.hold(object.key);
    if (!ours && is_export_name(object.key)) {
      add(object, false);
      ++taken;
    } else {
      ++found.others;
      passed_over += ours ? 1 : 0;
    }
  }
  if (taken > 0) return {};
  if (passed_over > 0)
    return base::Error(base::ErrorCode::k_bad_format,
                       "this is a dataset that was made from an export, and no export: name the export")
        .with(text);
  return nothing(*bucket, *uri, text, pattern, !objects->empty());
}

}  // namespace trajectory::langsmith
