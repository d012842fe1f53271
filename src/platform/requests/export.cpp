#include "platform/requests/export.h"

#include <algorithm>
#include <memory>
#include <span>

#include "columnar/stream_writer.h"
#include "platform/requests/question.h"
#include "record/dataset_row.h"
#include "record/record_json.h"

namespace trajectory::platform::requests {

namespace {

/// Hands out the records of a selection one by one. Which ones they are was settled when it was asked for: a version
/// that is replaced meanwhile is still one of them.
class Selection {
 public:
  Selection(const Context& context, std::vector<std::int64_t> ids) : context_(context), ids_(std::move(ids)) {}

  /// Null at the end, else a record that lives until the next. One that was removed meanwhile is left out.
  base::Result<const model::Trajectory*> next() {
    record_ = {};
    for (;;) {
      if (at_ == rows_.size()) {
        if (read_ == ids_.size()) return nullptr;
        TJ_TRY(read_page());
        continue;
      }
      auto record = load(context_, rows_[at_++]);
      if (record) {
        record_ = std::move(*record);
        return &record_.trajectory;
      }
      if (record.error().code() != base::ErrorCode::k_not_found) return std::move(record).error();
    }
  }

 private:
  base::Status read_page() {
    constexpr std::size_t k_page = 200;
    const auto page = std::span(ids_).subspan(read_, std::min(k_page, ids_.size() - read_));
    auto rows = catalog::rows(context_.catalog, page);
    if (!rows) return std::move(rows).error();
    read_ += page.size();
    rows_ = std::move(*rows);
    at_ = 0;
    return {};
  }

  Context context_;
  std::vector<std::int64_t> ids_;
  std::size_t read_ = 0;  ///< of them
  std::vector<catalog::Row> rows_;
  Loaded record_;
  std::size_t at_ = 0;
};

base::Status write_lines(Selection& selection, const Sink& sink) {
  for (;;) {
    const auto record = selection.next();
    if (!record) return record.error();
    if (!*record) return {};
    std::string line;
    record::append_record(line, **record);
    line.push_back('\n');
    TJ_TRY(sink(line));
  }
}

base::Status write_table(columnar::StreamForm form, Selection& selection, const Sink& sink) {
  const columnar::RowProducer producer = [&](columnar::RowWriter& row) -> base::Result<bool> {
    const auto record = selection.next();
    if (!record) return record.error();
    if (!*record) return false;
    record::write_row(row, **record, record::details_of(**record));
    row.end_row();
    return true;
  };
  return columnar::write_stream(form, record::dataset_schema(), producer, sink);
}

}  // namespace

base::Result<Answer> export_selection(const Context& context, const Request& request) {
  const auto filter = filter_of(request);
  if (!filter) return filter.error();
  // What is wrong with the question is told before the answer begins.
  auto ids = catalog::select_ids(context.catalog, *filter);
  if (!ids) return std::move(ids).error();
  const std::string_view format = request.parameter("format");
  auto selection = std::make_shared<Selection>(context, std::move(*ids));
  Answer out;
  if (format.empty() || format == "jsonl") {
    out.content_type = "application/x-ndjson";
    out.stream = [selection](const Sink& sink) { return write_lines(*selection, sink); };
  } else if (format == "parquet" || format == "arrow") {
    const bool parquet = format == "parquet";
    out.content_type = parquet ? "application/vnd.apache.parquet" : "application/vnd.apache.arrow.stream";
    out.stream = [selection, form = parquet ? columnar::StreamForm::k_parquet : columnar::StreamForm::k_arrow](
                     const Sink& sink) { return write_table(form, *selection, sink); };
  } else {
    return base::Error(base::ErrorCode::k_usage, "the parameter format takes jsonl, parquet or arrow");
  }
  return out;
}

}  // namespace trajectory::platform::requests
