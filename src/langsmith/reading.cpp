#include "langsmith/reading.h"

namespace trajectory::langsmith {

base::Status Reading::hand_on(std::uint32_t file, std::span<const model::Run> runs, std::uint64_t rows,
                              unsigned worker) {
  counts_.read += rows;
  // A Parquet file says beforehand how many it has.
  if (files_[file].kind != FileKind::k_parquet) std::atomic_ref(files_[file].rows) += rows;
  TJ_TRY(consumer_(runs, worker));
  if (control_.progress) control_.progress(rows);
  return {};
}

bool Reading::check(const model::Run& run) {
  if (run.id.empty()) {
    refuse("row_without_id", run.place, "the row has no id");
    return false;
  }
  if (run.trace_id.empty()) {
    refuse("row_without_trace_id", run.place, "the row has no trace_id");
    return false;
  }
  return true;
}

void Reading::refuse(std::string kind, model::Place place, std::string detail) {
  ++counts_.refused;
  tell(std::move(kind), model::Severity::k_refused, place, std::move(detail));
}

void Reading::refuse_large(model::Place place, std::uint64_t bytes) {
  refuse("value_too_large", place,
         "a value of " + std::to_string(bytes) + " bytes, above --max-value " + std::to_string(control_.max_value) +
             ": allow more with --max-value or --memory");
}

void Reading::refuse_rest(model::Place first, std::uint64_t rows, const base::Error& error) {
  counts_.read += rows;
  counts_.refused += rows;
  const bool large = error.code() == base::ErrorCode::k_too_large;
  const std::string which = std::to_string(rows) + " rows from here on ";
  tell(large ? "page_too_large" : "damaged_row_group", model::Severity::k_refused, first,
       large ? which + "lie in " + error.message() + ": allow more with --max-value or --memory"
             : which + "are damaged: export them again");
}

void Reading::warn(std::string kind, model::Place place, std::string detail) {
  tell(std::move(kind), model::Severity::k_warning, place, std::move(detail));
}

void Reading::warn_of(const UnreadableTimes& times, model::Place place) {
  for (const std::string_view name : times)
    if (!name.empty()) warn("unreadable_time", place, std::string(name) + " is no time, so it is left out");
}

void Reading::tell(std::string kind, model::Severity severity, model::Place place, std::string detail) {
  if (control_.problems != nullptr)
    control_.problems->add({std::move(kind), severity,
                            files_[place.file].path + " row " + std::to_string(place.row + 1), std::move(detail)});
}

}  // namespace trajectory::langsmith
