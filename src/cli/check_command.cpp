#include "cli/options.h"
#include "cli/printable.h"
#include "platform/catalog/folder.h"
#include "platform/requests/examine.h"

namespace trajectory::cli {

namespace {

int run_check(const std::string& data, bool json, Terminal& terminal) {
  if (const auto found = platform::catalog::find_data_folder(data); !found.ok()) return fail(terminal, found.error());
  auto catalog = platform::catalog::Catalog::open(data);
  if (!catalog) return fail(terminal, catalog.error());
  const auto found = platform::requests::examine(
      **catalog, [&](const std::string& fault) { terminal.err << "trajectory: " << printable(fault, true) << "\n"; });
  if (!found) return fail(terminal, found.error());
  if (json)
    terminal.out << "{\"datasets\": " << found->datasets << ", \"trajectories\": " << found->trajectories
                 << ", \"payloads\": " << found->payloads << ", \"events\": " << found->events
                 << ", \"faults\": " << found->faults << "}\n";
  else
    terminal.err << found->trajectories << " trajectories of " << found->datasets << " datasets, " << found->payloads
                 << " payloads, " << found->events << " events: "
                 << (found->faults == 0 ? "everything is right" : std::to_string(found->faults) + " faults") << "\n";
  return found->faults == 0 ? 0 : 1;
}

}  // namespace

Command check_command() {
  return {"check", "Examine the folder of a server: every row and every payload", "trajectory check trajectory-data",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto data = std::make_shared<std::string>();
            auto json = std::make_shared<bool>(false);
            app.add_option("DATA", *data, "The folder; no server may be running on it")->required();
            app.add_flag("--json", *json, "Print the counts as JSON");
            return [data, json](Terminal& terminal) { return run_check(*data, *json, terminal); };
          }};
}

}  // namespace trajectory::cli
