#include "record/dataset.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/mapped_file.h"
#include "base/output_folder.h"
#include "base/sha256.h"
#include "record/figures.h"
#include "record/record_json.h"
#include "record/steps.h"

namespace trajectory::record {

namespace {

using columnar::Field;
using columnar::FieldType;

constexpr std::int64_t k_version = 1;
constexpr std::uint64_t k_file_bytes = 256 << 20;

/// A text as a UTF-8 column can hold it; the exact text of such messages is in `details`.
std::string safe(std::string_view text) { return json::repair_utf8(text); }

Field text(std::string name) { return {std::move(name), FieldType::k_text, {}}; }
Field integer(std::string name) { return {std::move(name), FieldType::k_integer, {}}; }

void write_text(columnar::TableWriter& table, const std::string& value) {
  if (value.empty()) return table.text(std::nullopt);
  if (json::is_utf8(value)) return table.text(value);
  table.text(safe(value));
}

void write_message(columnar::TableWriter& table, const model::TranscriptMessage& message) {
  const model::Message& m = message.message;
  table.begin_struct();
  table.text(model::role_name(m.role));
  table.text(json::is_utf8(m.content) ? std::string_view(m.content) : std::string_view(safe(m.content)));
  write_text(table, m.parts);
  table.begin_list();
  for (const model::ToolCall& call : m.tool_calls) {
    table.begin_struct();
    table.text(safe(call.id));
    table.text(safe(call.name));
    table.text(safe(call.arguments));
    table.end_struct();
  }
  table.end_list();
  write_text(table, m.tool_call_id);
  write_text(table, m.name);
  write_text(table, m.reasoning);
  write_text(table, m.error);
  table.text(model::trainable_name(message.trainable));
  table.end_struct();
}

std::string take(std::optional<std::string_view> value) { return std::string(value.value_or("")); }

template <class T, std::size_t N>
void take_choice(std::optional<std::string_view> value, const std::array<std::string_view, N>& names, T& out) {
  const auto found = std::find(names.begin(), names.end(), value.value_or(""));
  if (found != names.end()) out = static_cast<T>(found - names.begin());
}

void read_message(columnar::RowReader& row, model::TranscriptMessage& out) {
  model::Message& m = out.message;
  row.begin_struct();
  take_choice(row.text(), model::k_role_names, m.role);
  m.content = take(row.text());
  m.parts = take(row.text());
  const std::size_t calls = row.begin_list();
  for (std::size_t i = 0; i < calls; ++i) {
    row.begin_struct();
    model::ToolCall& call = m.tool_calls.emplace_back();
    call.id = take(row.text());
    call.name = take(row.text());
    call.arguments = take(row.text());
    row.end_struct();
  }
  row.end_list();
  m.tool_call_id = take(row.text());
  m.name = take(row.text());
  m.reasoning = take(row.text());
  m.error = take(row.text());
  take_choice(row.text(), model::k_trainable_names, out.trainable);
  row.end_struct();
}

/// Names of the models that answered, in order of first appearance.
std::vector<std::string> models_of(const model::Trajectory& t) {
  std::vector<std::string> out;
  for (const model::ModelCall& call : t.main.calls)
    if (!call.model.empty() && std::find(out.begin(), out.end(), call.model) == out.end()) out.push_back(call.model);
  return out;
}

class DatasetWriter final : public TrajectoryWriter {
 public:
  explicit DatasetWriter(std::string folder) : folder_(std::move(folder)) {}

  base::Status add(const model::Trajectory& trajectory) override {
    if (!table_) TJ_TRY(open_file());
    write_row(*table_, trajectory);
    TJ_TRY(table_->end_row());
    ++rows_;
    if (table_->bytes() >= k_file_bytes) TJ_TRY(close_file());
    return {};
  }

  base::Status finish(std::string_view lineage) override {
    // A dataset without rows still has a file, so that readers find its columns.
    if (!table_ && files_.empty()) TJ_TRY(open_file());
    if (table_) TJ_TRY(close_file());
    std::string manifest = "{\n  \"format\": \"trajectory-dataset\",\n  \"version\": " + std::to_string(k_version) +
                           ",\n  \"engine\": \"" TRAJECTORY_VERSION "\",\n  \"rows\": ";
    manifest.append(std::to_string(total_))
        .append(",\n  \"files\": [\n")
        .append(files_)
        .append("\n  ],\n  \"lineage\": ")
        .append(lineage)
        .append("\n}\n");
    return base::write_file(folder_ + "/manifest.json", manifest);
  }

 private:
  base::Status open_file() {
    std::string number = std::to_string(count_++);
    name_ = "train-" + std::string(5 - std::min<std::size_t>(number.size(), 5), '0') + number + ".parquet";
    auto table = columnar::TableWriter::create(folder_ + "/" + name_, dataset_schema());
    if (!table) return std::move(table).error();
    table_.emplace(std::move(*table));
    rows_ = 0;
    return {};
  }

  base::Status close_file() {
    TJ_TRY(table_->close());
    table_.reset();
    const auto file = base::MappedFile::open(folder_ + "/" + name_);
    if (!file) return file.error();
    if (!files_.empty()) files_.append(",\n");
    files_.append("    {\"name\": \"" + name_ + "\", \"rows\": " + std::to_string(rows_) + ", \"bytes\": " +
                  std::to_string(file->bytes().size()) + ", \"sha256\": \"" + base::sha256_hex(file->bytes()) + "\"}");
    total_ += rows_;
    return {};
  }

  std::string folder_;
  std::string name_;
  std::string files_;
  std::optional<columnar::TableWriter> table_;
  std::uint64_t rows_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t count_ = 0;
};

/// A parsed manifest; the parser owns the value.
struct Manifest {
  json::Parser parser;
  const json::Value* value = nullptr;
};

base::Result<Manifest> open_manifest(const std::string& folder) {
  const std::string path = folder + "/manifest.json";
  const auto file = base::MappedFile::open(path);
  if (!file)
    return base::Error(base::ErrorCode::k_bad_format, "no dataset: the folder has no manifest.json").with(folder);
  Manifest manifest;
  const auto parsed = manifest.parser.parse(file->bytes());
  if (!parsed || (**parsed)["format"].string() != "trajectory-dataset")
    return base::Error(base::ErrorCode::k_bad_format, "not the manifest of a dataset").with(path);
  if ((**parsed)["version"].integer() > k_version)
    return base::Error(base::ErrorCode::k_bad_format, "the dataset was written by a newer version: update this program")
        .with(path);
  manifest.value = *parsed;
  return manifest;
}

}  // namespace

const std::vector<Field>& dataset_schema() {
  static const std::vector<Field> schema = [] {
    const Field call{"element", FieldType::k_struct, {text("id"), text("name"), text("arguments")}};
    const Field message{"element",
                        FieldType::k_struct,
                        {text("role"),
                         text("content"),
                         text("parts"),
                         {"tool_calls", FieldType::k_list, {call}},
                         text("tool_call_id"),
                         text("name"),
                         text("reasoning"),
                         text("error"),
                         text("trainable_status")}};
    return std::vector<Field>{text("conversation_id"),
                              text("project_id"),
                              integer("num_turns"),
                              integer("num_steps"),
                              integer("num_messages"),
                              integer("num_model_calls"),
                              integer("num_tool_calls"),
                              integer("num_tool_failures"),
                              {"models", FieldType::k_list, {text("element")}},
                              {"start_time", FieldType::k_time, {}},
                              {"end_time", FieldType::k_time, {}},
                              integer("total_tokens"),
                              {"total_cost", FieldType::k_real, {}},
                              {"reward", FieldType::k_real, {}},
                              text("error"),
                              {"messages", FieldType::k_list, {message}},
                              text("details")};
  }();
  return schema;
}

void write_row(columnar::TableWriter& table, const model::Trajectory& t) {
  const Figures f = figures_of(t, derive_steps(t.main).size());
  table.text(safe(t.conversation_id));
  write_text(table, t.project_id);
  table.integer(f.num_turns);
  table.integer(f.num_steps);
  table.integer(static_cast<std::int64_t>(t.main.messages.size()));
  table.integer(static_cast<std::int64_t>(t.main.calls.size()));
  table.integer(f.tool_calls);
  table.integer(f.tool_failures);
  table.begin_list();
  for (const std::string& model : models_of(t)) table.text(safe(model));
  table.end_list();
  table.time(t.start_time);
  table.time(t.end_time);
  table.integer(f.total_tokens);
  table.real(f.total_cost);
  table.real(t.reward ? std::optional(t.reward->aggregated_value) : std::nullopt);
  write_text(table, t.error);
  table.begin_list();
  for (const model::TranscriptMessage& message : t.main.messages) write_message(table, message);
  table.end_list();
  std::string details;
  append_record(details, t, MessageForm::k_details);
  table.text(details);
}

base::Result<model::Trajectory> read_row(columnar::RowReader& row) {
  row.text();  // conversation_id and the figures are in the details, too
  row.text();
  for (int i = 0; i < 6; ++i) row.integer();
  const std::size_t models = row.begin_list();
  for (std::size_t i = 0; i < models; ++i) row.text();
  row.end_list();
  row.time();
  row.time();
  row.integer();
  row.real();
  row.real();
  row.text();
  std::vector<model::TranscriptMessage> typed(row.begin_list());
  for (model::TranscriptMessage& message : typed) read_message(row, message);
  row.end_list();

  json::Parser parser;
  const auto parsed = parser.parse(row.text().value_or(""));
  if (!parsed) return parsed.error();
  auto t = read_record(**parsed);
  if (!t) return t;
  const json::Value& details = (**parsed)["messages"];
  if (t->main.messages.size() != typed.size())
    return base::Error(base::ErrorCode::k_bad_format, "a row's messages and details do not fit");
  for (std::size_t i = 0; i < typed.size(); ++i) {
    if (details[static_cast<int>(i)]["exact"].is_true()) continue;
    std::string role = std::move(t->main.messages[i].message.original_role);
    t->main.messages[i].message = std::move(typed[i].message);
    t->main.messages[i].message.original_role = std::move(role);
    t->main.messages[i].trainable = typed[i].trainable;
  }
  return t;
}

base::Result<std::unique_ptr<TrajectoryWriter>> make_dataset_writer(const std::string& folder) {
  return std::unique_ptr<TrajectoryWriter>(std::make_unique<DatasetWriter>(folder));
}

base::Status read_dataset(const std::string& folder,
                          const std::function<base::Result<bool>(model::Trajectory)>& consumer) {
  const auto manifest = open_manifest(folder);
  if (!manifest) return manifest.error();
  bool more = true;
  for (const json::Value& entry : (*manifest->value)["files"].items()) {
    const std::string path = folder + "/" + std::string(entry["name"].string());
    const auto file = base::MappedFile::open(path);
    if (!file) return file.error();
    if (base::sha256_hex(file->bytes()) != entry["sha256"].string())
      return base::Error(base::ErrorCode::k_bad_format,
                         "the file does not fit the checksum in manifest.json: it is damaged or was changed")
          .with(path);
    TJ_TRY(columnar::read_table(path, dataset_schema(), [&](columnar::RowReader& row) -> base::Result<bool> {
      auto trajectory = read_row(row);
      if (!trajectory) return std::move(trajectory).error();
      auto result = consumer(std::move(*trajectory));
      more = result.ok() && *result;
      return result;
    }));
    if (!more) break;
  }
  return {};
}

base::Result<std::string> read_dataset_lineage(const std::string& folder) {
  const auto manifest = open_manifest(folder);
  if (!manifest) return manifest.error();
  return std::string((*manifest->value)["lineage"].raw());
}

}  // namespace trajectory::record
