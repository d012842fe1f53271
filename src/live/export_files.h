#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "live/access.h"
#include "live/bulk_route.h"
#include "live/workspace.h"
#include "store/settings.h"

namespace trajectory::live {

/// Where finished exports lie, as sources of an import.
struct ExportFiles {
  std::vector<std::string> sources;  ///< URIs: of each file, or of a folder where the service does not name files
  store::Settings storage;           ///< how they are reached
};

/// Whether the destination's bucket can be reached with these options, as far as that is known without asking. `bucket`
/// as below. Errors: k_usage, k_not_found (see `store::access_of`).
[[nodiscard]] base::Status check_bucket(const Destination& destination, const std::string& bucket,
                                        const store::Settings& storage);

/// Turns what exports wrote into URIs. `bucket` says how the destination's bucket is read here ("gs://NAME",
/// "s3://NAME"); empty: gs:// for Google's endpoint, else s3:// at the destination's. Folders are looked for where
/// files are not named. Errors: k_usage (bucket), k_remote, k_not_found (an export that wrote rows, and no file of it).
[[nodiscard]] base::Result<ExportFiles> locate_files(const Destination& destination, const std::string& bucket,
                                                     const store::Settings& storage,
                                                     const std::vector<ExportResult>& exports);

/// Copies the files into a folder, below their own paths in the bucket, several at once; what is there whole already
/// stays. Returns the local files, as sources. Errors: k_remote, k_io, k_interrupted.
[[nodiscard]] base::Result<std::vector<std::string>> keep_files(const ExportFiles& files, const std::string& folder,
                                                                const Hooks& hooks);

}  // namespace trajectory::live
