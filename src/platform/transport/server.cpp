#include "platform/transport/server.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fcntl.h>
#include <httplib.h>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "platform/transport/chunked.h"
#include "platform/transport/connection.h"

namespace trajectory::platform::transport {

namespace {

constexpr int k_backlog = 512;
constexpr int k_most_waiting = 64;
constexpr std::size_t k_query_parameters = 100;

/// A connection as the library reads and writes it.
class Stream final : public httplib::Stream {
 public:
  explicit Stream(Connection& connection) : connection_(connection) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return connection_.writable(); }
  ssize_t read(char* to, size_t size) override { return connection_.read(to, size); }
  ssize_t write(const char* from, size_t size) override { return connection_.write(from, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { address(::getpeername, ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { address(::getsockname, ip, port); }
  socket_t socket() const override { return connection_.socket(); }

 private:
  void address(int (*of)(int, sockaddr*, socklen_t*), std::string& ip, int& port) const {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    char host[NI_MAXHOST] = "";
    char service[NI_MAXSERV] = "0";
    if (of(connection_.socket(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return;
    if (::getnameinfo(reinterpret_cast<sockaddr*>(&storage), size, host, sizeof host, service, sizeof service,
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0)
      return;
    ip = host;
    port = std::atoi(service);
  }

  Connection& connection_;
};

/// What one thread knows of the request that it works on.
struct Underway {
  Connection* connection = nullptr;
  bool body_left = true;  ///< the client may still be sending: the connection cannot serve another request
  std::string coding;     ///< of the body
};
thread_local Underway t_underway;

requests::Request request_of(const httplib::Request& source) {
  requests::Request out;
  out.method = source.method;
  out.path = source.path;
  out.peer = source.remote_addr;
  for (const auto& [name, value] : source.params) out.query.emplace_back(name, value);
  for (const auto& [name, value] : source.headers) {
    const std::string lower = base::lower_ascii(name);
    if (lower == "x-api-key") {
      out.key = base::Secret(value);
    } else if (lower == "authorization") {
      constexpr std::size_t k_scheme = 7;
      if (out.key.empty() && base::lower_ascii(value.substr(0, k_scheme)) == "bearer ")
        out.key = base::Secret(value.substr(k_scheme));
    } else {
      out.headers.emplace(lower, value);
    }
  }
  return out;
}

bool is_token(std::string_view name) {
  constexpr std::string_view k_others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           k_others.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

/// What is wrong with how a request says where it ends, or with what the library would do with it by itself.
const char* fault_of(const httplib::Request& request) {
  const auto count = [&](const char* name) { return request.get_header_value_count(name); };
  const std::string length = request.get_header_value("Content-Length");
  for (const auto& [name, value] : request.headers)
    if (!is_token(name) || has_control(value)) return "a header is malformed";
  if (count("Content-Length") > 1 || count("Transfer-Encoding") > 1 || count("Host") != 1)
    return "a header stands twice, or Host is missing";
  if (count("Content-Length") > 0 && count("Transfer-Encoding") > 0) return "the body has two lengths";
  if (length.find_first_not_of("0123456789") != std::string::npos || length.size() > 15)
    return "Content-Length is no number";
  if (count("Transfer-Encoding") > 0 && base::lower_ascii(request.get_header_value("Transfer-Encoding")) != "chunked")
    return "unknown Transfer-Encoding";
  if (request.is_multipart_form_data()) return "send JSON, not a form";
  if (request.params.size() > k_query_parameters) return "too many query parameters";
  return nullptr;
}

void put_answer(requests::Answer answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (!answer.stream) {
    response.set_content(answer.body, answer.content_type);
    return;
  }
  response.set_chunked_content_provider(answer.content_type,
                                        [stream = std::move(answer.stream)](size_t, httplib::DataSink& sink) {
                                          const base::Status done = stream([&](std::string_view piece) -> base::Status {
                                            if (sink.write(piece.data(), piece.size())) return {};
                                            return base::Error(base::ErrorCode::k_unreachable, "the client went away");
                                          });
                                          if (done.ok()) sink.done();
                                          return done.ok();
                                        });
}

/// Answers what never came to the handler. Where the next request would begin is not known.
void refuse(int status, std::string_view message, httplib::Response& response) {
  t_underway.body_left = true;
  requests::Answer answer = requests::refusal(status, message);
  requests::add_security_headers(answer);
  put_answer(std::move(answer), response);
  response.set_header("Connection", "close");
}

/// The library's threads; counts the connections that wait for one, and lets no more wait: each is a file of this
/// process, and the catalog needs some, too. What is not accepted waits in the system's backlog.
class Places final : public httplib::TaskQueue {
 public:
  Places(std::size_t count, std::atomic<int>& waiting) : waiting_(waiting), threads_(count) {}

  void enqueue(std::function<void()> serve) override {
    {
      std::unique_lock hold(mutex_);
      taken_.wait(hold, [&] { return waiting_ < k_most_waiting; });
      ++waiting_;
    }
    threads_.enqueue([this, serve = std::move(serve)] {
      {
        const std::scoped_lock hold(mutex_);
        --waiting_;
      }
      taken_.notify_one();
      serve();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  std::mutex mutex_;
  std::condition_variable taken_;
  std::atomic<int>& waiting_;
  httplib::ThreadPool threads_;
};

/// The library's server over our connections: it parses requests and writes answers, everything else is ours.
class Http final : public httplib::Server {
 public:
  Http(const transport::Options& options, transport::Server::Handler handler)
      : options_(options), handler_(std::move(handler)) {
    new_task_queue = [this] { return new Places(options_.connections, shared_.waiting); };
    // The library shares ports between processes otherwise.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    set_tcp_nodelay(true);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return before_body(request, response);
    });
    Post(R"([\s\S]*)",
         [this](const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader) {
           with_body(request, response, [&](const requests::Sink& sink) -> base::Status {
             base::Status taken;
             const bool whole = reader([&](const char* data, size_t size) {
               taken = sink({data, size});
               return taken.ok();
             });
             if (taken.ok() && !whole) return base::Error(base::ErrorCode::k_bad_format, "the body did not come whole");
             return taken;
           });
         });
    // Without memory, say: what the exception tells is nobody's business.
    set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      refuse(500, "the server cannot do this now", response);
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty() && !response.content_provider_)
        refuse(response.status, "the request cannot be read", response);
    });
  }

  bool bind(int& port) {
    const bool bound =
        options_.port != 0 ? bind_to_port(options_.host, options_.port) : (port = bind_to_any_port(options_.host)) > 0;
    if (!bound) return false;
    if (options_.port != 0) port = options_.port;
    listening_ = ::fcntl(svr_sock_, F_DUPFD_CLOEXEC, 0);
    return listening_ >= 0 && ::listen(svr_sock_, k_backlog) == 0;  // the library's own backlog is short
  }
  ~Http() override {
    if (listening_ >= 0) ::close(listening_);
  }

  /// The library's own `stop` does nothing before it runs, and would be forgotten.
  void end() {
    shared_.stopped = std::chrono::steady_clock::now().time_since_epoch().count();
    ::shutdown(listening_, SHUT_RDWR);
  }

  void serve(int socket) {
    Connection connection(socket, options_, shared_);
    Stream stream(connection);
    bool going = true;
    while (going && connection.await_request()) {
      t_underway = {&connection, true, {}};
      bool closed = false;
      try {
        going = process_request(stream, false, closed, [&](httplib::Request& request) {
          connection.begin_body();
          // Coding is ours to handle, there are no ranges, and answers go as they are.
          t_underway.coding = request.get_header_value("Content-Encoding");
          for (const char* name : {"Content-Encoding", "Range", "Accept-Encoding"}) request.headers.erase(name);
          request.ranges.clear();
        });
      } catch (const std::exception&) {
        going = false;
      }
      if (t_underway.body_left) connection.linger();
      going = going && !closed && !t_underway.body_left;
    }
  }

 private:
  using ReadBody = std::function<base::Status(const requests::Sink&)>;

  HandlerResponse before_body(const httplib::Request& request, httplib::Response& response) {
    const bool body = request.get_header_value("Content-Length", 0) != "" || request.has_header("Transfer-Encoding");
    t_underway.body_left = body && request.get_header_value("Content-Length") != "0";
    if (const char* fault = fault_of(request); fault != nullptr) {
      refuse(400, fault, response);
    } else if (request.method != "POST" || !body) {
      with_body(request, response, nullptr);
    } else if (request.has_header("Transfer-Encoding")) {
      // The library takes chunks that lie about their size for the end of the body.
      with_body(request, response, [connection = t_underway.connection](const requests::Sink& sink) {
        return read_chunked([&](char* to, std::size_t size) { return connection->read(to, size); }, sink);
      });
    } else {
      return HandlerResponse::Unhandled;
    }
    return HandlerResponse::Handled;
  }

  /// `read` is empty where the request has no body.
  void with_body(const httplib::Request& source, httplib::Response& response, const ReadBody& read) {
    requests::Request request = request_of(source);
    if (!t_underway.coding.empty()) request.headers["content-encoding"] = t_underway.coding;
    if (source.has_header("Content-Length"))
      request.content_length = std::strtoull(source.get_header_value("Content-Length").c_str(), nullptr, 10);
    request.read_body = [&](const requests::Sink& sink) -> base::Status {
      if (!read) return {};
      TJ_TRY(read(sink));
      t_underway.body_left = false;
      return {};
    };
    put_answer(handler_(request), response);
    if (t_underway.body_left) response.set_header("Connection", "close");
  }

  bool process_and_close_socket(socket_t socket) override {
    serve(socket);
    return true;
  }

  transport::Options options_;
  transport::Server::Handler handler_;
  Shared shared_;
  int listening_ = -1;  ///< the library's socket, by a name of our own: it closes its own
};

}  // namespace

struct Server::Impl {
  Impl(const Options& options, Handler handler) : http(options, std::move(handler)) {}
  Http http;
  int port = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

base::Result<std::unique_ptr<Server>> Server::bind(const Options& options, Handler handler) {
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  errno = 0;
  if (!impl->http.bind(impl->port))
    return base::Error(base::ErrorCode::k_io, std::string("cannot listen: ") +
                                                  (errno != 0 ? std::strerror(errno) : "no such address") +
                                                  "; choose another --port or --host")
        .with(options.host + ":" + std::to_string(options.port));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port; }
void Server::run() { impl_->http.listen_after_bind(); }
void Server::stop() { impl_->http.end(); }
void Server::serve(int socket) { impl_->http.serve(socket); }

}  // namespace trajectory::platform::transport
