#include "http/client.h"

#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/loopback_server.h"
#include "http/url.h"

namespace trajectory::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Client client(const std::atomic<bool>* stop = nullptr) {
  ClientSettings settings;
  settings.user_agent = "test/1";
  settings.stop = stop;
  return std::move(Client::open(settings)).value();
}

TEST(Client, GivesAnyStatusBackAsAnAnswer) {
  const LoopbackServer server(
      [](const std::string&) { return LoopbackServer::answer(404, "no such thing", "X-Why: Because\r\n"); });
  const auto answer = client().send({.url = server.url() + "/x"});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 404);
  EXPECT_FALSE(answer->ok());
  EXPECT_EQ(answer->body, "no such thing");
  EXPECT_EQ(answer->header("x-why"), "Because");
}

TEST(Client, SendsMethodHeadersSecretsAndBody) {
  std::string seen;
  const LoopbackServer server([&](const std::string& request) {
    seen = request;
    return LoopbackServer::answer(200, "{}");
  });
  Request request{.method = "POST", .url = server.url() + "/a?b=1"};
  request.headers = {{"Content-Type", "application/json"}};
  request.secret_headers = {{"X-API-Key", base::Secret("the-key")}};
  request.body = R"({"a":1})";
  ASSERT_TRUE(client().send(request));
  EXPECT_TRUE(seen.starts_with("POST /a?b=1 HTTP/1.1\r\n")) << seen;
  EXPECT_THAT(seen, HasSubstr("X-API-Key: the-key\r\n"));
  EXPECT_THAT(seen, HasSubstr("User-Agent: test/1\r\n"));
  EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"a\":1}")) << seen;
}

TEST(Client, ReadsABodyWhileItIsSent) {
  std::string seen;
  const LoopbackServer server([&](const std::string& request) {
    seen = request;
    return LoopbackServer::answer(200, "{}");
  });
  const std::string whole(300'000, 'x');
  Request request{.method = "POST", .url = server.url()};
  request.body_source = BodySource{
      whole.size(), [&](std::uint64_t offset, std::span<char> buffer) {
        return base::Result<std::size_t>(whole.copy(buffer.data(), std::min<std::size_t>(buffer.size(), 999), offset));
      }};
  const Client one = client();
  for (int i = 0; i < 2; ++i) {
    seen.clear();
    const auto answer = one.send(request);
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_THAT(seen, HasSubstr("Content-Length: 300000\r\n"));
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + whole));
  }
}

TEST(Client, EndsACallWhoseBodyCannotBeRead) {
  const LoopbackServer server([](const std::string&) { return LoopbackServer::answer(200, "{}"); });
  Request request{.method = "POST", .url = server.url()};
  request.body_source = BodySource{10, [](std::uint64_t, std::span<char>) {
                                     return base::Result<std::size_t>(base::Error(base::ErrorCode::k_io, "gone"));
                                   }};
  const auto failed = client().send(request);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), base::ErrorCode::k_io);
  request.body_source->read = [](std::uint64_t, std::span<char>) { return base::Result<std::size_t>(0); };
  const auto cut = client().send(request);
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().text(), HasSubstr("ends before its size"));
}

TEST(Client, UsesAConnectionAgain) {
  const LoopbackServer server([](const std::string&) { return LoopbackServer::answer(200, "x"); });
  const Client one = client();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(one.send({.url = server.url()}));
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, HandsAGoodBodyToTheSinkAndABadOneBack) {
  int status = 200;
  const LoopbackServer server([&](const std::string&) { return LoopbackServer::answer(status, "the body"); });
  std::string taken;
  Request request{.url = server.url()};
  request.sink = [&](std::string_view piece) -> base::Status {
    taken.append(piece);
    return {};
  };
  auto answer = client().send(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(taken, "the body");
  EXPECT_EQ(answer->body, "");
  status = 403;
  answer = client().send(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(taken, "the body");
  EXPECT_EQ(answer->body, "the body");
}

TEST(Client, EndsWithTheSinksOwnError) {
  const LoopbackServer server([](const std::string&) { return LoopbackServer::answer(200, "the body"); });
  Request request{.url = server.url()};
  request.sink = [](std::string_view) -> base::Status { return base::Error(base::ErrorCode::k_io, "disk full"); };
  const auto answer = client().send(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_io);
}

TEST(Client, CallsAClosedConnectionUnreachable) {
  const LoopbackServer server([](const std::string&) { return std::string(); });
  const auto answer = client().send({.url = server.url() + "/x?signature=abc"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_unreachable);
  EXPECT_THAT(answer.error().text(), HasSubstr("/x"));
  EXPECT_THAT(answer.error().text(), Not(HasSubstr("abc")));
}

TEST(Client, CallsACutBodyUnreachable) {
  const LoopbackServer server([](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly this");
  });
  const auto answer = client().send({.url = server.url()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_unreachable);
}

TEST(Client, DoesNotTakeAKeyToAnotherAddress) {
  const LoopbackServer other([](const std::string&) { return LoopbackServer::answer(200, "other"); });
  const LoopbackServer server(
      [&](const std::string&) { return LoopbackServer::answer(302, "", "Location: " + other.url() + "/\r\n"); });
  Request request{.url = server.url()};
  EXPECT_EQ(client().send(request)->body, "other");
  request.secret_headers = {{"X-API-Key", base::Secret("the-key")}};
  EXPECT_EQ(client().send(request)->status, 302);
  EXPECT_EQ(other.connections(), 1);
}

TEST(Client, EndsWhenItIsInterrupted) {
  std::atomic<bool> stop{false};
  const LoopbackServer server([&](const std::string&) {
    stop = true;
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnever all of it");
  });
  const auto answer = client(&stop).send({.url = server.url()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_interrupted);
}

Client impatient() {
  ClientSettings settings;
  settings.connect_seconds = 1;
  settings.silence_seconds = 1;
  return std::move(Client::open(settings)).value();
}

void expect_unreachable(const base::Result<Response>& answer, const std::string& words) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_unreachable);  // so that it is tried again
  EXPECT_THAT(answer.error().text(), HasSubstr(words));
}

TEST(Client, DoesNotWaitForeverForAnAnswerToBegin) {
  std::latch over{1};
  const LoopbackServer server([&](const std::string&) {
    over.wait();
    return std::string();
  });
  expect_unreachable(impatient().send({.url = server.url()}), "no answer");
  over.count_down();
}

TEST(Client, DoesNotWaitForeverForAnAnswerToGoOn) {
  const LoopbackServer server(
      [](const std::string&) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnever all of it"); });
  expect_unreachable(impatient().send({.url = server.url()}), "no answer");
}

TEST(Client, DoesNotWaitForeverForAConnection) {
  // Nobody accepts: once the queue of the listener is full, the system leaves further attempts without an answer.
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  std::vector<int> queued;
  for (int i = 0; i < 4; ++i) {
    queued.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(queued.back(), reinterpret_cast<sockaddr*>(&address), size));
  }
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  expect_unreachable(impatient().send({.url = url}), "no answer");
  for (const int one : queued) ::close(one);
  ::close(listener);
}

TEST(Client, RefusesOtherProtocols) {
  const auto answer = client().send({.url = "file:///etc/passwd"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_remote);
}

TEST(Url, EncodesQueriesAndHidesSecrets) {
  EXPECT_EQ(with_query("http://h/x", {{"name", "a b&c/ü"}, {"limit", "1"}}),
            "http://h/x?name=a%20b%26c%2F%C3%BC&limit=1");
  EXPECT_EQ(shown_url("https://user:pass@host:1/p/q?sig=1#f"), "https://host:1/p/q");
  EXPECT_EQ(host_of("HTTPS://user:p@Host.Name:44/x"), "host.name");
  EXPECT_EQ(host_of("http://[::1]:8/x"), "[::1]");
  EXPECT_EQ(host_of("gs://bucket/x"), "");
}

}  // namespace
}  // namespace trajectory::http
