#pragma once

#include <array>

#include "base/result.h"

namespace trajectory::base {

/// What a failure means to each front end.
struct ErrorMeaning {
  ErrorCode code;
  int exit_status;  ///< 0 done, 1 failed, 2 wrong usage, 3 done but some data was refused
  int http_status;
  const char* python_class;  ///< in `trajectory_sdk`
};

inline constexpr auto k_error_table = std::to_array<ErrorMeaning>({
    {ErrorCode::k_usage, 2, 400, "UsageError"},
    {ErrorCode::k_not_found, 1, 404, "MissingSourceError"},
    {ErrorCode::k_exists, 1, 409, "OutputError"},
    {ErrorCode::k_io, 1, 500, "OutputError"},
    {ErrorCode::k_remote, 1, 502, "ServiceError"},
    {ErrorCode::k_bad_format, 1, 422, "SourceError"},
    {ErrorCode::k_missing_column, 1, 422, "SourceError"},
    {ErrorCode::k_too_large, 1, 413, "DataError"},
    {ErrorCode::k_refused_data, 3, 422, "DataError"},
    {ErrorCode::k_denied, 1, 403, "AccessError"},
    {ErrorCode::k_unreachable, 1, 504, "ServiceError"},
    {ErrorCode::k_interrupted, 1, 499, "TrajectoryError"},
    {ErrorCode::k_internal, 1, 500, "TrajectoryError"},
});

/// The row of a code; every code has one.
[[nodiscard]] constexpr const ErrorMeaning& meaning_of(ErrorCode code) {
  for (const ErrorMeaning& row : k_error_table)
    if (row.code == code) return row;
  return k_error_table.back();
}

}  // namespace trajectory::base
