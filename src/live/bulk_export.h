#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/api.h"
#include "model/run.h"

namespace trajectory::live {

enum class ExportStatus : std::uint8_t {
  k_created,
  k_running,
  k_completed,
  k_failed,
  k_cancelled,
  k_timed_out,
  k_scheduled,
  k_unknown  ///< a word that is newer than this program: not finished
};

[[nodiscard]] ExportStatus export_status(std::string_view word);
[[nodiscard]] std::string_view status_name(ExportStatus status);
[[nodiscard]] bool is_finished(ExportStatus status);

/// A bulk export. https://docs.langchain.com/langsmith/data-export
struct BulkExport {
  std::string id;
  std::string destination;
  std::string project;
  std::optional<model::Micros> start;  ///< of the window on the runs' starts, inclusive
  std::optional<model::Micros> end;    ///< exclusive
  std::string filter;
  bool tells_filter = false;  ///< older servers do not
  ExportStatus status = ExportStatus::k_unknown;
  std::optional<model::Micros> created;
  std::optional<model::Micros> finished;
};

/// What an export did for one stretch of time, usually a day.
struct ExportPart {
  std::string id;
  ExportStatus status = ExportStatus::k_unknown;
  std::optional<model::Micros> start;
  int retries = 0;
  std::string error;  ///< the last one
  std::int64_t rows = 0;
  std::vector<std::string> files;  ///< beginning with the bucket's name
};

struct ExportOrder {
  std::string destination;  ///< id
  std::string project;      ///< id
  model::Micros start = 0;
  model::Micros end = 0;
  std::string filter;
};

[[nodiscard]] base::Result<std::vector<BulkExport>> exports(const Api& api);
[[nodiscard]] base::Result<BulkExport> bulk_export(const Api& api, const std::string& id);
[[nodiscard]] base::Result<std::vector<ExportPart>> export_parts(const Api& api, const std::string& id);
enum class Creation : std::uint8_t {
  k_made,
  k_over_quota,  ///< the workspace's exports of the hour are used up
  k_unclear      ///< no answer, or a failure of the server: the export may have been made
};

struct CreatedExport {
  Creation outcome = Creation::k_made;
  BulkExport made;                   ///< with k_made
  std::optional<base::Error> error;  ///< with the others: what to say of it
};

/// Orders Parquet in its second version, zstandard. Never sent twice unless it was refused. Errors: refusals.
[[nodiscard]] base::Result<CreatedExport> create_export(const Api& api, const ExportOrder& order);
[[nodiscard]] base::Result<BulkExport> cancel_export(const Api& api, const std::string& id);

/// Whether an export is the one that was ordered, and may still become or is complete.
[[nodiscard]] bool answers(const BulkExport& found, const ExportOrder& order);

}  // namespace trajectory::live
