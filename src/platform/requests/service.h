#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "platform/requests/access.h"
#include "platform/requests/indexer.h"

namespace trajectory::platform::requests {

struct Route;

/// Answers requests as values: no sockets, no files beside the catalog's. Thread-safe.
class Service {
 public:
  /// The catalog must outlive it. `log` takes a line a request (JSON, without its end); from several threads at once.
  Service(catalog::Catalog& catalog, Settings settings, base::Clock clock, std::function<void(std::string_view)> log);

  /// Never throws. A stream of the answer is to be run while this lives.
  [[nodiscard]] Answer handle(const Request& request);

 private:
  [[nodiscard]] base::Result<Answer> respond(const Request& request, const Route* route, const std::string& id);
  [[nodiscard]] base::Status run_stream(const std::function<base::Status(const Sink&)>& stream, std::string_view path,
                                        const Sink& sink);
  void log(const Request& request, std::string_view path, int status, std::int64_t started, const std::string& error);
  void log_error(std::string_view path, const std::string& error);

  Settings settings_;
  base::Clock clock_;
  LargeBodies uploads_;
  LargeBodies reads_;
  Context context_;
  Access access_;
  std::function<void(std::string_view)> log_;
  Indexer indexer_;
};

}  // namespace trajectory::platform::requests
