#include <algorithm>

#include "cli/options.h"
#include "cli/show.h"

namespace trajectory::cli {

namespace {

std::string first_words(const model::Trajectory& t) {
  for (const model::TranscriptMessage& message : t.main.messages)
    if (message.message.role == model::Role::k_user) return shortened(message.message.content, 60);
  return {};
}

int run_show(const std::string& path, const std::string& id, Terminal& terminal) {
  std::vector<std::string> list;
  std::optional<model::Trajectory> found;
  const base::Status status = record::read_trajectories(path, [&](model::Trajectory trajectory) -> base::Result<bool> {
    if (!id.empty() && trajectory.conversation_id != id) return true;
    list.push_back(printable(trajectory.conversation_id, true) + "  " + std::to_string(trajectory.trace_ids.size()) + " turns, " +
                   std::to_string(trajectory.main.messages.size()) + " messages  " + first_words(trajectory));
    if (!found) found = std::move(trajectory);
    return id.empty();
  });
  if (!status.ok()) return fail(terminal, status.error());
  if (!found) {
    return fail(terminal, base::Error(base::ErrorCode::k_not_found, id.empty() ? "there is no conversation in it" : "no conversation '" + id + "' in it: 'trajectory show " + path + "' lists them").with(path));
  }
  if (id.empty() && list.size() > 1) {
    for (const std::string& line : list) terminal.out << line << "\n";
    return 0;
  }
  print_trajectory(*found, terminal);
  return 0;
}

}  // namespace

Command show_command() {
  return {"show", "Print a conversation readably, or list what there is", "trajectory show dataset 4fbbe4d8-c8a9-4ac3-a3e4-44536a8b6570", [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto path = std::make_shared<std::string>();
            auto id = std::make_shared<std::string>();
            app.add_option("DATASET", *path, "A dataset, or a file of native JSON lines")->required();
            app.add_option("ID", *id, "The conversation; without it, they are listed");
            return [path, id](Terminal& terminal) { return run_show(*path, *id, terminal); };
          }};
}

}  // namespace trajectory::cli
