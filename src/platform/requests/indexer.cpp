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

void Indexer::tell() {
  {
    const std::scoped_lock hold(mutex_);
    more_ = true;
  }
  told_.notify_one();
}

bool Indexer::take_next() {
  const auto done = guarded([&]() -> base::Result<bool> {
    const auto count = catalog::index_some(catalog_, words_of);
    if (!count) return count.error();
    auto erasing = catalog::Erasing::k_more;
    if (*count == 0) {
      const auto erased = catalog::erase_some(catalog_);
      if (!erased) return erased.error();
      erasing = *erased;
    }
    if (erasing == catalog::Erasing::k_more) tell();
    return erasing != catalog::Erasing::k_waits;
  });
  if (!done) failed_(done.error().text());
  return done && *done;
}

void Indexer::work() {
  constexpr std::chrono::seconds k_pause{10};
  bool well = true;
  for (;;) {
    {
      std::unique_lock hold(mutex_);
      const auto called = [&] { return stop_ || more_; };
      if (well) told_.wait(hold, called);
      else told_.wait_for(hold, k_pause, called);
      if (stop_) return;
      more_ = false;
    }
    well = take_next();
  }
}

}  // namespace trajectory::platform::requests
