#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow.h"
#include "base/threads.h"
#include "errors.h"
#include "live/sync_folder.h"
#include "modules.h"
#include "pipeline/live_source.h"
#include "record/record_json.h"
#include "store/bucket.h"
#include "waiting.h"

namespace nb = nanobind;

namespace trajectory::python {

namespace {

/// What to import, and how.
class ImportRequest {
 public:
  ImportRequest(const std::vector<nb::bytes>& sources, std::vector<NamedStream> streams,
                std::optional<std::uint64_t> limit, std::optional<std::int64_t> since,
                std::optional<std::int64_t> until, const std::vector<nb::bytes>& conversations,
                const std::optional<std::vector<nb::bytes>>& keys, bool feedback, std::optional<unsigned> threads,
                std::optional<std::uint64_t> memory, std::optional<std::uint64_t> max_value,
                std::map<std::string, std::string> storage)
      : streams_(std::move(streams)) {
    options_.sources = texts_of(sources);
    options_.streams = stream_sources(streams_);
    options_.selection.limit = limit;
    options_.selection.since = since;
    options_.selection.until = until;
    options_.selection.conversations = texts_of(conversations);
    if (keys) options_.selection.thread_keys = texts_of(*keys);
    options_.selection.feedback = feedback;
    options_.threads = threads.value_or(base::usable_threads());
    options_.memory = memory.value_or(pipeline::usable_memory() / 2);
    options_.max_value = max_value.value_or(0);
    options_.storage.options = std::move(storage);
    options_.storage.environment = [](const char* name) {
      const char* value = std::getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
  }
  ImportRequest(const ImportRequest&) = delete;
  ImportRequest& operator=(const ImportRequest&) = delete;

  [[nodiscard]] const pipeline::ImportOptions& options() const { return options_; }

  /// Brings the runs of a project here, as the source of this import. False: `folder` has all of them already.
  bool fetch(const live::FetchRequest& project, const live::SyncFolder* folder, const nb::object& progress,
             const nb::object& notes) {
    live::FetchRequest request = project;
    if (folder != nullptr) folder->narrow(request);
    fetched_.emplace(value_of(run_interruptibly({progress, notes}, [&](const live::Hooks& hooks) {
      return pipeline::fetch_project(request, options_, base::system_clock(hooks.stop), hooks, journal_);
    })));
    return folder == nullptr || value_of(folder->has_news(*fetched_));
  }

  [[nodiscard]] const live::Fetched& fetched() const { return fetched_.value(); }

  /// Removes the journal of the fetching: the import is done.
  void finish() {
    if (!journal_) return;
    const base::Status removed = std::move(*journal_).remove();
    journal_.reset();
    check(removed);
  }
  /// Closes the journal and keeps it.
  void leave() { journal_.reset(); }

 private:
  std::vector<NamedStream> streams_;  // the options refer to them
  pipeline::ImportOptions options_;
  std::optional<live::Journal> journal_;
  std::optional<live::Fetched> fetched_;
};

/// Pairs of the folders that have the newest record now, and had it before, by conversation.
nb::dict take_fetched(live::SyncFolder& folder, const ImportRequest& request) {
  nb::dict out;
  for (const live::SyncChange& one : value_of(folder.take(request.fetched())))
    out[to_text(one.conversation)] = nb::make_tuple(one.version, one.before);
  return out;
}

/// The report as JSON.
std::string import_dataset(const ImportRequest& request, const nb::bytes& folder, bool force,
                           const nb::object& progress) {
  pipeline::OutputOptions output;
  output.folder = text_of(folder);
  output.force = force;
  auto report = run_interruptibly({progress}, [&](const pipeline::Hooks& hooks) {
    return pipeline::import_to_folder(request.options(), output, hooks);
  });
  return value_of(std::move(report)).json();
}

/// The records of an import as they are built. At most some megabytes wait to be taken.
class RecordStream {
 public:
  explicit RecordStream(const ImportRequest& request) : worker_([this, &request] { run(request.options()); }) {}
  RecordStream(const RecordStream&) = delete;
  RecordStream& operator=(const RecordStream&) = delete;
  ~RecordStream() { close(); }

  /// The next record; None at the end.
  nb::object next(const nb::object& progress) {
    for (;;) {
      std::optional<std::string> record;
      bool ended = false;
      {
        const nb::gil_scoped_release release;
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, k_look, [&] { return !waiting_.empty() || ended_; });
        if (!waiting_.empty()) {
          record = std::move(waiting_.front());
          waiting_.pop_front();
          bytes_ -= record->size();
          changed_.notify_all();
        }
        ended = ended_;
      }
      board_.tell(progress);
      if (record) return to_bytes(*record);
      if (ended) break;
      if (PyErr_CheckSignals() != 0) {
        close();
        throw nb::python_error();
      }
    }
    if (!status_.ok()) raise(status_.error());
    return nb::none();
  }

  /// The report as JSON; empty before the end.
  [[nodiscard]] std::string report() const { return report_; }

  void close() {
    stop_ = true;
    const nb::gil_scoped_release release;
    changed_.notify_all();
    if (worker_.joinable()) worker_.join();
  }

 private:
  static constexpr std::size_t k_most_bytes = 16 << 20;

  void run(const pipeline::ImportOptions& options) {
    auto report = pipeline::import_trajectories(options, board_.hooks(stop_),
                                                [&](const model::Trajectory& trajectory) -> base::Status {
                                                  std::string record;
                                                  record::append_record(record, trajectory);
                                                  std::unique_lock lock(mutex_);
                                                  while (bytes_ > k_most_bytes && !stop_)
                                                    changed_.wait_for(lock, k_look);
                                                  if (stop_) return pipeline::interrupted();
                                                  bytes_ += record.size();
                                                  waiting_.push_back(std::move(record));
                                                  changed_.notify_all();
                                                  return {};
                                                });
    const std::lock_guard lock(mutex_);
    if (report) report_ = report->json();
    else status_ = report.error();
    ended_ = true;
    changed_.notify_all();
  }

  std::atomic<bool> stop_{false};
  ProgressBoard board_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  base::Status status_;
  std::string report_;
  std::thread worker_;  // last: it uses the others
};

}  // namespace

void define_imports(nb::module_& m) {
  nb::class_<ImportRequest>(m, "ImportRequest", "What to import, and how. Times are microseconds since 1970.")
      .def(nb::init<const std::vector<nb::bytes>&, std::vector<NamedStream>, std::optional<std::uint64_t>,
                    std::optional<std::int64_t>, std::optional<std::int64_t>, const std::vector<nb::bytes>&,
                    const std::optional<std::vector<nb::bytes>>&, bool, std::optional<unsigned>,
                    std::optional<std::uint64_t>, std::optional<std::uint64_t>, std::map<std::string, std::string>>(),
           nb::kw_only(), nb::arg("sources"), nb::arg("streams"), nb::arg("limit").none(), nb::arg("since").none(),
           nb::arg("until").none(), nb::arg("conversations"), nb::arg("keys").none(), nb::arg("feedback"),
           nb::arg("threads").none(), nb::arg("memory").none(), nb::arg("max_value").none(), nb::arg("storage"))
      .def(
          "lineage", [](const ImportRequest& request) { return pipeline::lineage_of(request.options()); },
          "What the manifest of a dataset says of where it came from: a JSON object.")
      .def("fetch", &ImportRequest::fetch, nb::arg("project"), nb::arg("folder").none(), nb::kw_only(),
           nb::arg("progress").none(), nb::arg("notes").none(),
           "Brings the runs of a project here, as the source of this import; False when the folder has all of them.")
      .def(
          "how_fetched", [](const ImportRequest& request) { return pipeline::how_fetched(request.fetched()); },
          "What was fetched and how, in words.")
      .def("finish", &ImportRequest::finish, "Forgets how far the fetching had come: the import is done.")
      .def("leave", &ImportRequest::leave, "Keeps how far the fetching had come: the same import goes on from there.");
  nb::class_<live::SyncFolder>(m, "SyncFolder", "A folder that follows a project: a dataset a version.")
      .def(
          "__init__",
          [](live::SyncFolder* self, const nb::bytes& folder) {
            new (self) live::SyncFolder(value_of(live::SyncFolder::open(text_of(folder))));
          },
          nb::arg("folder"))
      .def(
          "next", [](const live::SyncFolder& folder) { return to_bytes(folder.next()); }, "The folder to import into.")
      .def("take", &take_fetched, nb::arg("request"),
           nb::sig("def take(self, request: ImportRequest) -> dict[str, tuple[str, str]]"),
           "Writes down that what was fetched is there: new version and the one before, by conversation.");
  m.def("shut_down", &store::shut_down,
        "Ends what reading from object stores has begun; nothing may be read after it.");
  m.def("import_dataset", &import_dataset, nb::arg("request"), nb::arg("folder"), nb::kw_only(), nb::arg("force"),
        nb::arg("progress").none(),
        "Imports into a dataset folder, which appears whole or not at all; the report as JSON.");
  nb::class_<RecordStream>(m, "RecordStream", "The records of an import, as they are built.")
      .def(nb::init<const ImportRequest&>(), nb::arg("request"), nb::keep_alive<1, 2>())
      .def("next", &RecordStream::next, nb::arg("progress").none(),
           nb::sig("def next(self, progress: object | None) -> bytes | None"),
           "The next record as JSON; None at the end.")
      .def("report", &RecordStream::report, "The report as JSON; empty before the end.")
      .def("close", &RecordStream::close, "Ends the import.");
}

}  // namespace trajectory::python
