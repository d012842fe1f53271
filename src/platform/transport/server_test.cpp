#include "platform/transport/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace trajectory::platform::transport {
namespace {

requests::Answer echo(const requests::Request& request) {
  requests::Answer out;
  out.body = request.path;
  return out;
}

/// A client's connection. A read that takes 20 seconds ends with nothing.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval longest{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The answer to a request, up to its body.
  std::string ask(const std::string& path) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    EXPECT_EQ(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string out;
    char buffer[4096];
    while (!out.ends_with(path)) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      out.append(buffer, static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  int socket_;
};

/// A server that runs until the end of the test.
class Running {
 public:
  explicit Running(const Options& options) {
    auto bound = Server::bind(options, echo);
    EXPECT_TRUE(bound) << bound.error().text();
    server_ = std::move(*bound);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~Running() {
    server_->stop();
    thread_.join();
  }
  [[nodiscard]] int port() const { return server_->port(); }

 private:
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST(Server, AnswersSeveralRequestsOnOneConnection) {
  const Running server({});
  Client client(server.port());
  EXPECT_TRUE(client.ask("/one").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(client.ask("/two").ends_with("/two"));
}

TEST(Server, HearsOfAStopBeforeItRuns) {
  auto server = Server::bind({}, echo);
  ASSERT_TRUE(server);
  (*server)->stop();
  (*server)->run();  // would answer for ever
}

TEST(Server, TakesTheThreadOfASilentConnectionWhereOthersWait) {
  const Running server({.connections = 2, .idle_time = 3600});
  Client first(server.port());
  Client second(server.port());
  EXPECT_TRUE(first.ask("/first").ends_with("/first"));
  EXPECT_TRUE(second.ask("/second").ends_with("/second"));
  Client third(server.port());
  EXPECT_TRUE(third.ask("/third").ends_with("/third"));
}

TEST(Server, LeavesConnectionsToTheSystemThatItCannotServeYet) {
  const Running server({.connections = 1, .idle_time = 3600});
  const auto open_files = [] {
    int count = 0;
    for (int file = 0; file < 2000; ++file) count += ::fcntl(file, F_GETFD) >= 0 ? 1 : 0;
    return count;
  };
  const int before = open_files();
  constexpr int k_clients = 300;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < k_clients; ++i) clients.push_back(std::make_unique<Client>(server.port()));
  EXPECT_LT(open_files(), before + k_clients + 100) << "both ends of a connection are in this process";
  clients.resize(1);
  Client last(server.port());
  EXPECT_TRUE(last.ask("/last").ends_with("/last"));
}

}  // namespace
}  // namespace trajectory::platform::transport
