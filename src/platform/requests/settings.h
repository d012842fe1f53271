#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trajectory::platform::requests {

/// What a server allows.
struct Settings {
  std::uint64_t body_bytes = 256 << 20;   ///< of a body, decoded
  std::uint64_t wire_bytes = 144 << 20;   ///< of a body as it is sent
  std::size_t values = 16'000'000;        ///< of the JSON of a request, or of a line of it
  std::size_t batch = 1000;               ///< trajectories or events of a request
  std::size_t asked = 10'000;             ///< pairs of a question for known hashes
  std::uint64_t small_body = 8 << 20;     ///< bodies above, and records that are read, wait for one of ...
  std::size_t large_bodies = 2;           ///< ... so many places for each of the two
  std::uint64_t requests_a_second = 500;  ///< of a key or, without keys, beyond loopback of an address; 0: any
  bool quiet = false;                     ///< log failures of its own alone
  bool loopback = true;                   ///< it listens on this machine alone
  std::vector<std::string> hosts;         ///< names that it is called by beside those of this machine; empty: any
};

}  // namespace trajectory::platform::requests
