#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace trajectory::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> all{import_command(), show_command(),      inspect_command(),   convert_command(),
                                        verify_command(), sync_command(),      langsmith_command(), doctor_command(),
                                        upload_command(), events_command(),    serve_command(),     keys_command(),
                                        check_command(),  completion_command()};
  return all;
}

namespace {

/// The parser's complaint in our words, where its own are of types and counts.
std::string what_is_wrong(const CLI::ParseError& error) {
  std::string what = error.what();
  const std::string option = what.substr(0, what.find(':'));
  if (error.get_name() == "ArgumentMismatch") return option + " needs a value";
  if (error.get_name() == "RequiredError" && what.starts_with("SOURCE"))
    return "a SOURCE is missing: name an export, before an option that takes several values";
  return what;
}

}  // namespace

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
  const std::string name = arguments.empty() ? "" : arguments.front();
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, terminal.out, terminal.err);  // help, version
    const auto known = std::find_if(commands().begin(), commands().end(),
                                    [&](const Command& command) { return command.name == name; });
    if (known != commands().end())
      terminal.err << "trajectory " << name << ": " << what_is_wrong(error) << " (see trajectory " << name
                   << " --help)\n";
    else
      terminal.err << "trajectory: " << (name.empty() ? "a command is missing" : "there is no command '" + name + "'")
                   << " (see trajectory --help)\n";
    return 2;
  }
  return action(terminal);
}

}  // namespace trajectory::cli
