#include "platform/transport/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trajectory::platform::transport {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t k_buffer = 128 << 10;
constexpr milliseconds k_slice{200};  // a stop is noticed within that time
constexpr seconds k_kept_idle{1};     // a connection without a request keeps its place so long when others wait

}  // namespace

Connection::Connection(int socket, const Options& options, const Shared& shared)
    : socket_(socket), options_(options), shared_(shared), buffer_(k_buffer) {}

Connection::~Connection() {
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

/// Waits until the socket is ready. Not: the time has come, or the server has been stopping for long.
bool Connection::wait(short what, Time until) const {
  for (;;) {
    const auto now = steady_clock::now();
    if (now >= until) return false;
    if (const std::int64_t stop = shared_.stopped.load();
        stop != 0 && now > Time(steady_clock::duration(stop)) + seconds(options_.stop_time))
      return false;
    pollfd one{socket_, what, 0};
    const auto slice = std::min<steady_clock::duration>(k_slice, until - now);
    const int ready = ::poll(&one, 1, static_cast<int>(std::chrono::ceil<milliseconds>(slice).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool Connection::await_request() {
  phase_ = Phase::k_header;
  header_read_ = to_ - from_;
  read_wait_ = write_wait_ = {};
  body_read_ = written_ = 0;
  const auto begin = steady_clock::now();
  const auto until = begin + seconds(options_.idle_time);
  while (from_ == to_) {
    const auto now = steady_clock::now();
    if (shared_.stopped.load() != 0 || now >= until) return false;
    if (shared_.waiting.load() > 0 && now >= begin + k_kept_idle) return false;
    if (wait(POLLIN, std::min<Time>(until, steady_clock::now() + k_slice))) break;
  }
  header_until_ = steady_clock::now() + seconds(options_.header_time);
  return from_ < to_ || fill();
}

void Connection::begin_body() {
  phase_ = Phase::k_body;
  body_read_ = to_ - from_;
}

bool Connection::too_slow(steady_clock::duration waited, std::uint64_t bytes) const {
  if (waited < seconds(options_.slow_time)) return false;
  const double rate = static_cast<double>(bytes) / std::chrono::duration<double>(waited).count();
  return rate < static_cast<double>(options_.slowest);
}

bool Connection::fill() {
  const auto begin = steady_clock::now();
  const bool header = phase_ == Phase::k_header;
  if (header && header_read_ > options_.header_bytes) return false;
  if (!wait(POLLIN, header ? header_until_ : begin + seconds(options_.idle_time))) return false;
  read_wait_ += steady_clock::now() - begin;
  ssize_t got = 0;
  do got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  from_ = 0;
  to_ = static_cast<std::size_t>(got);
  if (header) header_read_ += to_;
  else body_read_ += to_;
  return header || !too_slow(read_wait_, body_read_);
}

std::int64_t Connection::read(char* to, std::size_t size) {
  if (from_ == to_ && !fill()) return -1;
  const std::size_t count = std::min(size, to_ - from_);
  std::memcpy(to, buffer_.data() + from_, count);
  from_ += count;
  return static_cast<std::int64_t>(count);
}

std::int64_t Connection::write(const char* from, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t sent = ::send(socket_, from + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      written_ += static_cast<std::uint64_t>(sent);
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return -1;
    const auto begin = steady_clock::now();
    if (!wait(POLLOUT, begin + seconds(options_.idle_time))) return -1;
    write_wait_ += steady_clock::now() - begin;
    if (too_slow(write_wait_, written_)) return -1;
  }
  return static_cast<std::int64_t>(size);
}

bool Connection::writable() const { return wait(POLLOUT, steady_clock::now() + seconds(options_.idle_time)); }

void Connection::linger() {
  constexpr seconds k_longest{5};
  if (phase_ == Phase::k_header && header_read_ > options_.header_bytes) return;
  ::shutdown(socket_, SHUT_WR);
  const auto until = steady_clock::now() + k_longest;
  while (wait(POLLIN, until)) {
    const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return;
  }
}

}  // namespace trajectory::platform::transport
