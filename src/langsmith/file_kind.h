#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace trajectory::langsmith {

enum class FileKind : std::uint8_t { k_parquet, k_json_lines, k_json, k_stream };

/// Tells by its first bytes what a file holds: Parquet begins with its magic, JSON with a bracket. Errors:
/// k_bad_format, with what to do for files that are nearly right (empty, compressed, another encoding).
[[nodiscard]] base::Result<FileKind> kind_of(std::string_view bytes);

/// The text without the byte-order mark that some editors put before it.
[[nodiscard]] std::string_view without_mark(std::string_view bytes);

/// Whether a JSON value may hold runs: anything but an object that is neither a run nor a page of them.
[[nodiscard]] bool may_hold_runs(std::string_view json_text);

}  // namespace trajectory::langsmith
