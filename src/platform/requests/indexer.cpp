#include "platform/requests/indexer.h"

#include <chrono>

#include "platform/catalog/search_index.h"
#include "platform/requests/guarded.h"
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
    erase_ = erase_ || removed;
  }
  told_.notify_one();
}

/// Whether that went well; else it is to be tried again.
bool Indexer::take_next(bool erase) {
  const auto done = guarded([&]() -> base::Result<bool> {
    if (erase)
      if (auto erased = catalog::erase_removed(catalog_); !erased || !*erased) return erased;
    const auto count = catalog::index_some(catalog_, words_of);
    if (!count) return count.error();
    if (*count > 0) tell(false);
    return true;
  });
  if (!done) failed_(done.error().text());
  return done && *done;
}

void Indexer::work() {
  constexpr std::chrono::seconds k_pause{10};
  bool well = true;
  for (;;) {
    bool erase = false;
    {
      std::unique_lock hold(mutex_);
      const auto called = [&] { return stop_ || more_; };
      if (well) told_.wait(hold, called);
      else told_.wait_for(hold, k_pause, called);
      if (stop_) break;
      more_ = false;
      erase = erase_;
      erase_ = false;
    }
    well = take_next(erase);
    if (!well && erase) {
      const std::scoped_lock hold(mutex_);
      erase_ = true;
    }
  }
  if (erase_ && well) (void)take_next(true);
}

}  // namespace trajectory::platform::requests
