#include "columnar/parquet_reader.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include <arrow/io/file.h>
#include <parquet/api/reader.h>

#include "columnar/cells.h"
#include "columnar/column_cursor.h"
#include "columnar/page_memory.h"
#include "columnar/range_input.h"

namespace trajectory::columnar {

namespace {

base::Error cannot_open(const std::string& path) {
  return base::Error(base::ErrorCode::k_io, "cannot open the file: it is not there, or may not be read").with(path);
}

/// What the pages of a row group may unpack to, where its values may have so many bytes: a dictionary of one such value
/// is held twice, and writers make pages of 100 MB out of long texts.
std::uint64_t most_in_pages(std::uint64_t most_bytes) {
  constexpr std::uint64_t k_least = 128 << 20;
  return most_bytes > UINT64_MAX / 2 ? UINT64_MAX : std::max(2 * most_bytes, k_least);
}

/// Where the bytes of a file come from.
enum class Bytes { k_here, k_elsewhere, k_fetched };

parquet::ReaderProperties properties_of(Bytes from, PageMemory* memory) {
  parquet::ReaderProperties properties(memory != nullptr ? memory : arrow::default_memory_pool());
  if (from != Bytes::k_fetched) properties.enable_buffered_stream();
  properties.set_buffer_size(from == Bytes::k_elsewhere ? 4 << 20 : 1 << 20);
  // The footer of a file of many row groups comes with the first request, too.
  if (from == Bytes::k_elsewhere) properties.set_footer_read_size(256 << 10);
  properties.set_page_checksum_verification(true);
  return properties;
}

base::Error encrypted(const std::string& path) {
  return base::Error(base::ErrorCode::k_bad_format, "the Parquet file is encrypted: export it without encryption")
      .with(path);
}

base::Error unreadable(const std::string& path) {
  return base::Error(base::ErrorCode::k_bad_format,
                     "not a readable Parquet file: it is damaged, cut off or encrypted, export it again")
      .with(path);
}

}  // namespace

struct FetchedRowGroups::Impl {
  std::shared_ptr<RangeInput> input;
};

FetchedRowGroups::FetchedRowGroups(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FetchedRowGroups::~FetchedRowGroups() = default;
FetchedRowGroups::FetchedRowGroups(FetchedRowGroups&&) noexcept = default;

struct ParquetFile::Impl {
  /// The column of that name, if it can be read; else -1.
  [[nodiscard]] int place_of(std::string_view name) const {
    const auto layout =
        std::find_if(layouts.begin(), layouts.end(), [&](const ColumnLayout& l) { return l.info.name == name; });
    const bool readable = layout != layouts.end() && layout->info.kind != ColumnKind::k_unreadable;
    return readable ? static_cast<int>(layout - layouts.begin()) : -1;
  }

  /// What a failed reading of an input means: the file elsewhere failed, or it is damaged.
  [[nodiscard]] static base::Error error_of(const std::shared_ptr<RangeInput>& input, base::Error damaged) {
    if (input != nullptr)
      if (auto failure = input->failure()) return *std::move(failure);
    return damaged;
  }

  /// Whether values of a column are written as what they differ in from the one before.
  [[nodiscard]] bool is_front_coded(int row_group, int place) const {
    const auto chunk = metadata->RowGroup(row_group)->ColumnChunk(place);
    return std::ranges::find(chunk->encodings(), parquet::Encoding::DELTA_BYTE_ARRAY) != chunk->encodings().end();
  }

  [[nodiscard]] base::Error damaged_row_group(const std::shared_ptr<RangeInput>& input) const {
    return error_of(input, base::Error(base::ErrorCode::k_bad_format, "a damaged row group").with(path));
  }

  /// A reader of what was fetched, or else of the file. A local file is opened anew for each row group: an export may
  /// have more files than a process can hold open.
  [[nodiscard]] std::unique_ptr<parquet::ParquetFileReader> open_reader(const std::shared_ptr<RangeInput>& fetched,
                                                                        PageMemory* memory) const {
    if (fetched != nullptr)
      return parquet::ParquetFileReader::Open(fetched, properties_of(Bytes::k_fetched, memory), metadata);
    if (elsewhere != nullptr)
      return parquet::ParquetFileReader::Open(elsewhere, properties_of(Bytes::k_elsewhere, memory), metadata);
    auto file = arrow::io::ReadableFile::Open(path);
    if (!file.ok()) return nullptr;
    return parquet::ParquetFileReader::Open(*std::move(file), properties_of(Bytes::k_here, memory), metadata);
  }

  std::string path;
  std::shared_ptr<RangeInput> elsewhere;  ///< of a file that is not local
  std::shared_ptr<parquet::FileMetaData> metadata;
  std::vector<ColumnLayout> layouts;
  std::vector<ColumnInfo> columns;
  std::vector<std::uint64_t> first_rows;
};

ParquetFile::ParquetFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetFile::~ParquetFile() = default;
ParquetFile::ParquetFile(ParquetFile&&) noexcept = default;

base::Result<ParquetFile> ParquetFile::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  return open(std::move(impl));
}

base::Result<ParquetFile> ParquetFile::open(std::shared_ptr<const base::RangeFile> file) {
  auto impl = std::make_unique<Impl>();
  impl->path = file->name();
  impl->elsewhere = std::make_shared<RangeInput>(std::move(file));
  return open(std::move(impl));
}

base::Result<ParquetFile> ParquetFile::open(std::unique_ptr<Impl> impl) {
  const std::string& path = impl->path;
  try {
    const auto reader = impl->open_reader(nullptr, nullptr);
    if (reader == nullptr) return cannot_open(path);
    impl->metadata = reader->metadata();
    const auto& metadata = *impl->metadata;
    if (metadata.is_encryption_algorithm_set()) return encrypted(path);  // columns of it, if not the footer
    for (int i = 0; i < metadata.num_columns(); ++i) impl->layouts.push_back(layout_of(*metadata.schema()->Column(i)));
    std::int64_t first = 0;
    for (int group = 0; group < metadata.num_row_groups(); ++group) {
      const auto row_group = metadata.RowGroup(group);
      const std::int64_t rows = row_group->num_rows();
      impl->first_rows.push_back(static_cast<std::uint64_t>(first));
      if (rows < 0 || __builtin_add_overflow(first, rows, &first)) return unreadable(path);
      for (int i = 0; i < metadata.num_columns(); ++i) {
        const auto chunk = row_group->ColumnChunk(i);
        // A value a row, null or not: a count that says otherwise would lose rows, or find some that are not there.
        if (metadata.schema()->Column(i)->max_repetition_level() == 0 && chunk->num_values() != rows)
          return unreadable(path);
        impl->layouts[static_cast<std::size_t>(i)].info.bytes +=
            static_cast<std::uint64_t>(std::max<std::int64_t>(chunk->total_uncompressed_size(), 0));
      }
    }
    if (metadata.num_rows() != first) return unreadable(path);
  } catch (const std::exception&) {
    return Impl::error_of(impl->elsewhere, unreadable(impl->path));
  }
  for (const ColumnLayout& layout : impl->layouts) impl->columns.push_back(layout.info);
  return ParquetFile(std::move(impl));
}

std::uint64_t ParquetFile::rows() const { return static_cast<std::uint64_t>(impl_->metadata->num_rows()); }
int ParquetFile::row_groups() const { return static_cast<int>(impl_->first_rows.size()); }
std::uint64_t ParquetFile::rows_in(int row_group) const {
  return static_cast<std::uint64_t>(impl_->metadata->RowGroup(row_group)->num_rows());
}
std::uint64_t ParquetFile::first_row_of(int row_group) const {
  return impl_->first_rows[static_cast<std::size_t>(row_group)];
}
const std::vector<ColumnInfo>& ParquetFile::columns() const { return impl_->columns; }

std::uint64_t ParquetFile::stored_bytes(int row_group, std::span<const std::string_view> columns) const {
  const auto group = impl_->metadata->RowGroup(row_group);
  std::uint64_t bytes = 0;
  for (const std::string_view name : columns)
    if (const int place = impl_->place_of(name); place >= 0)
      bytes += static_cast<std::uint64_t>(group->ColumnChunk(place)->total_compressed_size());
  return bytes;
}

std::shared_ptr<const FetchedRowGroups> ParquetFile::fetch(const std::vector<int>& row_groups,
                                                           std::span<const std::string_view> columns) const {
  constexpr std::int64_t k_hole = 256 << 10;  // cheaper to read over than to ask anew
  constexpr std::int64_t k_range = 64 << 20;
  if (impl_->elsewhere == nullptr) return nullptr;
  std::vector<int> places;
  for (const std::string_view name : columns)
    if (const int place = impl_->place_of(name); place >= 0) places.push_back(place);
  try {
    const auto reader = impl_->open_reader(impl_->elsewhere, nullptr);
    const auto ranges = reader->GetReadRanges(row_groups, places, k_hole, k_range);
    if (!ranges.ok()) return nullptr;
    auto fetched = std::make_unique<FetchedRowGroups::Impl>();
    fetched->input = std::make_shared<RangeInput>(impl_->elsewhere->file());
    fetched->input->fetch(*ranges);
    return std::make_shared<const FetchedRowGroups>(FetchedRowGroups(std::move(fetched)));
  } catch (const std::exception&) {
    return nullptr;  // the reading without it tells what is wrong
  }
}

struct RowGroupReader::Impl {
  /// Decodes the next rows into the batch; none are left when it has none.
  base::Status next(BatchSize size, std::uint64_t most_bytes, RowBatch& batch) {
    const std::lock_guard lock(mutex);
    batch.texts.reset();
    batch.rows = closed ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(size.rows, rows - decoded));
    if (batch.rows == 0) {
      close();
      return {};
    }
    memory->limit(most_in_pages(most_bytes));
    batch.first_row = first_row + decoded;
    try {
      decode(size.bytes, most_bytes, batch);
      if (decoded + batch.rows == rows)
        for (const auto& cursor : cursors)
          if (cursor) cursor->expect_end();
    } catch (const std::exception&) {
      base::Error error = memory->refused() ? pages_too_large() : file->damaged_row_group(input);
      close();
      return error;
    }
    decoded += batch.rows;
    return {};
  }

  /// Decodes up to `batch.rows` rows, and sets it to how many there are: fewer where their texts are long. A page's
  /// few values may stand in many rows.
  void decode(std::uint64_t batch_bytes, std::uint64_t most_bytes, RowBatch& batch) {
    const std::size_t most_rows = std::exchange(batch.rows, 0);
    batch.columns.resize(cursors.size());
    for (std::vector<Cell>& cells : batch.columns) cells.assign(most_rows, {});
    for (std::uint64_t bytes = 0; batch.rows < most_rows && bytes < batch_bytes;) {
      std::size_t waiting = most_rows - batch.rows;
      for (const auto& cursor : cursors)
        if (cursor) waiting = std::min(waiting, cursor->fill(waiting));
      std::size_t taken = 0;
      for (; taken < waiting && bytes < batch_bytes; ++taken)
        for (const auto& cursor : cursors)
          if (cursor) bytes += std::min(cursor->text_bytes(taken), most_bytes);
      for (std::size_t i = 0; i < cursors.size(); ++i)
        if (cursors[i]) cursors[i]->take(taken, batch.columns[i].data() + batch.rows, batch.texts, most_bytes);
      batch.rows += taken;
    }
    for (std::vector<Cell>& cells : batch.columns) cells.resize(batch.rows);
  }

  /// Hands out no more rows.
  void give_up() {
    const std::lock_guard lock(mutex);
    close();
  }

  /// Whoever reads the group last may be at work with its rows for long.
  void close() {
    closed = true;
    cursors.clear();
    group.reset();
    reader.reset();
    input.reset();
    memory.reset();
  }

  [[nodiscard]] base::Error pages_too_large() const {
    return base::Error(base::ErrorCode::k_too_large,
                       "pages that unpack to more than " + std::to_string(memory->most()) + " bytes")
        .with(file->path);
  }

  const ParquetFile::Impl* file = nullptr;
  std::shared_ptr<RangeInput> input;   ///< none for a local file
  std::shared_ptr<PageMemory> memory;  ///< of what follows
  std::unique_ptr<parquet::ParquetFileReader> reader;
  std::shared_ptr<parquet::RowGroupReader> group;
  std::uint64_t first_row = 0;
  std::uint64_t rows = 0;
  std::mutex mutex;                                    ///< guards what follows
  std::vector<std::unique_ptr<ColumnCursor>> cursors;  ///< none for a column that cannot be read
  std::atomic<std::uint64_t> decoded = 0;
  bool closed = false;
};

RowGroupReader::RowGroupReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowGroupReader::~RowGroupReader() = default;
RowGroupReader::RowGroupReader(RowGroupReader&&) noexcept = default;

std::uint64_t RowGroupReader::rows_decoded() const { return impl_->decoded; }

base::Status RowGroupReader::read(RowBatch& batch, BatchSize size, std::uint64_t most_bytes,
                                  const std::function<base::Status(const RowBatch&)>& consumer) {
  for (;;) {
    TJ_TRY(impl_->next(size, most_bytes, batch));
    if (batch.rows == 0) return {};
    base::Status taken = consumer(batch);
    if (taken.ok()) continue;
    impl_->give_up();  // others may wait for the memory of a group that nobody reads to its end
    return taken;
  }
}

void release_page_memory() { KeptBlocks::pool().ReleaseUnused(); }

base::Result<RowGroupReader> ParquetFile::open_row_group(int row_group, std::span<const std::string_view> columns,
                                                         std::shared_ptr<const FetchedRowGroups> fetched) const {
  try {
    auto impl = std::make_unique<RowGroupReader::Impl>();
    impl->file = impl_.get();
    impl->first_row = first_row_of(row_group);
    impl->rows = rows_in(row_group);
    impl->input = fetched != nullptr ? fetched->impl_->input : impl_->elsewhere;
    impl->memory = std::make_shared<PageMemory>();
    impl->reader = impl_->open_reader(fetched != nullptr ? fetched->impl_->input : nullptr, impl->memory.get());
    if (impl->reader == nullptr) return cannot_open(impl_->path);
    impl->group = impl->reader->RowGroup(row_group);
    for (const std::string_view name : columns) {
      const int place = impl_->place_of(name);
      impl->cursors.push_back(place < 0
                                  ? nullptr
                                  : open_cursor(impl_->layouts[static_cast<std::size_t>(place)],
                                                impl->group->Column(place), impl_->is_front_coded(row_group, place)));
    }
    return RowGroupReader(std::move(impl));
  } catch (const std::exception&) {
    return impl_->damaged_row_group(fetched != nullptr ? fetched->impl_->input : impl_->elsewhere);
  }
}

}  // namespace trajectory::columnar
