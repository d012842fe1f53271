#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>

#include "columnar/stream.h"
#include "langsmith/source.h"

namespace trajectory::python {

/// Name and a function that returns a new `arrow_array_stream` capsule at each call.
using NamedStream = std::pair<std::string, nanobind::object>;

/// Streams of Python objects as sources. They are opened from other threads: the GIL is taken for it.
[[nodiscard]] std::vector<langsmith::StreamSource> stream_sources(const std::vector<NamedStream>& streams);

/// Wraps a stream as a capsule that owns it.
/// https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
[[nodiscard]] nanobind::object to_capsule(ArrowArrayStream* stream);

}  // namespace trajectory::python
