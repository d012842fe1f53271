#include "base/clock.h"
#include "base/time.h"
#include "cli/live_import.h"
#include "cli/printable.h"
#include "cli/progress.h"
#include "cli/table_text.h"
#include "live/bulk_export.h"
#include "live/bulk_route.h"
#include "live/discover.h"
#include "live/workspace.h"

namespace trajectory::cli {

namespace {

struct Options {
  AccessOptions access;
  SourceOptions selection;  // --since, --until, --limit, --keys
  std::string project;
  std::string name;
  std::string export_id;
  std::string destination;
  std::string filter;
  std::string trace_filter;
  TalkFlags talk;
};

/// A call to LangSmith with what the command line says of it.
class Session {
 public:
  static base::Result<Session> open(const Options& options, Terminal& terminal, Progress& progress) {
    auto access = find_access(options.access, terminal);
    if (!access) return std::move(access).error();
    auto api = live::Api::open(*access, base::system_clock(terminal.stop),
                               live_hooks(progress, terminal, options.talk.quiet || options.talk.json));
    if (!api) return std::move(api).error();
    return Session(std::move(*api));
  }

  [[nodiscard]] const live::Api& api() const { return api_; }

 private:
  explicit Session(live::Api api) : api_(std::move(api)) {}
  live::Api api_;
};

std::string time_text(const std::optional<model::Micros>& time) { return time ? base::format_time(*time) : ""; }

base::Result<TableText> list_workspaces(const live::Api& api, const Options&, const pipeline::ImportOptions&) {
  auto all = live::workspaces(api);
  if (!all) return std::move(all).error();
  TableText out{{"id", "name", "kind"}, {}};
  for (const live::Workspace& one : *all)
    out.rows.push_back({one.id, one.name, one.personal ? "personal" : one.read_only ? "read only" : ""});
  return out;
}

base::Result<TableText> list_projects(const live::Api& api, const Options& options, const pipeline::ImportOptions&) {
  auto all = live::projects(api, options.name);
  if (!all) return std::move(all).error();
  TableText out{{"id", "name", "last_run"}, {}};
  for (const live::Project& one : *all) out.rows.push_back({one.id, one.name, time_text(one.last_run)});
  return out;
}

base::Result<TableText> list_destinations(const live::Api& api, const Options&, const pipeline::ImportOptions&) {
  auto all = live::destinations(api);
  if (!all) return std::move(all).error();
  TableText out{{"id", "name", "bucket", "prefix", "endpoint"}, {}};
  for (const live::Destination& one : *all)
    out.rows.push_back({one.id, one.name, one.bucket, one.prefix, one.endpoint});
  return out;
}

base::Result<TableText> list_conversations(const live::Api& api, const Options& options,
                                           const pipeline::ImportOptions& import) {
  live::Wanted wanted;
  wanted.since = import.selection.since;
  wanted.until = import.selection.until;
  wanted.thread_keys = import.selection.thread_keys;
  wanted.filter = options.trace_filter;
  wanted.run_filter = options.filter;
  auto newest = live::newest_conversations(api, options.project, import.selection.limit.value_or(50), wanted);
  if (!newest) return std::move(newest).error();
  TableText out{{"conversation", "turns", "first_seen", "last_seen", "root_names"}, {}};
  for (const live::Summary& one : *newest) {
    std::string names;
    for (const std::string& name : one.root_names) names.append(names.empty() ? "" : ", ").append(name);
    out.rows.push_back({one.id, std::to_string(one.turns), time_text(one.first_seen), time_text(one.last_seen), names});
  }
  return out;
}

TableText export_table(const std::vector<live::BulkExport>& exports) {
  TableText out{{"id", "status", "project", "start", "end", "created", "finished"}, {}};
  for (const live::BulkExport& one : exports)
    out.rows.push_back({one.id, std::string(live::status_name(one.status)), one.project, time_text(one.start),
                        time_text(one.end), time_text(one.created), time_text(one.finished)});
  return out;
}

base::Result<TableText> list_exports(const live::Api& api, const Options&, const pipeline::ImportOptions&) {
  auto all = live::exports(api);
  if (!all) return std::move(all).error();
  return export_table(*all);
}

base::Result<TableText> order_export(const live::Api& api, const Options& options,
                                     const pipeline::ImportOptions& import) {
  const auto project = live::project(api, options.project);
  if (!project) return project.error();
  const auto destination = live::find_destination(api, options.destination);
  if (!destination) return destination.error();
  constexpr model::Micros k_before_langsmith = 1'577'836'800'000'000;  // 2020-01-01
  live::ExportOrder order{destination->id, project->id, import.selection.since.value_or(k_before_langsmith),
                          import.selection.until.value_or(api.clock().now() + api.server_is_ahead()), options.filter};
  auto created = live::create_export(api, order);
  if (!created) return std::move(created).error();
  if (created->error) return *std::move(created->error);
  return export_table({created->made});
}

base::Result<TableText> stop_export(const live::Api& api, const Options& options, const pipeline::ImportOptions&) {
  auto cancelled = live::cancel_export(api, options.export_id);
  if (!cancelled) return std::move(cancelled).error();
  return export_table({*cancelled});
}

/// Waits for an export's end. Its files, then.
base::Result<TableText> watch_export(const live::Api& api, const Options& options, const pipeline::ImportOptions&) {
  for (std::int64_t wait = 5'000;; wait = std::min<std::int64_t>(wait + wait / 2, 30'000)) {
    const auto now = live::bulk_export(api, options.export_id);
    if (!now) return now.error();
    const auto parts = live::export_parts(api, options.export_id);
    if (!parts) return parts.error();
    std::uint64_t complete = 0;
    for (const live::ExportPart& part : *parts) complete += part.status == live::ExportStatus::k_completed ? 1 : 0;
    if (api.hooks().progress) api.hooks().progress("exporting days", complete, parts->size());
    if (live::is_finished(now->status)) {
      if (now->status != live::ExportStatus::k_completed)
        return base::Error(base::ErrorCode::k_remote, "the export ended as " +
                                                          std::string(live::status_name(now->status)) +
                                                          ": begin another, or import by queries")
            .with("export " + now->id);
      TableText out{{"day", "rows", "file"}, {}};
      for (const live::ExportPart& part : *parts)
        for (const std::string& file : part.files)
          out.rows.push_back({time_text(part.start), std::to_string(part.rows), file});
      return out;
    }
    if (!api.clock().sleep(wait))
      return base::Error(base::ErrorCode::k_interrupted, "interrupted: the export goes on in LangSmith")
          .with("export " + now->id);
  }
}

using Work = base::Result<TableText> (*)(const live::Api&, const Options&, const pipeline::ImportOptions&);

int run_work(Work work, const Options& options, Terminal& terminal) {
  auto import = import_options(options.selection, terminal);
  if (!import) return fail(terminal, import.error());
  Progress progress(terminal, options.talk.quiet || options.talk.json);
  auto session = Session::open(options, terminal, progress);
  if (!session) return fail(terminal, session.error());
  auto table = work(session->api(), options, *import);
  progress.clear();
  if (!table) return fail(terminal, table.error());
  table->print(terminal.out, options.talk.json);
  return 0;
}

/// A command below `trajectory langsmith`. What was chosen last is what runs.
struct Chosen {
  Options options;
  Work work = nullptr;
};

class Declaration {
 public:
  Declaration(CLI::App& app, std::shared_ptr<Chosen> chosen) : app_(app), chosen_(std::move(chosen)) {}

  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& summary, Work work) {
    CLI::App& sub = *parent.add_subcommand(name, summary);
    add_access(sub, chosen_->options.access);
    add_talk(sub, chosen_->options.talk, "No progress, the result alone");
    sub.callback([chosen = chosen_, work] { chosen->work = work; });
    return sub;
  }

  void project(CLI::App& sub) { sub.add_option("PROJECT", chosen_->options.project, "Its id or name")->required(); }
  void window(CLI::App& sub) {
    sub.add_option("--since", chosen_->options.selection.since,
                   "Runs that start at or after this time, or this long ago");
    sub.add_option("--until", chosen_->options.selection.until, "Runs that start before this time, or this long ago");
  }

  void declare() {
    app_.require_subcommand(1);
    Options& options = chosen_->options;
    add(app_, "workspaces", "List the workspaces that the key sees", list_workspaces);
    add(app_, "projects", "List the projects", list_projects)
        .add_option("--name", options.name, "Only those whose name contains this");
    add(app_, "destinations", "List the buckets that exports can be written to", list_destinations);
    CLI::App& conversations =
        add(app_, "conversations", "List the newest conversations of a project", list_conversations);
    project(conversations);
    window(conversations);
    add_filters(conversations, options.filter, options.trace_filter);
    conversations.add_option("--limit", options.selection.limit, "How many [50]");
    add_keys(conversations, options.selection);
    declare_exports();
  }

 private:
  void declare_exports() {
    Options& options = chosen_->options;
    CLI::App& exports = *app_.add_subcommand("exports", "Bulk exports: list, create, watch, cancel");
    exports.require_subcommand(1);
    add(exports, "list", "List the bulk exports", list_exports);
    CLI::App& create = add(exports, "create", "Begin a bulk export of a project's runs", order_export);
    project(create);
    window(create);
    create.add_option("--filter", options.filter, "Narrow the runs further, in LangSmith's filter language");
    create.add_option("--destination", options.destination, "The destination's id [the workspace's only one]");
    const std::string id = "The export's id";
    add(exports, "watch", "Wait for the end of an export and list its files", watch_export)
        .add_option("EXPORT", options.export_id, id)
        ->required();
    add(exports, "cancel", "Stop an export", stop_export).add_option("EXPORT", options.export_id, id)->required();
  }

  CLI::App& app_;
  std::shared_ptr<Chosen> chosen_;
};

}  // namespace

Command langsmith_command() {
  return {"langsmith", "Look at a LangSmith workspace, and order bulk exports", "trajectory langsmith projects",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto chosen = std::make_shared<Chosen>();
            Declaration(app, chosen).declare();
            return [chosen](Terminal& terminal) { return run_work(chosen->work, chosen->options, terminal); };
          }};
}

}  // namespace trajectory::cli
