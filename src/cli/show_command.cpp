#include <optional>

#include "cli/options.h"
#include "cli/printable.h"
#include "cli/show.h"
#include "record/record_json.h"

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

/// The conversations that were asked for: all of one id, or of the only id that begins so. Those of an id stand
/// together in a dataset, and an id before the longer ones that it begins.
struct Found {
  std::vector<model::Trajectory> trajectories;
  std::vector<std::string> ids;  ///< that begin so, the first few
};

base::Result<Found> find_conversations(const std::string& path, const std::string& id, Terminal& terminal) {
  Found found;
  TJ_TRY(record::read_trajectories(path, [&](model::Trajectory trajectory) -> base::Result<bool> {
    if (terminal.stop != nullptr && *terminal.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
    const std::string& its = trajectory.conversation_id;
    if (!its.starts_with(id)) return found.ids.empty();
    if (found.ids.empty() || found.ids.back() != its) {
      if (found.ids.size() == 1 && found.ids.front() == id) return false;
      found.ids.push_back(its);
    }
    if (found.ids.size() == 1) found.trajectories.push_back(std::move(trajectory));
    return found.ids.size() < 4;
  }));
  if (found.ids.empty())
    return base::Error(base::ErrorCode::k_not_found,
                       "no conversation '" + id + "' in it: 'trajectory show " + path + "' lists them")
        .with(path);
  if (found.ids.size() > 1) {
    std::string ids;
    for (const std::string& one : found.ids) ids.append(ids.empty() ? "" : ", ").append(one);
    return base::Error(base::ErrorCode::k_usage, "'" + id + "' begins several ids: " + ids + ", ...").with(path);
  }
  return found;
}

void print_json(const model::Trajectory& trajectory, Terminal& terminal) {
  std::string line;
  record::append_record(line, trajectory);
  terminal.out << line << "\n";
}

int show_one(const std::string& path, const std::string& id, bool json, Terminal& terminal) {
  const auto found = find_conversations(path, id, terminal);
  if (!found) return fail(terminal, found.error());
  for (const model::Trajectory& trajectory : found->trajectories)
    json ? print_json(trajectory, terminal) : print_trajectory(trajectory, terminal);
  return 0;
}

int show_all(const std::string& path, bool json, Terminal& terminal) {
  std::vector<Entry> list;
  std::optional<model::Trajectory> first;
  const base::Status status = record::read_trajectories(path, [&](model::Trajectory trajectory) -> base::Result<bool> {
    if (terminal.stop != nullptr && *terminal.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
    if (json) print_json(trajectory, terminal);
    list.push_back({printable(trajectory.conversation_id, true), printable(trajectory.project_id, true),
                    pipeline::counted(trajectory.trace_ids.size(), "turn") + ", " +
                        pipeline::counted(trajectory.main.messages.size(), "message") + "  " +
                        first_words(trajectory)});
    if (!first) first = std::move(trajectory);
    return true;
  });
  if (!status.ok()) return fail(terminal, status.error());
  if (json) return 0;
  if (!first)
    return fail(terminal, base::Error(base::ErrorCode::k_not_found, "there is no conversation in it").with(path));
  if (list.size() > 1) print_list(list, terminal);
  else print_trajectory(*first, terminal);
  return 0;
}

}  // namespace

Command show_command() {
  return {"show", "Print a conversation readably, or list what there is", "trajectory show dataset 4fbbe4d8",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto path = std::make_shared<std::string>();
            auto id = std::make_shared<std::string>();
            auto json = std::make_shared<bool>(false);
            app.add_option("DATASET", *path, "A dataset, or a file of native JSON lines")->required();
            app.add_option("ID", *id, "The conversation, or how its id begins; without it, they are listed");
            app.add_flag("--json", *json, "Print native records, one a line");
            return [path, id, json](Terminal& terminal) {
              return id->empty() ? show_all(*path, *json, terminal) : show_one(*path, *id, *json, terminal);
            };
          }};
}

}  // namespace trajectory::cli
