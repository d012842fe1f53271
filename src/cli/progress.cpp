#include "cli/progress.h"

#include <chrono>

#include "pipeline/report_text.h"

namespace trajectory::cli {

namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void Progress::show(std::string_view stage, std::uint64_t done, std::uint64_t total) {
  if (quiet_) return;
  const double now = seconds_now();
  if (stage != stage_) {
    stage_ = stage;
    stage_start_ = now;
    last_ = now;
    return;
  }
  // Ten times a second on a terminal; elsewhere a line every five seconds.
  if (now - last_ < (terminal_.err_is_terminal ? 0.1 : 5.0)) return;
  last_ = now;
  const double passed = now - stage_start_;
  const double rate = passed > 0 ? static_cast<double>(done) / passed : 0;
  std::string line = std::string(stage) + " " + pipeline::with_commas(done);
  if (total > 0) line += " of " + pipeline::with_commas(total) + " (" + std::to_string(done * 100 / total) + " %)";
  line += ", " + pipeline::with_commas(static_cast<std::uint64_t>(rate)) + "/s";
  if (total > done && rate > 0) {
    const auto left = static_cast<std::uint64_t>(static_cast<double>(total - done) / rate);
    line += ", " + (left >= 60 ? std::to_string(left / 60) + " min " : "") + std::to_string(left % 60) + " s left";
  }
  // A line that wraps could not be taken back.
  if (terminal_.err_is_terminal && line.size() >= static_cast<std::size_t>(terminal_.columns))
    line.resize(static_cast<std::size_t>(terminal_.columns) - 1);
  if (terminal_.err_is_terminal) terminal_.err << "\r\x1b[K" << line << std::flush;
  else terminal_.err << line << "\n";
  line_open_ = terminal_.err_is_terminal;
}

void Progress::clear() {
  if (line_open_) terminal_.err << "\r\x1b[K" << std::flush;
  line_open_ = false;
}

pipeline::Hooks Progress::hooks() {
  return {terminal_.stop,
          [this](std::string_view stage, std::uint64_t done, std::uint64_t total) { show(stage, done, total); }};
}

}  // namespace trajectory::cli
