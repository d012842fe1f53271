#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/trajectory.h"

namespace trajectory::platform::client {

/// One trajectory to upload.
struct Item {
  model::Trajectory trajectory;
  /// Whether the whole record is known. Else the contract's form that it keeps (`trajectory.contract`) is all there is.
  bool has_record = true;
};

/// Trajectories by their place. `read` may be asked for any place, best in order; it is called from one thread at a
/// time.
struct Source {
  std::uint64_t size = 0;
  std::function<base::Result<Item>(std::uint64_t place)> read;
};

/// A trajectory in the contract's form, as `tj.save` writes it. Errors: k_bad_format.
[[nodiscard]] base::Result<Item> item_of_contract(std::string_view json);

/// The same from the form that a record keeps (`model::Trajectory::contract`). Errors: k_bad_format.
[[nodiscard]] base::Result<Item> item_of_kept(std::string kept_json);

/// Everything at these paths, one after the other: datasets, native JSON lines, folders of an import, files of the
/// contract's form and folders of them. Files of datasets are held against their checksums. Errors: k_not_found,
/// k_bad_format (nothing of these), k_io.
[[nodiscard]] base::Result<Source> open_sources(const std::vector<std::string>& paths);

}  // namespace trajectory::platform::client
