#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/requests/exchange.h"

namespace trajectory::platform::transport {

/// Where and how a server listens. Times are seconds.
struct Options {
  std::string host = "127.0.0.1";
  int port = 0;                   ///< 0: any that is free
  std::size_t connections = 256;  ///< served at once, a thread each; others wait
  int header_time = 10;           ///< from the first byte of a request to the end of its header
  std::size_t header_bytes = 64 << 10;
  int idle_time = 30;  ///< without a byte of a body or an answer, or between requests (1 where others wait)
  std::uint64_t slowest = 8 << 10;  ///< bytes a second that a body or an answer must make ...
  int slow_time = 20;               ///< ... once somebody has been waited for that long
  int stop_time = 10;               ///< how long requests under way may go on after a stop
};

/// HTTP/1.1 over TCP. Requests become values for the handler, which several threads call at once.
class Server {
 public:
  using Handler = std::function<requests::Answer(const requests::Request&)>;

  /// Binds the port; nothing is answered before `run`. Errors: k_io (the address cannot be had).
  [[nodiscard]] static base::Result<std::unique_ptr<Server>> bind(const Options& options, Handler handler);
  ~Server();

  [[nodiscard]] int port() const;
  /// Answers until `stop`, then ends the requests under way.
  void run();
  /// From any thread, also before `run`, which then returns at once.
  void stop();
  /// Answers the requests of one connection that is open already, and closes it.
  void serve(int socket);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::platform::transport
