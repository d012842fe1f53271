#pragma once

#include "base/result.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// Fills a record that holds a contract's form and no messages of its own with what the form says: the messages its
/// steps show, each once, in the order in which they are shown first; a model call for every assistant message, whose
/// context is what its step shows before it; tool definitions, reward, error, usage, times, ids. The form stays in the
/// record and counts. Other records stay as they are. Errors: k_bad_format.
[[nodiscard]] base::Status fill_from_contract(model::Trajectory& trajectory);

}  // namespace trajectory::record
