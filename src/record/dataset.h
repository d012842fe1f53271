#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/trajectory.h"
#include "record/output.h"

namespace trajectory::record {

[[nodiscard]] base::Result<std::unique_ptr<TrajectoryWriter>> make_dataset_writer(const std::string& folder);

/// Whether files are held against the checksums in the manifest, which reads them once as a whole.
enum class Checksums : std::uint8_t { k_compare, k_trust };

struct ConversationName {
  std::string conversation_id;
  std::string project_id;
};

/// A dataset open for reading its trajectories in any order. The row group of the latest one stays decoded (about
/// 16 MB of text), so reading in order is fast. Not thread-safe.
class DatasetReader {
 public:
  /// Errors: k_bad_format (no dataset, a damaged file, a newer version), k_io.
  [[nodiscard]] static base::Result<DatasetReader> open(const std::string& folder, Checksums checksums);
  ~DatasetReader();
  DatasetReader(DatasetReader&&) noexcept;

  /// Another reader of the same open files, whatever the folder holds by now: for another thread. Errors: as `open`.
  [[nodiscard]] base::Result<DatasetReader> another() const;

  /// The text of manifest.json.
  [[nodiscard]] const std::string& manifest() const;
  /// Conversations' ids with their projects, in order. Errors: k_bad_format.
  [[nodiscard]] base::Result<std::vector<ConversationName>> names();

  /// Trajectories, in order of conversation id.
  [[nodiscard]] std::uint64_t rows() const;
  /// Errors: k_not_found (no such row), k_bad_format, k_io.
  [[nodiscard]] base::Result<model::Trajectory> read(std::uint64_t row);

 private:
  struct Impl;
  explicit DatasetReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Why a folder without a manifest is no dataset.
[[nodiscard]] base::Error no_manifest(const std::string& folder);

/// Reads a whole dataset in order, checksums compared, until the consumer returns false. Errors: as above, and the
/// consumer's.
[[nodiscard]] base::Status read_dataset(const std::string& folder,
                                        const std::function<base::Result<bool>(model::Trajectory)>& consumer);

/// The `lineage` of a dataset's manifest: a JSON object.
[[nodiscard]] base::Result<std::string> read_dataset_lineage(const std::string& folder);

}  // namespace trajectory::record
