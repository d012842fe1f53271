#pragma once

#include <string>

#include "base/result.h"
#include "langsmith/files.h"
#include "store/settings.h"

namespace trajectory::langsmith {

/// Adds the files behind the URI of an object, a folder or a pattern in an object store: the same as in local folders.
/// In a pattern `*` and `?` do not match a slash; a folder that matches is searched at any depth. Errors: k_usage,
/// k_not_found, k_bad_format (datasets alone), k_remote.
[[nodiscard]] base::Status add_bucket_files(const std::string& text, const store::Settings& settings,
                                            FoundFiles& found);

}  // namespace trajectory::langsmith
