#include "platform/catalog/folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>

#include "base/output_folder.h"

namespace trajectory::platform::catalog {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_catalog = "catalog.db";
/// What a start that was cut off leaves, and what a new disk has.
constexpr std::array<std::string_view, 6> k_nothing = {"lock",          "payloads",      "search.db",
                                                       "search.db-wal", "search.db-shm", "lost+found"};

bool has_catalog(const std::string& folder) {
  std::error_code error;
  return fs::exists(fs::path(folder) / k_catalog, error);
}

/// Whether something is in the folder that is not ours; a payload that the catalog is missing for counts as ours.
base::Status refuse_other_things(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (std::find(k_nothing.begin(), k_nothing.end(), name) == k_nothing.end())
      return base::Error(base::ErrorCode::k_exists, "the folder holds other things: name one that is new or empty")
          .with(folder);
  }
  if (error) return base::io_error("cannot list", folder, error.value());
  const fs::path payloads = fs::path(folder) / "payloads";
  if (fs::exists(payloads, error) && !fs::is_empty(payloads, error))
    return base::Error(base::ErrorCode::k_not_found,
                       "the folder has payloads, but its catalog.db is missing: restore that from a backup")
        .with(folder);
  return {};
}

}  // namespace

base::Status make_data_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return base::io_error("cannot make the folder", folder, errno);
  if (has_catalog(folder)) return {};
  std::error_code error;
  if (!fs::is_directory(folder, error)) return base::io_error("it is no folder", folder, ENOTDIR);
  TJ_TRY(refuse_other_things(folder));
  if (::chmod(folder.c_str(), 0700) != 0) return base::io_error("cannot close the folder to others", folder, errno);
  return {};
}

base::Status find_data_folder(const std::string& folder) {
  if (has_catalog(folder)) return {};
  return base::Error(base::ErrorCode::k_not_found,
                     "there is no data of a server: name the folder that trajectory serve --data has")
      .with(folder);
}

}  // namespace trajectory::platform::catalog
