#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "platform/access.h"

namespace trajectory::platform {

/// Answers requests as values: no sockets, no files beside the catalog's. Thread-safe.
class Service {
 public:
  /// The catalog must outlive it. `log` takes a line (JSON, without its end) a failure of the server's own.
  Service(catalog::Catalog& catalog, Settings settings, base::Clock clock, std::function<void(std::string_view)> log);

  [[nodiscard]] Answer handle(const Request& request);

 private:
  Settings settings_;
  base::Clock clock_;
  LargeBodies places_;
  Context context_;
  Access access_;
  std::function<void(std::string_view)> log_;
};

}  // namespace trajectory::platform
