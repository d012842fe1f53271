#include "platform/requests/export.h"

#include <memory>

#include "columnar/stream_writer.h"
#include "platform/requests/question.h"
#include "record/dataset_row.h"
#include "record/record_json.h"

namespace trajectory::platform::requests {

namespace {

/// Hands out the records of a selection one by one, a page of rows at a time.
class Selection {
 public:
  Selection(const Context& context, catalog::Filter filter) : context_(context), filter_(std::move(filter)) {}

  /// Nothing at the end. One that was removed since its page was read is left out.
  base::Result<std::optional<model::Trajectory>> next() {
    for (;;) {
      if (at_ == rows_.size()) {
        if (ended_) return std::optional<model::Trajectory>();
        TJ_TRY(read_page());
        continue;
      }
      auto record = load(context_, rows_[at_++]);
      if (record) return std::optional(std::move(*record));
      if (record.error().code() != base::ErrorCode::k_not_found) return std::move(record).error();
    }
  }

 private:
  base::Status read_page() {
    constexpr std::size_t k_page = 200;
    auto rows = catalog::select(context_.catalog, filter_, before_, k_page);
    if (!rows) return std::move(rows).error();
    rows_ = std::move(*rows);
    at_ = 0;
    ended_ = rows_.size() < k_page;
    if (!rows_.empty()) before_ = rows_.back().id;
    return {};
  }

  Context context_;
  catalog::Filter filter_;
  std::vector<catalog::Row> rows_;
  std::size_t at_ = 0;
  std::int64_t before_ = INT64_MAX;
  bool ended_ = false;
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
  auto filter = filter_of(request);
  if (!filter) return std::move(filter).error();
  // What is wrong with the question is told before the answer begins.
  if (const auto first = catalog::select(context.catalog, *filter, INT64_MAX, 1); !first) return first.error();
  const std::string_view format = request.parameter("format");
  auto selection = std::make_shared<Selection>(context, std::move(*filter));
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
