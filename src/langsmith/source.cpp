#include "langsmith/source.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/file_stamp.h"
#include "base/mapped_file.h"
#include "base/threads.h"
#include "columnar/parquet_reader.h"
#include "langsmith/block_reader.h"
#include "langsmith/columns.h"
#include "langsmith/file_kind.h"
#include "langsmith/files.h"
#include "langsmith/json_elements.h"
#include "langsmith/read_ahead.h"
#include "langsmith/reading.h"
#include "langsmith/run_row.h"
#include "store/bucket.h"

namespace trajectory::langsmith {

namespace {

/// Enough of a file to tell its kind.
constexpr std::uint64_t k_head_bytes = 4096;
/// Files of object stores that are opened at once: what that takes is waiting.
constexpr unsigned k_openings = 16;

struct OpenFile {
  std::optional<base::FileStamp> stamp;   ///< of a file, before it was looked into
  std::vector<std::string_view> columns;  ///< of a table, to read
  std::optional<columnar::ParquetFile> parquet;
  std::optional<base::MappedFile> text;
  std::optional<StreamSource> stream;
  std::optional<columnar::StreamReader> batches;  ///< of the stream, for the present reading
};

/// A row group, a stretch of text, or a stream.
struct Unit {
  std::uint32_t file = 0;
  std::uint64_t first_row = 0;
  int row_group = 0;
  JsonBlock block;
};

/// A row group that is being read, by one worker or by several.
struct RowGroup {
  /// Opens it for whoever comes first.
  template <class Fetch>
  base::Status open(const columnar::ParquetFile& file, int row_group, const std::vector<std::string_view>& columns,
                    const Fetch& fetch) {
    const std::lock_guard lock(mutex);
    if (begun) return {};
    begun = true;
    auto opened = file.open_row_group(row_group, columns, fetch());
    if (!opened) return std::move(opened).error();
    rows.emplace(std::move(*opened));
    return {};
  }

  std::mutex mutex;
  bool begun = false;
  std::optional<columnar::RowGroupReader> rows;  ///< none when it could not be opened
};

/// A file or stream that was opened, and what it will be when it is kept.
struct Candidate {
  SourceFile file;
  OpenFile opened;
  std::vector<Unit> units;
  std::vector<model::Problem> problems;
  bool holds_runs = true;

  base::Status open(const FoundFile& found, const store::Settings& settings);
  base::Status open_parquet(columnar::ParquetFile parquet);
  base::Status open_text(base::MappedFile mapped, bool outright);
  base::Status take_columns(const std::vector<columnar::ColumnInfo>& columns);
};

/// The size of a text in the row that the reader left out; 0 when there is none.
std::uint64_t large_value_in(const columnar::RowBatch& batch, std::size_t row) {
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    const columnar::Cell& cell = batch.columns[i][row];
    if (k_run_columns[i].use == ColumnUse::k_text && cell.present && cell.text.data() == nullptr)
      return static_cast<std::uint64_t>(cell.integer);
  }
  return 0;
}

base::Status take_rows(const columnar::RowBatch& batch, std::uint32_t file, unsigned worker, Reading& reading) {
  std::vector<model::Run> runs;
  runs.reserve(batch.rows);
  for (std::size_t row = 0; row < batch.rows; ++row) {
    const model::Place place{file, batch.first_row + row};
    if (const std::uint64_t bytes = large_value_in(batch, row); bytes > 0) {
      reading.refuse_large(place, bytes);
      continue;
    }
    UnreadableTimes unreadable;
    model::Run run = run_from_row(batch, row, unreadable);
    run.place = place;
    if (!reading.check(run)) continue;
    reading.warn_of(unreadable, place);
    runs.push_back(run);
  }
  return reading.hand_on(file, runs, batch.rows, worker);
}

}  // namespace

struct RunSource::Impl {
  std::vector<SourceFile> files;
  std::vector<OpenFile> open;
  std::vector<Unit> units;
  std::uint64_t others = 0;
  std::vector<model::Problem> problems;  ///< met before any row was read
  RowCounts counts;                      ///< of the last reading

  base::Status add(std::vector<FoundFile> found, const store::Settings& settings);
  void keep(Candidate candidate);
  base::Status add(const StreamSource& stream);
  base::Status begin_streams();
  base::Status read_units(Reading& reading);
  base::Status read_row_group(const Unit& unit, RowGroup& group, ReadAhead& ahead, std::size_t index,
                              columnar::RowBatch& batch, unsigned worker, Reading& reading);

  [[nodiscard]] std::vector<std::vector<std::string>> missing_by_table() const {
    std::vector<std::vector<std::string>> out;
    for (const SourceFile& file : files)
      if (file.kind == FileKind::k_parquet || file.kind == FileKind::k_stream) out.push_back(file.missing_columns);
    return out;
  }

  /// Whether every file is the one that was opened: what is read of a file that somebody writes to is of no moment.
  [[nodiscard]] base::Status check_unchanged() const {
    for (std::size_t i = 0; i < files.size(); ++i)
      if (open[i].stamp && base::stamp_of(files[i].path) != open[i].stamp)
        return base::Error(base::ErrorCode::k_io,
                           "the file was changed, moved or removed while it was read: import it when it is complete")
            .with(files[i].path);
    return {};
  }
};

base::Status Candidate::take_columns(const std::vector<columnar::ColumnInfo>& columns) {
  auto fit = fit_columns(columns, file.path);
  if (!fit) return std::move(fit).error();
  opened.columns = std::move(fit->names);
  file.missing_columns = std::move(fit->missing);
  problems = std::move(fit->unreadable);
  return {};
}

base::Status Candidate::open(const FoundFile& found, const store::Settings& settings) {
  file.path = found.path;
  if (found.elsewhere == nullptr) opened.stamp = base::stamp_of(file.path);
  // Of an object store a Parquet file is read by ranges, and anything else brought here as a whole.
  if (found.elsewhere != nullptr && found.path.ends_with(".parquet")) {
    file.bytes = found.elsewhere->size();
    auto parquet = columnar::ParquetFile::open(found.elsewhere);
    if (parquet) return open_parquet(std::move(*parquet));
    if (parquet.error().code() != base::ErrorCode::k_bad_format) return std::move(parquet).error();
    std::string head(std::min<std::uint64_t>(file.bytes, k_head_bytes), '\0');
    TJ_TRY(found.elsewhere->read(0, head));
    const auto kind = kind_of(head);
    if (!kind) return base::Error(kind.error()).with(file.path);
    if (*kind == FileKind::k_parquet) return std::move(parquet).error();
  }
  auto mapped =
      found.elsewhere != nullptr ? store::download(*found.elsewhere, settings) : base::MappedFile::open(file.path);
  if (!mapped) return std::move(mapped).error();
  file.bytes = mapped->bytes().size();
  auto kind = kind_of(mapped->bytes());
  if (!kind) return std::move(kind).error().with(file.path);
  file.kind = *kind;
  if (file.kind != FileKind::k_parquet) return open_text(std::move(*mapped), found.outright);
  auto parquet = found.elsewhere != nullptr ? columnar::ParquetFile::open(found.elsewhere)
                                            : columnar::ParquetFile::open(file.path);
  if (!parquet) return std::move(parquet).error();
  return open_parquet(std::move(*parquet));
}

base::Status Candidate::open_parquet(columnar::ParquetFile parquet) {
  TJ_TRY(take_columns(parquet.columns()));
  file.kind = FileKind::k_parquet;
  file.rows = parquet.rows();
  for (int group = 0; group < parquet.row_groups(); ++group)
    units.push_back({0, parquet.first_row_of(group), group, {}});
  opened.parquet.emplace(std::move(parquet));
  return {};
}

base::Status Candidate::open_text(base::MappedFile mapped, bool outright) {
  opened.text.emplace(std::move(mapped));
  const bool lines = file.kind == FileKind::k_json_lines;
  const std::string_view text = without_mark(opened.text->bytes());
  for (JsonBlock& block : lines ? split_lines(text, k_block_bytes) : split_values(text, k_block_bytes))
    units.push_back({0, block.first, 0, std::move(block)});
  auto elements = units.empty() ? std::vector<std::string_view>() : units[0].block.elements;
  if (lines && !units.empty()) elements = lines_of(units[0].block.text);
  const auto first = std::find_if(elements.begin(), elements.end(), [](std::string_view element) {
    return element.starts_with('{') || element.starts_with('[');
  });
  holds_runs = elements.empty() || (first != elements.end() && may_hold_runs(*first));
  if (holds_runs || !outright) return {};
  return base::Error(base::ErrorCode::k_bad_format,
                     "no runs: the first value in it has neither id nor trace_id, as runs of the LangSmith API do")
      .with(file.path);
}

void RunSource::Impl::keep(Candidate candidate) {
  if (!candidate.holds_runs) {
    ++others;
    return;
  }
  for (Unit& unit : candidate.units) {
    unit.file = static_cast<std::uint32_t>(files.size());
    units.push_back(std::move(unit));
  }
  problems.insert(problems.end(), candidate.problems.begin(), candidate.problems.end());
  files.push_back(std::move(candidate.file));
  open.push_back(std::move(candidate.opened));
}

/// A bad file is a problem beside others that can be read, and the end when there is none.
base::Status RunSource::Impl::add(std::vector<FoundFile> found, const store::Settings& settings) {
  std::vector<Candidate> candidates(found.size());
  std::vector<std::optional<base::Error>> errors(found.size());
  const bool elsewhere =
      std::any_of(found.begin(), found.end(), [](const FoundFile& file) { return file.elsewhere != nullptr; });
  TJ_TRY(base::parallel_for(elsewhere ? k_openings : 1, found.size(), [&](std::size_t i, unsigned) -> base::Status {
    base::Status opened = candidates[i].open(found[i], settings);
    if (opened.ok()) return {};
    // What an object store does not hand out is not bad, it is missing.
    const base::ErrorCode code = opened.error().code();
    const bool bad = code == base::ErrorCode::k_bad_format || code == base::ErrorCode::k_missing_column;
    if (found[i].elsewhere != nullptr && !bad) return opened;
    errors[i] = std::move(opened).error();
    return {};
  }));
  std::optional<base::Error> first;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!errors[i]) {
      keep(std::move(candidates[i]));
      continue;
    }
    problems.push_back({"unreadable_file", model::Severity::k_refused, found[i].path, errors[i]->message()});
    if (!first) first = std::move(errors[i]);
  }
  if (files.empty() && first) return *std::move(first);
  return {};
}

base::Status RunSource::Impl::add(const StreamSource& stream) {
  Candidate candidate;
  candidate.file.path = stream.name;
  candidate.file.kind = FileKind::k_stream;
  candidate.opened.stream = stream;
  auto batches = stream.open();
  if (!batches) return std::move(batches).error().with(stream.name);
  TJ_TRY(candidate.take_columns(batches->columns()));
  candidate.opened.batches.emplace(std::move(*batches));
  candidate.units.emplace_back();
  keep(std::move(candidate));
  return {};
}

/// Opens the streams that an earlier reading has used up.
base::Status RunSource::Impl::begin_streams() {
  for (OpenFile& file : open) {
    if (!file.stream || file.batches) continue;
    auto batches = file.stream->open();
    if (!batches) return std::move(batches).error().with(file.stream->name);
    file.batches.emplace(std::move(*batches));
  }
  return {};
}

base::Status RunSource::Impl::read_units(Reading& reading) {
  const ReadControl& control = reading.control();
  std::vector<const Unit*> wanted;
  for (std::size_t i = 0; i < units.size(); ++i)
    if (control.units == nullptr || (*control.units)[i]) wanted.push_back(&units[i]);
  std::vector<RowGroup> groups(wanted.size());
  std::vector<columnar::RowBatch> batches(std::max(control.threads, 1U));
  std::vector<ReadAhead::Item> items(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (const OpenFile& file = open[wanted[i]->file]; file.parquet)
      items[i] = {&*file.parquet, wanted[i]->row_group, file.columns};
  ReadAhead ahead(std::move(items), control.read_ahead);
  // After the last unit was begun, every worker goes round once more and helps where rows are left.
  const std::size_t count = wanted.size() * std::max(control.threads, 1U);
  return base::parallel_for(control.threads, count, [&](std::size_t n, unsigned worker) -> base::Status {
    const std::size_t index = n % wanted.size();
    const Unit& unit = *wanted[index];
    OpenFile& file = open[unit.file];
    if (file.text) {
      if (n != index) return {};
      const bool lines = files[unit.file].kind == FileKind::k_json_lines;
      return BlockReader(reading, unit.file, lines, worker).read(unit.block);
    }
    if (file.parquet) return read_row_group(unit, groups[index], ahead, index, batches[worker], worker, reading);
    return file.batches->read(
        file.columns, control.batch.rows, control.max_value,
        [&](const columnar::RowBatch& batch) { return take_rows(batch, unit.file, worker, reading); });
  });
}

base::Status RunSource::Impl::read_row_group(const Unit& unit, RowGroup& group, ReadAhead& ahead, std::size_t index,
                                             columnar::RowBatch& batch, unsigned worker, Reading& reading) {
  const ReadControl& control = reading.control();
  const OpenFile& file = open[unit.file];
  bool taking = false;
  const base::Status read = [&]() -> base::Status {
    TJ_TRY(group.open(*file.parquet, unit.row_group, file.columns, [&] { return ahead.take(index); }));
    if (!group.rows) return {};
    return group.rows->read(batch, control.batch, control.max_value,
                            [&](const columnar::RowBatch& rows) -> base::Status {
                              taking = true;
                              TJ_TRY(take_rows(rows, unit.file, worker, reading));
                              taking = false;
                              return {};
                            });
  }();
  const bool of_the_group =
      !read.ok() && !taking &&
      (read.error().code() == base::ErrorCode::k_bad_format || read.error().code() == base::ErrorCode::k_too_large);
  if (!read.ok() && !of_the_group) return read;
  ahead.done(index);
  if (read.ok()) return {};
  const std::uint64_t decoded = group.rows ? group.rows->rows_decoded() : 0;
  reading.refuse_rest({unit.file, file.parquet->first_row_of(unit.row_group) + decoded},
                      file.parquet->rows_in(unit.row_group) - decoded, read.error());
  return {};
}

RunSource::RunSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunSource::~RunSource() = default;
RunSource::RunSource(RunSource&&) noexcept = default;

base::Result<RunSource> RunSource::open(const std::vector<std::string>& arguments,
                                        const std::vector<StreamSource>& streams, const store::Settings& settings) {
  auto impl = std::make_unique<Impl>();
  if (streams.empty() || !arguments.empty()) {
    auto found = find_files(arguments, settings);
    if (!found) return std::move(found).error();
    impl->others = found->others;
    impl->problems = std::move(found->unreadable);
    TJ_TRY(impl->add(std::move(found->files), settings));
    if (impl->files.empty())
      return base::Error(base::ErrorCode::k_not_found, "no export of runs: none of the files holds any")
          .with(arguments.front());
  }
  for (const StreamSource& stream : streams) TJ_TRY(impl->add(stream));
  return RunSource(std::move(impl));
}

const std::vector<SourceFile>& RunSource::files() const { return impl_->files; }
std::uint64_t RunSource::other_files() const { return impl_->others; }
std::uint64_t RunSource::rows_read() const { return impl_->counts.read; }
std::uint64_t RunSource::rows_refused() const { return impl_->counts.refused; }

std::size_t RunSource::units() const { return impl_->units.size(); }

std::uint32_t RunSource::unit_of(model::Place place) const {
  const auto next =
      std::upper_bound(impl_->units.begin(), impl_->units.end(), place, [](const model::Place& at, const Unit& unit) {
        return std::pair(at.file, at.row) < std::pair(unit.file, unit.first_row);
      });
  return static_cast<std::uint32_t>(next - impl_->units.begin() - 1);
}

std::uint64_t RunSource::known_rows(const std::vector<bool>* units) const {
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < impl_->units.size(); ++i) {
    if (units != nullptr && !(*units)[i]) continue;
    const Unit& unit = impl_->units[i];
    const auto& parquet = impl_->open[unit.file].parquet;
    if (!parquet) return 0;
    rows += parquet->rows_in(unit.row_group);
  }
  return rows;
}

base::Status RunSource::read(const ReadControl& control, const RunConsumer& consumer) {
  impl_->counts.read = 0;
  impl_->counts.refused = 0;
  if (control.problems != nullptr) {
    for (const model::Problem& problem : impl_->problems) control.problems->add(problem);
    for (const model::Problem& problem : missing_columns(impl_->missing_by_table())) control.problems->add(problem);
  }
  for (SourceFile& file : impl_->files)
    if (file.kind != FileKind::k_parquet) file.rows = 0;
  TJ_TRY(impl_->begin_streams());
  Reading reading(impl_->files, impl_->counts, control, consumer);
  base::Status status = impl_->read_units(reading);
  for (OpenFile& file : impl_->open) file.batches.reset();
  columnar::release_page_memory();
  if (status.ok() || status.error().code() != base::ErrorCode::k_interrupted) TJ_TRY(impl_->check_unchanged());
  return status;
}

}  // namespace trajectory::langsmith
