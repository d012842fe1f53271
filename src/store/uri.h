#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::store {

enum class Service : std::uint8_t { k_gcs, k_s3, k_azure };

/// A place in an object store: gs://BUCKET/PATH, s3://BUCKET/PATH, abfs://CONTAINER/PATH,
/// abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH (also gcs, s3a, abfss and az).
struct Uri {
  Service service = Service::k_gcs;
  std::string root;     ///< as it was written up to the bucket: gs://BUCKET
  std::string bucket;   ///< Azure: the container
  std::string path;     ///< without slashes around it; empty: the whole bucket
  std::string account;  ///< Azure: when the URI names it

  [[nodiscard]] std::string text(std::string_view key) const {
    return key.empty() ? root : root + "/" + std::string(key);
  }
};

/// Whether a source is a place in an object store and no local path.
[[nodiscard]] bool is_uri(std::string_view text);

/// Errors: k_usage (no bucket, or credentials, which no error text repeats).
[[nodiscard]] base::Result<Uri> parse_uri(std::string_view text);

}  // namespace trajectory::store
