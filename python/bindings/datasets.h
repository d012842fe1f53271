#pragma once

#include <nanobind/nanobind.h>

#include "base/result.h"
#include "record/dataset.h"

namespace trajectory::python {

/// A reader of the files that a `_core.Dataset` has open. Needs the GIL.
[[nodiscard]] base::Result<record::DatasetReader> another_reader(nanobind::handle dataset);

}  // namespace trajectory::python
