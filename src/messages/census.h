#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace trajectory::messages {

/// How often something occurred and how many bytes of text it held.
struct Tally {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t more) {
    ++count;
    bytes += more;
  }
};

/// The leaf census: where the text of model calls' inputs and outputs went. A repeated message element is counted the
/// first time it is met. `total_bytes` = `message_bytes` + `parameter_bytes` + the bytes of both maps.
struct Census {
  std::uint64_t total_bytes = 0;
  std::uint64_t message_bytes = 0;
  std::uint64_t parameter_bytes = 0;
  std::map<std::string, Tally, std::less<>> set_aside;  ///< by key, from the published list (`census_keys()`)
  std::map<std::string, Tally, std::less<>> unknown;    ///< keys on no list: a problem
  std::map<std::string, std::uint64_t, std::less<>> calls_by_shape;

  void add(const Census& other);
  [[nodiscard]] bool adds_up() const;
};

/// The published list of keys that hold no message text, sorted. docs/import.md shows it; a test compares.
[[nodiscard]] std::string census_keys();

}  // namespace trajectory::messages
