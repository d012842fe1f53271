#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/transport/server.h"

namespace trajectory::platform::transport {

/// What connections know of the server that they belong to.
struct Shared {
  std::atomic<std::int64_t> stopped{0};  ///< the time of the stop in ticks of the steady clock, 0 before it
  std::atomic<int> waiting{0};           ///< connections that nobody serves yet
};

/// Bytes to and from one client, with bounds on how slow it may be. Owns the socket. One thread.
class Connection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `options` and `shared` outlive the connection.
  Connection(int socket, const Options& options, const Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Waits for the first byte of a request. False: none came, the server stops, or others wait for a place.
  bool await_request();
  /// The header has been read; what follows is the body.
  void begin_body();

  /// Bytes read; 0 at the client's end, -1 when it is too slow, sends too long a header, or is gone.
  std::int64_t read(char* to, std::size_t size);
  /// Bytes written, all of them; -1 as above.
  std::int64_t write(const char* from, std::size_t size);
  [[nodiscard]] bool writable() const;

  /// Takes what the client still sends for a short while, so that it reads the answer before it sees the end; not where
  /// its header has no end.
  void linger();
  [[nodiscard]] int socket() const { return socket_; }

 private:
  enum class Phase : std::uint8_t { k_header, k_body };
  [[nodiscard]] bool wait(short what, Time until) const;
  bool fill();
  [[nodiscard]] bool too_slow(std::chrono::steady_clock::duration waited, std::uint64_t bytes) const;

  int socket_;
  const Options& options_;
  const Shared& shared_;
  std::vector<char> buffer_;
  std::size_t from_ = 0;
  std::size_t to_ = 0;
  Phase phase_ = Phase::k_header;
  Time header_until_;
  std::size_t header_read_ = 0;
  std::chrono::steady_clock::duration read_wait_{};
  std::uint64_t body_read_ = 0;
  std::chrono::steady_clock::duration write_wait_{};
  std::uint64_t written_ = 0;
};

}  // namespace trajectory::platform::transport
