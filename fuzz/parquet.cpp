// The reader of Parquet rows: any bytes are a file whose row groups are read as runs.

#include "columnar/parquet_reader.h"
#include "fuzz/memory_file.h"
#include "langsmith/columns.h"
#include "langsmith/run_row.h"

namespace {

using namespace trajectory;

/// Every text of a row is read, so that one that points nowhere is met here.
std::uint64_t touch(const model::Run& run) {
  std::uint64_t sum = 0;
  for (const std::string_view text :
       {run.id, run.trace_id, run.parent_run_id, run.project_id, run.name, run.status, run.error, run.dotted_order,
        run.inputs, run.outputs, run.extra, run.parent_run_ids, run.feedback_stats})
    for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile bytes;
  bytes.fill({reinterpret_cast<const char*>(data), size});
  const auto file = columnar::ParquetFile::open(bytes.path());
  if (!file) return 0;
  const auto fit = langsmith::fit_columns(file->columns(), bytes.path());
  if (!fit) return 0;
  std::uint64_t rows = 0;
  for (int group = 0; group < file->row_groups(); ++group) {
    fuzz::demand(file->first_row_of(group) + file->rows_in(group) <= file->rows());
    std::uint64_t taken = 0;
    volatile std::uint64_t sum = 0;
    const auto touch_all = [&](const columnar::RowBatch& batch) -> base::Status {
      for (std::size_t row = 0; row < batch.rows; ++row) {
        langsmith::UnreadableTimes unreadable;
        sum = sum + touch(langsmith::run_from_row(batch, row, unreadable));
      }
      taken += batch.rows;
      return {};
    };
    columnar::RowBatch rows_at_hand;
    auto rows_of_group = file->open_row_group(group, fit->names);
    const base::Status status = rows_of_group ? rows_of_group->read(rows_at_hand, {128}, 16 << 20, touch_all)
                                              : base::Status(rows_of_group.error());
    fuzz::demand(status.ok() ? taken == file->rows_in(group) : taken <= file->rows_in(group));
    rows += file->rows_in(group);
  }
  fuzz::demand(rows == file->rows());
  return 0;
}
