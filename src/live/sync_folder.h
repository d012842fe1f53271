#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "live/fetch.h"

namespace trajectory::live {

/// What a synchronization did to one conversation.
struct SyncChange {
  std::string conversation;
  std::string version;  ///< name of the folder that has its newest record
  std::string before;   ///< ... and of the one that had it; empty: it is new
};

/// A folder that follows a project: a dataset a version, and `sync.json`, which says where each conversation's newest
/// record is. Older versions stay as they are.
class SyncFolder {
 public:
  /// A folder that is empty or not there is one without versions. Errors: k_exists (something else is in it),
  /// k_bad_format.
  [[nodiscard]] static base::Result<SyncFolder> open(const std::string& folder);

  /// Leaves only what is new or has grown in what is fetched. The request must not outlive this object.
  void narrow(FetchRequest& request) const;
  /// Whether something is. Errors: k_usage (the folder follows another project).
  [[nodiscard]] base::Result<bool> has_news(const Fetched& fetched) const;
  /// The folder to import into, to be replaced where it is there: `take` has not been reached then. The folder above it
  /// is made.
  [[nodiscard]] std::string next() const;
  /// Writes down that what was fetched has been imported there. Errors: k_io.
  [[nodiscard]] base::Result<std::vector<SyncChange>> take(const Fetched& fetched);

 private:
  struct Known {
    std::uint64_t version = 0;  ///< the folder with the conversation's newest record
    std::string state;          ///< of the conversation then
  };

  explicit SyncFolder(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
  std::string project_;
  std::uint64_t version_ = 0;  ///< the newest folder's number
  std::map<std::string, Known> conversations_;
};

}  // namespace trajectory::live
