#include <arpa/inet.h>
#include <mutex>
#include <thread>

#include "base/output_folder.h"
#include "cli/options.h"
#include "cli/printable.h"
#include "json/write.h"
#include "platform/catalog/keys.h"
#include "platform/requests/service.h"
#include "platform/transport/server.h"

namespace trajectory::cli {

namespace {

struct ServeFlags {
  std::string data = "trajectory-data";
  std::string host = "127.0.0.1";
  std::string announce;
  std::vector<std::string> hosts;
  int port = 7878;
  std::uint64_t rate = platform::requests::Settings{}.requests_a_second;
  std::string body = "256MiB";
  bool quiet = false;
};

/// A name that merely begins like an address of this machine may lead anywhere.
bool is_loopback(const std::string& host) {
  in_addr address{};
  const bool numeric = ::inet_pton(AF_INET, host.c_str(), &address) == 1;
  return host == "localhost" || host == "::1" || (numeric && host.starts_with("127."));
}

std::string url_of(const std::string& host, int port) {
  const std::string shown = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host;
  return "http://" + (shown.find(':') != std::string::npos ? "[" + shown + "]" : shown) + ":" + std::to_string(port);
}

base::Result<platform::requests::Settings> settings_of(const ServeFlags& flags) {
  platform::requests::Settings out;
  out.loopback = is_loopback(flags.host);
  out.hosts = flags.hosts;
  out.requests_a_second = flags.rate;
  out.quiet = flags.quiet;
  const auto body = parse_size(flags.body, "--max-body");
  if (!body) return body.error();
  out.body_bytes = *body;
  out.wire_bytes = std::min(out.wire_bytes, *body);
  return out;
}

int run_serve(const ServeFlags& flags, Terminal& terminal) {
  auto settings = settings_of(flags);
  if (!settings) return fail(terminal, settings.error());
  auto catalog = platform::catalog::Catalog::open(flags.data);
  if (!catalog) return fail(terminal, catalog.error());
  const auto keys = (*catalog)->read([](sqlite::Database& database) { return platform::catalog::has_keys(database); });
  if (!keys) return fail(terminal, keys.error());
  if (!settings->loopback && !*keys)
    return fail(terminal,
                base::Error(base::ErrorCode::k_usage,
                            "beyond this machine a key is needed: make one with trajectory keys create --data " +
                                flags.data + ", or leave --host out"));
  std::mutex line;
  platform::requests::Service service(**catalog, *settings, base::system_clock(terminal.stop),
                                      [&](std::string_view text) {
                                        const std::scoped_lock hold(line);
                                        terminal.err << text << std::endl;
                                      });
  platform::transport::Options options;
  options.host = flags.host;
  options.port = flags.port;
  auto server = platform::transport::Server::bind(
      options, [&](const platform::requests::Request& request) { return service.handle(request); });
  if (!server) return fail(terminal, server.error());
  const std::string url = url_of(flags.host, (*server)->port());
  {
    const std::scoped_lock hold(line);
    terminal.err << "serving " << printable(flags.data, true) << " at " << url
                 << (*keys ? "; keys are asked for" : "; without keys: any key is taken, from this machine alone")
                 << std::endl;
  }
  if (!flags.announce.empty())
    if (const auto written = base::write_file(flags.announce, "{\"url\": " + json::quoted(url) + "}\n"); !written.ok())
      return fail(terminal, written.error());
  std::thread watch([&] {
    while (!terminal.stop->load()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    (*server)->stop();
  });
  (*server)->run();
  terminal.stop->store(true);
  watch.join();
  const std::scoped_lock hold(line);
  terminal.err << "stopped" << std::endl;
  return 0;
}

}  // namespace

Command serve_command() {
  return {"serve", "Keep uploaded datasets and answer questions about them", "trajectory serve --data trajectory-data",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto flags = std::make_shared<ServeFlags>();
            app.add_option("--data", flags->data, "The folder that keeps everything; made when it is not there")
                ->capture_default_str();
            app.add_option("--port", flags->port, "The port; 0 for any that is free")
                ->capture_default_str()
                ->check(CLI::Range(0, 65535));
            app.add_option("--host", flags->host, "The address to listen at; beyond this machine keys are needed")
                ->capture_default_str();
            app.add_option("--announce", flags->announce,
                           "A file that becomes a JSON object with the url once it listens");
            app.add_option("--allow-host", flags->hosts, "A name that clients call this server by; may be repeated");
            app.add_option("--max-body", flags->body, "The largest body of a request, decoded")->capture_default_str();
            app.add_option("--rate", flags->rate, "Requests a second of one key; 0 for any number")
                ->capture_default_str()
                ->check(CLI::Range(0, 1'000'000));
            app.add_flag("--quiet", flags->quiet, "Log failures alone, not every request");
            return [flags](Terminal& terminal) { return run_serve(*flags, terminal); };
          }};
}

}  // namespace trajectory::cli
