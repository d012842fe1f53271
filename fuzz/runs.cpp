// The JSON reader of runs, with everything behind it: any bytes are a file that is imported, at once and in passes.

#include "fuzz/check_record.h"
#include "pipeline/import.h"

namespace {

using namespace trajectory;

/// The records of an import, as their JSON; empty where there is nothing to import.
std::vector<std::string> imported(const std::string& path, std::uint64_t memory, bool check) {
  pipeline::ImportOptions options;
  options.sources = {path};
  options.memory = memory;
  std::vector<std::string> records;
  const auto report =
      pipeline::import_trajectories(options, {}, [&](const model::Trajectory& trajectory) -> base::Status {
        if (check) fuzz::check_record(trajectory);
        record::append_record(records.emplace_back(), trajectory);
        return {};
      });
  fuzz::demand(!report.ok() || report->adds_up());
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile file;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with("PAR1")) return 0;  // a target of its own
  file.fill(bytes);
  fuzz::demand(imported(file.path(), 0, true) == imported(file.path(), 1, false));
  return 0;
}
