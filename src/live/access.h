#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace trajectory::live {

/// Where LangSmith is and who asks.
struct Access {
  std::string url;        ///< as users write it; empty: the US cloud
  base::Secret key;       ///< X-API-Key
  std::string workspace;  ///< X-Tenant-Id; empty: the key's own
  std::string ca_file{};  ///< authorities to trust instead of the system's, as a PEM file; empty: the system's
};

/// Handles of one live operation. The functions may be empty; they are called from one thread at a time.
struct Hooks {
  const std::atomic<bool>* stop = nullptr;  ///< set to end with k_interrupted
  std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
  std::function<void(std::string_view)> note;  ///< one line that a person should read

  [[nodiscard]] bool interrupted() const { return stop != nullptr && *stop; }
};

[[nodiscard]] inline base::Error interrupted() { return {base::ErrorCode::k_interrupted, "interrupted"}; }

/// The address before "/api/v1/...": without a trailing "/", "/api/v1", "/v1" or "/api", with a scheme, and the API's
/// host in place of the cloud's web host. Errors: k_usage.
[[nodiscard]] base::Result<std::string> base_url(std::string_view written);

/// Whether the address is LangChain's cloud, whose documented rate limits hold.
[[nodiscard]] bool is_cloud(std::string_view url);

}  // namespace trajectory::live
