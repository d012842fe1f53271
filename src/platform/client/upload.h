#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/client/service.h"
#include "platform/client/source.h"

namespace trajectory::platform::client {

struct UploadOptions {
  std::string dataset;
  std::string scratch = "/tmp";  ///< a folder for bodies that are too large for memory
  unsigned batches_at_once = 8;
  bool keep_outcomes = true;  ///< else only those of trajectories that were refused
};

/// What became of one trajectory.
struct Outcome {
  std::uint64_t place = 0;  ///< in the source
  bool failed = false;
  std::string json;  ///< as the service said it: request_index (here the place), trajectory_id, trace_id, status, error
};

struct UploadReport {
  std::uint64_t uploaded = 0;
  std::uint64_t client_skipped = 0;   ///< without steps, or whose last step is empty
  std::uint64_t backend_skipped = 0;  ///< there already
  std::uint64_t batches = 0;          ///< uploads that were sent
  std::int64_t milliseconds = 0;
  std::vector<Outcome> outcomes;  ///< in order of place

  /// As `tj.upload` returns it.
  [[nodiscard]] std::string json() const;
};

/// A trajectory that seems to hold a secret.
struct SecretFound {
  std::string conversation_id;
  std::string text;  ///< "an OpenAI key in messages[3].content"
};

struct SecretReport {
  std::uint64_t trajectories = 0;  ///< that hold some
  std::vector<SecretFound> found;  ///< the first of them
};

/// Uploads trajectories: in batches, several at once; what the service has already is not sent where it can tell. What
/// was taken stays when a later batch fails, so that the same call sends the rest.
class Uploader {
 public:
  /// Asks the service what it can do, unless that is known. Errors: those of `Service`.
  [[nodiscard]] static base::Result<Uploader> open(const Access& access, const base::Clock& clock, const Hooks& hooks,
                                                   const std::optional<Abilities>& known = {});

  [[nodiscard]] const Abilities& abilities() const { return abilities_; }

  /// Looks through all that an upload would send. Errors: the source's, k_interrupted.
  [[nodiscard]] base::Result<SecretReport> find_secrets(const Source& source) const;

  /// Errors: k_usage (no dataset's name), k_denied, k_remote, k_too_large (refused by the service, with its text),
  /// k_unreachable, k_interrupted, k_io (the scratch folder), the source's.
  [[nodiscard]] base::Result<UploadReport> upload(const Source& source, const UploadOptions& options) const;

 private:
  Uploader(Service service, const Abilities& abilities) : service_(std::move(service)), abilities_(abilities) {}

  Service service_;
  Abilities abilities_;
};

}  // namespace trajectory::platform::client
