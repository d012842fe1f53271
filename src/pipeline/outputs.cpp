#include "pipeline/outputs.h"

#include <filesystem>

#include "record/own_output.h"

namespace trajectory::pipeline {

base::Result<Outputs> Outputs::create(const OutputOptions& options, model::ProblemLog& problems) {
  auto folder = base::OutputFolder::create(options.folder, options.force);
  if (!folder) return std::move(folder).error();
  if (options.force)
    if (const std::string foreign = record::foreign_entry(options.folder); !foreign.empty())
      return base::Error(base::ErrorCode::k_exists,
                         "the output folder holds something that this program did not write: move it away, or name "
                         "another folder")
          .with(foreign);
  Outputs out(std::move(*folder), options.folder);
  out.takes_report_ = options.formats.size() > 1 || options.formats.front() != record::Format::k_json;
  for (const record::Format format : options.formats) {
    std::string path = out.folder_.path();
    if (options.formats.size() > 1) {
      path += "/" + std::string(record::format_name(format));
      std::error_code error;
      std::filesystem::create_directory(path, error);
      if (error)
        return base::Error(base::ErrorCode::k_io, "cannot make the output folder: " + error.message()).with(out.name_);
    }
    auto writer = record::make_writer(format, path, {options.max_file, &problems});
    if (!writer) return out.named(std::move(writer).error()).error();
    out.writers_.push_back(std::move(*writer));
  }
  return out;
}

base::Status Outputs::named(base::Status status) const {
  if (status.ok() || status.error().code() != base::ErrorCode::k_io) return status;
  return base::Error(base::ErrorCode::k_io, status.error().message()).with(name_);
}

base::Result<std::vector<record::Prepared>> Outputs::prepare(const model::Trajectory& trajectory) {
  std::vector<record::Prepared> out;
  for (const auto& writer : writers_) {
    auto prepared = writer->prepare(trajectory);
    if (!prepared) return named(std::move(prepared).error()).error();
    out.push_back(std::move(*prepared));
  }
  return out;
}

base::Status Outputs::add(const model::Trajectory& trajectory, std::vector<record::Prepared> prepared) {
  for (std::size_t i = 0; i < writers_.size(); ++i) TJ_TRY(named(writers_[i]->add(trajectory, std::move(prepared[i]))));
  return {};
}

base::Status Outputs::add(const model::Trajectory& trajectory) {
  auto prepared = prepare(trajectory);
  if (!prepared) return std::move(prepared).error();
  return add(trajectory, std::move(*prepared));
}

base::Status Outputs::finish(std::string_view lineage) {
  for (const auto& writer : writers_) TJ_TRY(named(writer->finish(lineage)));
  return {};
}

base::Status Outputs::commit(const std::string& report) {
  if (takes_report_ && !report.empty()) TJ_TRY(named(base::write_file(folder_.path() + "/report.json", report)));
  return folder_.commit();
}

base::Status keep_apart(const std::string& folder, const std::vector<std::string>& sources) {
  for (const std::string& source : sources)
    if (base::holds(folder, source))
      return base::Error(base::ErrorCode::k_usage, "the output would replace its own source: name another folder")
          .with(source);
  return {};
}

}  // namespace trajectory::pipeline
