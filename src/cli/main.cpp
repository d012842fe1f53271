#include <csignal>
#include <cstdlib>
#include <iostream>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/command.h"
#include "store/bucket.h"

namespace {

std::atomic<bool> g_stop{false};

extern "C" void stop_on_signal(int) {
  // A second Ctrl-C ends at once.
  if (g_stop.exchange(true)) _exit(130);
}

int terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// A reader that has seen enough (`| head`) is no failure; a full disk is.
bool reader_is_gone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, stop_on_signal);
  std::signal(SIGTERM, stop_on_signal);
  if (std::signal(SIGHUP, stop_on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // under nohup
  // A pipe that nobody reads and a file that may not grow are errors of a write, and no end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const bool out_is_terminal = isatty(STDOUT_FILENO) != 0;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const bool may_colour = variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  trajectory::cli::Terminal terminal{
      std::cout,          std::cerr, out_is_terminal, isatty(STDERR_FILENO) != 0, out_is_terminal && may_colour,
      terminal_columns(), &g_stop,   variable};
  const int status = trajectory::cli::run(std::vector<std::string>(argv + 1, argv + argc), terminal);
  trajectory::store::shut_down();
  if (!std::cout.flush() && !reader_is_gone()) {
    std::cerr << "trajectory: cannot write to standard output\n";
    return 1;
  }
  return status;
}
