#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/stream.h"

namespace trajectory::columnar {

enum class StreamForm : std::uint8_t {
  k_parquet,
  k_arrow,  ///< https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
};

/// Writes the producer's rows as one file, handed out in pieces as it is made: about a row group is held. Errors: the
/// producer's, the sink's, k_io.
[[nodiscard]] base::Status write_stream(StreamForm form, const std::vector<Field>& schema, const RowProducer& producer,
                                        const std::function<base::Status(std::string_view)>& sink);

}  // namespace trajectory::columnar
