#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::requests {

/// Takes what is uploaded into the search index, and what was removed out of the files, behind the answers: on a thread
/// of its own, which waits until it is told of something. What fails is tried again after ten seconds, or with the next
/// that it is told, or when the next process begins.
class Indexer {
 public:
  /// `failed` takes an error's text, on the thread of its own. Both outlive it.
  Indexer(catalog::Catalog& catalog, std::function<void(const std::string&)> failed);
  ~Indexer();
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  /// Something was stored or taken away.
  void tell();

 private:
  /// Whether that went well; else it is to be tried again.
  [[nodiscard]] bool take_next();
  void work();

  catalog::Catalog& catalog_;
  std::function<void(const std::string&)> failed_;
  std::mutex mutex_;
  std::condition_variable told_;
  bool more_ = true;  ///< what a killed process left undone
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace trajectory::platform::requests
