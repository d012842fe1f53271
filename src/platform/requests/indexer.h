#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::requests {

/// Takes what is uploaded into the search index, behind the answers: on a thread of its own, which waits until it is
/// told of something.
class Indexer {
 public:
  /// `failed` takes an error's text. Both outlive it.
  Indexer(catalog::Catalog& catalog, std::function<void(const std::string&)> failed);
  ~Indexer();
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  /// Something was stored, or with `removed` taken away.
  void tell(bool removed);

 private:
  void work();

  catalog::Catalog& catalog_;
  std::function<void(const std::string&)> failed_;
  std::mutex mutex_;
  std::condition_variable told_;
  bool more_ = true;  ///< what a killed process left undone
  bool merge_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace trajectory::platform::requests
