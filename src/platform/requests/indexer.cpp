#include "platform/requests/indexer.h"

#include "platform/catalog/search_index.h"
#include "platform/requests/question.h"

namespace trajectory::platform::requests {

Indexer::Indexer(catalog::Catalog& catalog, std::function<void(const std::string&)> failed)
    : catalog_(catalog), failed_(std::move(failed)), thread_([this] { work(); }) {}

Indexer::~Indexer() {
  {
    const std::scoped_lock hold(mutex_);
    stop_ = true;
  }
  told_.notify_one();
  thread_.join();
}

void Indexer::tell(bool removed) {
  {
    const std::scoped_lock hold(mutex_);
    more_ = true;
    merge_ = merge_ || removed;
  }
  told_.notify_one();
}

void Indexer::work() {
  for (;;) {
    bool merge = false;
    {
      std::unique_lock hold(mutex_);
      told_.wait(hold, [&] { return stop_ || more_; });
      if (stop_) return;
      more_ = false;
      merge = std::exchange(merge_, false);
    }
    const auto count = catalog::index_some(catalog_, words_of);
    if (!count) failed_(count.error().text());
    else if (*count > 0) tell(merge);
    else if (merge)
      if (const auto merged = catalog::merge_index(catalog_); !merged.ok()) failed_(merged.error().text());
  }
}

}  // namespace trajectory::platform::requests
