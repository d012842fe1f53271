#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace trajectory::base {

/// What tells whether a file is still the one that was looked at: its place on the disk, its size and its last change.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since 1970
  bool operator==(const FileStamp&) const = default;
};

/// Nothing when the file cannot be looked at.
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::string& path);

}  // namespace trajectory::base
