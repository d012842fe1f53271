// What a client sends on a connection: any bytes, through the parser of requests to a service that answers.

#include <filesystem>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "fuzz/check_record.h"
#include "platform/requests/service.h"
#include "platform/transport/server.h"

namespace {

using namespace trajectory;
using platform::transport::Options;
using platform::transport::Server;

/// A server over a folder of its own; it listens nowhere.
struct Fixture {
  char folder[32] = "/dev/shm/fuzz-request-XXXXXX";
  std::unique_ptr<platform::catalog::Catalog> catalog;
  std::unique_ptr<platform::requests::Service> service;
  std::unique_ptr<Server> server;

  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  ~Fixture() {
    server.reset();
    service.reset();
    catalog.reset();
    std::filesystem::remove_all(folder);
  }
  Fixture() {
    fuzz::demand(::mkdtemp(folder) != nullptr);
    catalog = platform::catalog::Catalog::open(folder).value();
    platform::requests::Settings settings;
    settings.body_bytes = settings.wire_bytes = 1 << 20;
    service = std::make_unique<platform::requests::Service>(*catalog, settings, base::system_clock(nullptr),
                                                            [](std::string_view) {});
    Options options;
    options.connections = 1;
    options.idle_time = options.header_time = 1;
    server = Server::bind(options, [this](const platform::requests::Request& request) {
               auto answer = service->handle(request);
               fuzz::demand(answer.status >= 200 && answer.status < 500);
               return answer;
             }).value();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  int ends[2];
  fuzz::demand(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  for (std::size_t at = 0; at < size;) {
    const ssize_t sent = ::send(ends[0], data + at, size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) break;
    at += static_cast<std::size_t>(sent);
  }
  ::shutdown(ends[0], SHUT_WR);
  std::thread reader([&] {
    char sink[65536];
    while (::read(ends[0], sink, sizeof sink) > 0) {
    }
  });
  fixture.server->serve(ends[1]);
  reader.join();
  ::close(ends[0]);
  return 0;
}
