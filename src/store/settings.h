#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/uri.h"

namespace trajectory::store {

/// Options by the names that gcsfs, s3fs and adlfs give them; nested ones with a dot (`client_kwargs.region_name`).
using Options = std::map<std::string, std::string>;

/// What a front end knows of how to reach object stores.
struct Settings {
  Options options;
  /// The value of an environment variable, empty when it is not set; may be empty itself.
  std::function<std::string(const char* name)> environment;

  [[nodiscard]] std::string variable(const char* name) const { return environment ? environment(name) : std::string(); }
};

/// How one place is reached: options and environment in one. Empty: what the provider's library finds by itself.
struct Access {
  Service service = Service::k_gcs;  ///< whose protocol is spoken: GCS with an HMAC key speaks S3
  std::string scheme = "https";
  std::string host;     ///< host[:port] of another endpoint
  std::string ca_file;  ///< authorities to trust instead of the system's (SSL_CERT_FILE)
  bool anonymous = false;
  std::string region;
  std::string key, secret, session_token;       ///< S3
  std::string service_account, access_token;    ///< GCS: the JSON of a key file
  std::string account, account_key, sas_token;  ///< Azure
  std::string tenant, client, client_secret;

  /// The values that no text may show.
  [[nodiscard]] std::vector<std::string> secrets() const;
};

/// Brings options and environment together for one place.
/// Errors: k_usage (an option that the service does not know, contradictions), k_not_found (the key file, or that of
/// authorities).
[[nodiscard]] base::Result<Access> access_of(const Uri& uri, const Settings& settings);

/// Whether every option means something to some service, for when it is not known yet which. Errors: k_usage.
[[nodiscard]] base::Status check_names(const Options& options);

/// Whether an option may stand on a command line, which others on the machine can read. Errors: k_usage, which names
/// the environment variable to use instead.
[[nodiscard]] base::Status check_public(std::string_view name, std::string_view value);

}  // namespace trajectory::store
