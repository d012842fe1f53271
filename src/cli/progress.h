#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "pipeline/import.h"

namespace trajectory::cli {

/// Says how far things are: one line that renews itself on a terminal, a plain line now and then elsewhere.
class Progress {
 public:
  Progress(Terminal& terminal, bool quiet) : terminal_(terminal), quiet_(quiet) {}
  ~Progress() { clear(); }
  void show(std::string_view stage, std::uint64_t done, std::uint64_t total);
  void clear();
  [[nodiscard]] pipeline::Hooks hooks();

 private:
  Terminal& terminal_;
  bool quiet_;
  bool line_open_ = false;
  std::string stage_;
  double stage_start_ = 0;
  double last_ = 0;
};

}  // namespace trajectory::cli
