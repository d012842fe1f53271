#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/range_file.h"
#include "base/result.h"
#include "store/settings.h"
#include "store/uri.h"

namespace trajectory::store {

struct Object {
  std::string key;  ///< without the bucket
  std::uint64_t bytes = 0;
};

/// A bucket that is read. Thread-safe. Failures that may pass (resets, 429, 5xx, answers cut short) are tried again a
/// few times, for less than a minute; then they are errors of one line that names the URI and says what to do.
class Bucket {
 public:
  /// Talks to nobody yet. Errors: k_usage, k_not_found (see `access_of`), k_remote (the library cannot be loaded).
  [[nodiscard]] static base::Result<Bucket> open(const Uri& uri, const Settings& settings);
  ~Bucket();
  Bucket(Bucket&&) noexcept;

  /// All objects below a folder, at any depth, sorted by key; none when it is not there. Errors: k_remote, k_not_found
  /// (no such bucket).
  [[nodiscard]] base::Result<std::vector<Object>> list(const std::string& folder) const;

  /// One object; nothing when it is not there. Errors: k_remote.
  [[nodiscard]] base::Result<std::optional<Object>> find(const std::string& key) const;

  /// False when there is certainly no such bucket.
  [[nodiscard]] bool may_exist() const;

  /// An object to be read by ranges; it is opened when it is first read. It may outlive the bucket.
  [[nodiscard]] std::shared_ptr<const base::RangeFile> file(const Object& object) const;

 private:
  struct Impl;
  explicit Bucket(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// Brings a whole file here: into a temporary file without a name, which ends with the returned object.
/// Errors: k_remote, k_io.
[[nodiscard]] base::Result<base::MappedFile> download(const base::RangeFile& file, const Settings& settings);

/// Ends what the libraries of the providers have begun. To be called once before a program ends, after all else.
void shut_down();

}  // namespace trajectory::store
