#pragma once

#include <atomic>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace trajectory::cli {

/// Where a command runs: what a program has of its process, handed in by `main` (or a test).
struct Terminal {
  std::ostream& out;  ///< data only
  std::ostream& err;  ///< progress, reports, errors
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool colours = false;               ///< out is a terminal that knows them, and NO_COLOR is not set
  int columns = 80;                   ///< width of the terminal that shows progress
  std::atomic<bool>* stop = nullptr;  ///< set by Ctrl-C
  /// The value of an environment variable, empty when it is not set; may be empty itself.
  std::function<std::string(const char* name)> environment;
};

/// One command: declares its options, then runs. Declaring touches nothing.
struct Command {
  std::string_view name;
  std::string_view summary;
  std::string_view example;  ///< printed at the end of its help
  /// Adds the options to the parser and returns what runs them; its result is the exit status.
  std::function<std::function<int(Terminal&)>(CLI::App&)> declare;
};

/// All commands, in the order of the help. Help, completion and tests are made from this list.
[[nodiscard]] const std::vector<Command>& commands();

Command import_command();
Command show_command();
Command inspect_command();
Command convert_command();
Command verify_command();
Command sync_command();
Command langsmith_command();
Command doctor_command();
Command serve_command();
Command keys_command();
Command check_command();
Command upload_command();
Command events_command();
Command completion_command();

/// Parses arguments (without the program's name) and runs. Returns the exit status.
int run(std::vector<std::string> arguments, Terminal& terminal);

}  // namespace trajectory::cli
