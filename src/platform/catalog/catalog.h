#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/catalog/payload_files.h"
#include "sqlite/database.h"

namespace trajectory::platform::catalog {

/// What the catalog knows of a trajectory without reading its payload: what people list, filter and count by.
struct Facts {
  std::string conversation;
  std::string trace_id;                                     ///< empty: none
  std::string title;                                        ///< the beginning of what the user asked first
  std::string error;                                        ///< empty: none
  std::vector<std::pair<std::string, std::string>> labels;  ///< kind (source, model, tool, tag) and name, distinct
  std::optional<double> reward;
  std::optional<std::int64_t> tokens;
  std::optional<double> cost;  ///< US dollars
  std::optional<std::int64_t> turns;
  std::int64_t steps = 0;
  std::int64_t messages = 0;
  std::int64_t tool_calls = 0;
  std::optional<std::int64_t> time;  ///< of its start, microseconds since 1970 UTC; the upload's where it is not known
  std::optional<std::int64_t> end_time;
};

/// A stored text: one zstd frame, named for what is in it.
struct Payload {
  std::string sha256;      ///< of the text
  std::uint64_t size = 0;  ///< bytes of the text
  std::string frame;
};

/// One trajectory of an upload.
struct Item {
  std::string upload_hash;
  Facts facts;
  Payload payload;
};

/// What became of it.
struct Stored {
  std::string trajectory_id;
  std::string trace_id;
  bool skipped = false;  ///< the same content was there
};

/// Datasets, their versions and trajectories, in a folder: catalog.db, search.db and payloads/. What a call that
/// succeeded has stored survives a kill and a power cut; what a call that failed has stored is not there. Thread-safe:
/// one writer at a time, readers beside it.
class Catalog {
 public:
  /// Makes the folder when it is not there, with rights for its owner alone. Errors: as `make_data_folder`, k_io (also
  /// where another server uses it, or a newer program made it), k_bad_format (damaged).
  [[nodiscard]] static base::Result<std::unique_ptr<Catalog>> open(const std::string& folder);
  ~Catalog();

  /// Stores trajectories in order, all or none. The first of a conversation is added, one with other content than the
  /// latest is a new version of it. Makes the dataset when it is not there. `now`: microseconds since 1970 UTC.
  /// Errors: k_io.
  [[nodiscard]] base::Result<std::vector<Stored>> put(const std::string& dataset, std::span<const Item> items,
                                                      std::int64_t now);

  /// Of (conversation, upload hash) pairs those that are the latest version in the dataset. Errors: k_io.
  [[nodiscard]] base::Result<std::vector<std::optional<Stored>>> known(
      const std::string& dataset, std::span<const std::pair<std::string, std::string>> asked);

  /// The text of a payload, held against its name. Errors: k_not_found (no row names it), k_bad_format (damaged, or its
  /// file is missing), k_io.
  [[nodiscard]] base::Result<std::string> payload(std::string_view sha256);

  /// Runs `work` as the only writer, in a transaction.
  [[nodiscard]] base::Status write(const std::function<base::Status(sqlite::Database&)>& work);
  /// Runs `work` on a view of the catalog that does not change meanwhile, and returns what it returns (a Result or a
  /// Status); tables of the search index are named `search.`. Errors: those of `work`, k_io, k_bad_format (a damaged
  /// database), k_too_large (questions that take longer than ten seconds).
  template <class Work>
  [[nodiscard]] auto read(Work&& work) -> std::invoke_result_t<Work&, sqlite::Database&> {
    std::optional<std::invoke_result_t<Work&, sqlite::Database&>> answer;
    base::Status done = read_view([&](sqlite::Database& database) -> base::Status {
      answer.emplace(work(database));
      return answer->ok() ? base::Status() : base::Status(answer->error());
    });
    if (!done.ok()) return std::move(done).error();
    return *std::move(answer);
  }
  /// Runs `work` while nobody removes anything.
  [[nodiscard]] base::Status beside_removals(const std::function<base::Status()>& work);
  /// Runs `work` while nobody stores payloads or is `beside_removals`: for taking files away. Neither may be begun
  /// inside the other.
  [[nodiscard]] base::Status alone_with_files(const std::function<base::Status(const PayloadFiles&)>& work);
  /// Runs `work` as the only writer of the search index, in a transaction.
  [[nodiscard]] base::Status write_search(const std::function<base::Status(sqlite::Database&)>& work);
  /// Writes what was deleted out of the journals, too. False: somebody still reads the state before, so that it has to
  /// be asked again. Errors: k_io.
  [[nodiscard]] base::Result<bool> forget_deleted();

 private:
  struct Impl;
  explicit Catalog(std::unique_ptr<Impl> impl);
  [[nodiscard]] base::Status read_view(const std::function<base::Status(sqlite::Database&)>& work);
  std::unique_ptr<Impl> impl_;
};

/// The public name of a conversation in a dataset: 32 hexadecimal digits, the same for all its versions.
[[nodiscard]] std::string trajectory_id(std::string_view dataset, std::string_view conversation);

}  // namespace trajectory::platform::catalog
