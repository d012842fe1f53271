#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/run.h"
#include "sqlite/database.h"

namespace trajectory::live {

/// A stretch of time whose root runs are still to be listed, newest first.
struct Window {
  std::int64_t id = 0;
  std::optional<model::Micros> begin;
  std::optional<model::Micros> end;  ///< moves back as pages are taken
};

/// A root run as the service gave it, reduced to what places it.
struct Root {
  std::string trace_id;
  model::Micros start = 0;
  std::optional<model::Micros> end;
  std::string row;  ///< JSON of the run
};

/// Some traces that are fetched together: by queries into one file, or by one bulk export.
struct Batch {
  std::int64_t id = 0;
  std::vector<std::string> traces;  ///< empty: every trace of the window (bulk)
  model::Micros begin = 0;          ///< of the window of its runs
  model::Micros end = 0;
  std::string state;      ///< "planned", "asked", "running", "done"
  std::string export_id;  ///< bulk
  std::string files;      ///< what it gave: JSON list of texts
  std::int64_t rows = 0;  ///< runs in them
};

/// Where answers are kept, below the folder of a journal.
inline constexpr const char* k_answers = "answers";

/// What is done of one import, in a folder of its own that no other process uses meanwhile: a process that was killed
/// at any moment is gone on with from here. Folder 0700, files 0600, no keys in them. May be used by one thread at a
/// time.
class Journal {
 public:
  /// Opens or makes the folder's journal. `request`: what is imported, in words that are equal for equal requests.
  /// Errors: k_usage (the folder belongs to another request, or is no state folder), k_io (another process is at
  /// it), those of `sqlite::Database::open`.
  [[nodiscard]] static base::Result<Journal> open(const std::string& folder, const std::string& request);
  ~Journal();
  Journal(Journal&&) noexcept;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Whether something was there already.
  [[nodiscard]] bool resumed() const { return resumed_; }

  [[nodiscard]] base::Result<std::optional<std::string>> fact(std::string_view name);
  [[nodiscard]] base::Status set_fact(std::string_view name, std::string_view value);

  /// Writes down the windows to list, together with a fact that says so.
  [[nodiscard]] base::Status begin_windows(const std::vector<Window>& windows, std::string_view fact);
  [[nodiscard]] base::Result<std::vector<Window>> open_windows();
  /// Takes a page's roots, and in the same step what is left of its window: nothing when `rest` is none.
  [[nodiscard]] base::Status take_page(std::int64_t window, const std::vector<Root>& roots,
                                       const std::optional<Window>& rest);
  [[nodiscard]] base::Status each_root(const std::function<base::Status(const Root&)>& take);
  [[nodiscard]] base::Result<std::uint64_t> count_roots();

  /// Plans the batches, once, together with a fact that says so.
  [[nodiscard]] base::Status plan(const std::vector<Batch>& batches, std::string_view fact, std::string_view value);
  [[nodiscard]] base::Result<std::vector<Batch>> batches();
  /// Writes down a batch's state, export, files and rows.
  [[nodiscard]] base::Status update(const Batch& batch);
  /// Forgets the plan, to make another.
  [[nodiscard]] base::Status drop_plan();

  /// Removes the folder and everything in it; the journal is closed.
  [[nodiscard]] base::Status remove() &&;

 private:
  Journal(std::string folder, int lock, sqlite::Database database);
  std::string folder_;
  int lock_ = -1;
  bool resumed_ = false;
  std::optional<sqlite::Database> database_;
};

/// What imports that did not come to their end have left below a folder of states.
struct LeftStates {
  std::vector<std::string> folders;  ///< those that no process is at, the latest last
  model::Micros latest = 0;          ///< when the last of them was written to
  std::uint64_t bytes = 0;
};
[[nodiscard]] LeftStates left_states(const std::string& states);

/// Removes of these what was last written to before a moment. Returns how many were.
std::size_t remove_left_states(const std::string& states, model::Micros before);

/// A list of texts as JSON, and back.
[[nodiscard]] std::string joined(const std::vector<std::string>& texts);
[[nodiscard]] std::vector<std::string> split(std::string_view json_list);

}  // namespace trajectory::live
