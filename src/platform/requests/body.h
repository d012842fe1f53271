#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.h"
#include "platform/requests/exchange.h"
#include "platform/requests/settings.h"

namespace trajectory::platform::requests {

/// Places for large bodies: whoever gets none waits, and so does its client. This is what bounds the memory of a
/// server, whatever the number of uploads. Thread-safe.
class LargeBodies {
 public:
  explicit LargeBodies(std::size_t places) : free_(places) {}

  /// A place, given back by its destruction.
  class Place {
   public:
    Place() = default;
    explicit Place(LargeBodies* owner) : owner_(owner) {}
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(owner_, other.owner_);
      return *this;
    }
    ~Place();
    [[nodiscard]] bool held() const { return owner_ != nullptr; }

   private:
    LargeBodies* owner_ = nullptr;
  };
  /// Waits for a place.
  [[nodiscard]] Place take();

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t free_;
};

/// A request's body, decoded.
struct Body {
  LargeBodies::Place place;  ///< held as long as the text
  std::string text;
};

/// Reads and decodes a body. Errors: k_too_large (above a limit), k_usage (a coding that we do not know, or broken),
/// k_unreachable.
[[nodiscard]] base::Result<Body> read_body(const Request& request, const Settings& settings, LargeBodies& places);

}  // namespace trajectory::platform::requests
