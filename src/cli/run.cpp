#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/command.h"

namespace trajectory::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> all{import_command(), show_command(), inspect_command(), convert_command(), verify_command(), completion_command()};
  return all;
}

int run(std::vector<std::string> arguments, Terminal& terminal) {
  CLI::App app("Complete, training-ready trajectories from recorded agent traces.", "trajectory");
  app.set_version_flag("--version", std::string("trajectory " TRAJECTORY_VERSION));
  app.require_subcommand(1);
  app.footer("Each command explains itself: trajectory import --help");
  std::function<int(Terminal&)> action;
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    sub->footer("Example:\n  " + std::string(command.example));
    std::function<int(Terminal&)> body = command.declare(*sub);
    sub->callback([&action, body = std::move(body)] { action = body; });
  }
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error, terminal.out, terminal.err);
    return status == 0 ? 0 : 2;
  }
  return action(terminal);
}

}  // namespace trajectory::cli
