#include "base/clock.h"
#include "base/time.h"
#include "cli/options.h"
#include "cli/printable.h"
#include "json/write.h"
#include "platform/catalog/folder.h"
#include "platform/catalog/keys.h"

namespace trajectory::cli {

namespace {

struct KeyFlags {
  std::string data = "trajectory-data";
  std::string name;
  std::string scopes = "read,write";
  std::string id;
  bool json = false;
};

base::Result<platform::catalog::Keys> open_keys(const std::string& folder) {
  if (auto found = platform::catalog::find_data_folder(folder); !found.ok()) return std::move(found).error();
  return platform::catalog::Keys::open(folder);
}

int create(const KeyFlags& flags, Terminal& terminal) {
  const bool read = flags.scopes == "read" || flags.scopes == "read,write" || flags.scopes == "write,read";
  const bool write = flags.scopes == "write" || flags.scopes == "read,write" || flags.scopes == "write,read";
  if (!read && !write)
    return fail(terminal, base::Error(base::ErrorCode::k_usage, "--scopes takes read, write or read,write"));
  if (const auto made = platform::catalog::make_data_folder(flags.data); !made.ok())
    return fail(terminal, made.error());
  auto keys = platform::catalog::Keys::open(flags.data);
  if (!keys) return fail(terminal, keys.error());
  const auto key = keys->create(flags.name, {read, write}, base::system_clock(nullptr).now());
  if (!key) return fail(terminal, key.error());
  terminal.out << key->reveal() << "\n";
  terminal.err << "This is the only time that the key is shown.\n";
  return 0;
}

int list(const KeyFlags& flags, Terminal& terminal) {
  auto keys = open_keys(flags.data);
  if (!keys) return fail(terminal, keys.error());
  const auto all = keys->list();
  if (!all) return fail(terminal, all.error());
  std::string out = "[";
  for (const platform::catalog::KeyInfo& key : *all) {
    const std::string scopes = std::string(key.scopes.read ? "read" : "") +
                               (key.scopes.read && key.scopes.write ? "," : "") + (key.scopes.write ? "write" : "");
    if (!flags.json) {
      terminal.out << key.id << "  " << scopes << "  " << base::format_time(key.created) << "  "
                   << (key.revoked ? "revoked " + base::format_time(*key.revoked) : "valid") << "  "
                   << printable(key.name, true) << "\n";
      continue;
    }
    out.append(out.size() > 1 ? ",\n " : "")
        .append("{\"id\": " + json::quoted(key.id) + ", \"name\": " + json::quoted(key.name) + ", \"scopes\": " +
                json::quoted(scopes) + ", \"created\": " + json::quoted(base::format_time(key.created)) +
                ", \"revoked\": " + (key.revoked ? json::quoted(base::format_time(*key.revoked)) : "null") + "}");
  }
  if (flags.json) terminal.out << out << "]\n";
  return 0;
}

int revoke(const KeyFlags& flags, Terminal& terminal) {
  auto keys = open_keys(flags.data);
  if (!keys) return fail(terminal, keys.error());
  const auto done = keys->revoke(flags.id, base::system_clock(nullptr).now());
  if (!done.ok()) return fail(terminal, done.error());
  terminal.err << "revoked " << printable(flags.id, true) << "; a server that runs refuses it from now on\n";
  return 0;
}

}  // namespace

Command keys_command() {
  return {
      "keys", "Make, list and revoke the keys of a server", "trajectory keys create --name laptop --scopes read",
      [](CLI::App& app) -> std::function<int(Terminal&)> {
        auto flags = std::make_shared<KeyFlags>();
        auto action = std::make_shared<std::function<int(const KeyFlags&, Terminal&)>>();
        app.require_subcommand(1);
        const auto add = [&](const char* name, const char* summary, int (*run)(const KeyFlags&, Terminal&)) {
          CLI::App* sub = app.add_subcommand(name, summary);
          sub->add_option("--data", flags->data, "The folder of the server")->capture_default_str();
          sub->callback([action, run] { *action = run; });
          return sub;
        };
        CLI::App* make = add("create", "Make a key and print it, this once", create);
        make->add_option("--name", flags->name, "Whose it is, for the list");
        make->add_option("--scopes", flags->scopes, "What it may do: read, write or read,write")->capture_default_str();
        add("list", "Keys with their rights; without their secrets", list)
            ->add_flag("--json", flags->json, "Print JSON");
        add("revoke", "Refuse a key from now on", revoke)
            ->add_option("ID", flags->id, "The id from the list")
            ->required();
        return [flags, action](Terminal& terminal) { return (*action)(*flags, terminal); };
      }};
}

}  // namespace trajectory::cli
