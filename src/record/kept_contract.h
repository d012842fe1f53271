#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::record {

using Sink = std::function<base::Status(std::string_view)>;

/// Writes a contract's form that is kept in a record, as `json.dumps(..., indent=2)` would: `text` holds each message
/// once, in `messages`, and steps whose `messages` are half-open ranges over them.
/// Errors: k_bad_format, the sink's.
[[nodiscard]] base::Status emit_kept(std::string_view text, const Sink& sink);

/// The content hash that such a form names; empty when it names none.
[[nodiscard]] std::string kept_hash(std::string_view text);

}  // namespace trajectory::record
