
#include "cli/options.h"
#include "cli/printable.h"
#include "cli/show.h"

namespace trajectory::cli {

namespace {

std::string first_words(const model::Trajectory& t) {
  for (const model::TranscriptMessage& message : t.main.messages)
    if (message.message.role == model::Role::k_user) return shortened(message.message.content, 60);
  return {};
}

/// One line of the list. Conversations of several projects may share an id; then the project tells them apart.
struct Entry {
  std::string id;
  std::string project;
  std::string rest;
};

void print_list(const std::vector<Entry>& list, Terminal& terminal) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool shared =
        (i > 0 && list[i - 1].id == list[i].id) || (i + 1 < list.size() && list[i + 1].id == list[i].id);
    terminal.out << list[i].id << (shared ? "  project " + list[i].project : "") << "  " << list[i].rest << "\n";
  }
}

int run_show(const std::string& path, const std::string& id, Terminal& terminal) {
  std::vector<Entry> list;
  std::vector<model::Trajectory> found;  // of an id; without one, the first
  const base::Status status = record::read_trajectories(path, [&](model::Trajectory trajectory) -> base::Result<bool> {
    if (terminal.stop != nullptr && *terminal.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
    if (!id.empty() && trajectory.conversation_id != id) return found.empty();  // those of one id stand together
    list.push_back({printable(trajectory.conversation_id, true), printable(trajectory.project_id, true),
                    std::to_string(trajectory.trace_ids.size()) + " turns, " +
                        std::to_string(trajectory.main.messages.size()) + " messages  " + first_words(trajectory)});
    if (found.empty() || !id.empty()) found.push_back(std::move(trajectory));
    return true;
  });
  if (!status.ok()) return fail(terminal, status.error());
  if (found.empty()) {
    return fail(terminal, base::Error(base::ErrorCode::k_not_found, id.empty() ? "there is no conversation in it"
                                                                               : "no conversation '" + id +
                                                                                     "' in it: 'trajectory show " +
                                                                                     path + "' lists them")
                              .with(path));
  }
  if (id.empty() && list.size() > 1) print_list(list, terminal);
  else
    for (const model::Trajectory& trajectory : found) print_trajectory(trajectory, terminal);
  return 0;
}

}  // namespace

Command show_command() {
  return {"show", "Print a conversation readably, or list what there is",
          "trajectory show dataset 4fbbe4d8-c8a9-4ac3-a3e4-44536a8b6570",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto path = std::make_shared<std::string>();
            auto id = std::make_shared<std::string>();
            app.add_option("DATASET", *path, "A dataset, or a file of native JSON lines")->required();
            app.add_option("ID", *id, "The conversation; without it, they are listed");
            return [path, id](Terminal& terminal) { return run_show(*path, *id, terminal); };
          }};
}

}  // namespace trajectory::cli
