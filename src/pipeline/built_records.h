#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/scratch_file.h"
#include "model/trajectory.h"

namespace trajectory::pipeline {

/// Trajectories that are built out of turn: each waits in a scratch file as a compressed native record. The file must
/// live as long. Thread-safe for trajectories of different numbers.
class BuiltRecords {
 public:
  BuiltRecords(base::ScratchFile& file, std::size_t count) : file_(file), places_(count) {}

  [[nodiscard]] std::size_t count() const { return places_.size(); }
  /// Errors: k_io.
  [[nodiscard]] base::Status put(std::size_t number, const model::Trajectory& trajectory);
  /// Equal to what was put there. Errors: k_io, k_internal (nothing was).
  [[nodiscard]] base::Result<model::Trajectory> get(std::size_t number) const;

 private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;   ///< compressed; 0: nothing is there
    std::uint64_t record = 0;  ///< bytes of the record
  };
  base::ScratchFile& file_;
  std::vector<Place> places_;
};

}  // namespace trajectory::pipeline
