#pragma once

#include <memory>
#include <string>

#include <arrow/filesystem/filesystem.h>

#include "store/settings.h"

namespace trajectory::store {

/// The file system of one provider, its paths BUCKET/KEY. Nothing is asked of the provider yet, but for the region of a
/// bucket of AWS, when it is not known. The S3 library is loaded when it is first needed.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::fs::FileSystem>> connect(const Access& access,
                                                                            const std::string& bucket);

}  // namespace trajectory::store
