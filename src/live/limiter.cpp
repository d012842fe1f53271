#include "live/limiter.h"

#include <algorithm>

namespace trajectory::live {

namespace {

/// What the way to the server may add between two calls.
constexpr std::int64_t k_margin = 120;
constexpr std::size_t k_most_calls = 400;
/// After a refusal the known number holds this long before one more is tried.
constexpr std::int64_t k_caution = 6 * Limiter::k_window;

}  // namespace

void Limiter::forget(std::int64_t now) {
  const auto drop = [now](std::deque<std::int64_t>& times) {
    while (!times.empty() && times.front() + k_window + k_margin <= now) times.pop_front();
  };
  drop(sent_);
  drop(through_);
}

void Limiter::grow(std::int64_t now) {
  // A documented number is come back to, and never exceeded.
  if (calls_ >= (may_grow_ ? k_most_calls : first_calls_)) return;
  const std::int64_t calm = last_refusal_ ? k_caution : k_window;
  const std::int64_t since = std::max(last_refusal_.value_or(0), last_growth_.value_or(0));
  if (!last_growth_ && !last_refusal_) {
    last_growth_ = now;  // the first window is only watched
    return;
  }
  if (now - since < calm || through_.size() < calls_) return;
  calls_ += last_refusal_ ? 1 : std::max<std::size_t>(1, calls_ / 2);
  last_growth_ = now;
}

std::int64_t Limiter::wait_now() {
  const std::int64_t now = clock_.steady();
  grow(now);
  forget(now);
  if (now < paused_until_) return paused_until_ - now;
  if (sent_.size() < calls_) {
    sent_.push_back(now);
    return 0;
  }
  return std::max<std::int64_t>(1, sent_[sent_.size() - calls_] + k_window + k_margin - now);
}

bool Limiter::acquire() {
  for (;;) {
    std::int64_t wait = 0;
    {
      const std::lock_guard lock(mutex_);
      wait = wait_now();
    }
    if (wait == 0) return true;
    if (!clock_.sleep(wait)) return false;
  }
}

void Limiter::let_through() {
  const std::lock_guard lock(mutex_);
  through_.push_back(clock_.steady());
  in_a_row_ = 0;
  first_refusal_.reset();
}

void Limiter::refused(std::optional<std::int64_t> asked) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.steady();
  forget(now);
  if (!first_refusal_) first_refusal_ = now;
  // Calls that were under way together are one refusal.
  if (now >= paused_until_) {
    ++in_a_row_;
    // One alone can be somebody else's doing; two tell of the limit.
    const bool again = last_refusal_ && now - *last_refusal_ < 2 * k_window;
    last_refusal_ = now;
    if (again) calls_ = std::clamp<std::size_t>(through_.size(), 1, calls_);
  }
  // Without a word from the server the wait ends when the oldest call that was let through leaves the window.
  std::int64_t wait = 500;
  if (in_a_row_ > 1 && !through_.empty()) wait = std::max(wait, through_.front() + k_window + k_margin - now);
  else
    for (int i = 1; i < in_a_row_ && wait < k_window; ++i) wait *= 2;
  wait = asked ? std::max<std::int64_t>(*asked, 1) : wait;
  paused_until_ = std::max(paused_until_, now + wait + static_cast<std::int64_t>(clock_.random() * 50));
}

std::size_t Limiter::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::int64_t Limiter::refused_for() const {
  const std::lock_guard lock(mutex_);
  return first_refusal_ ? clock_.steady() - *first_refusal_ : 0;
}

}  // namespace trajectory::live
