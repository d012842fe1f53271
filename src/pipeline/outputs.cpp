#include "pipeline/outputs.h"

#include <filesystem>

namespace trajectory::pipeline {

base::Result<Outputs> Outputs::create(const OutputOptions& options, model::ProblemLog& problems) {
  auto folder = base::OutputFolder::create(options.folder, options.force);
  if (!folder) return std::move(folder).error();
  Outputs out(std::move(*folder));
  out.takes_report_ = options.formats.size() > 1 || options.formats.front() != record::Format::k_json;
  for (const record::Format format : options.formats) {
    std::string path = out.folder_.path();
    if (options.formats.size() > 1) {
      path += "/" + std::string(record::format_name(format));
      std::error_code error;
      std::filesystem::create_directory(path, error);
      if (error) return base::Error(base::ErrorCode::k_io, "cannot make the folder: " + error.message()).with(path);
    }
    auto writer = record::make_writer(format, path, {options.max_file, &problems});
    if (!writer) return std::move(writer).error();
    out.writers_.push_back(std::move(*writer));
  }
  return out;
}

base::Status Outputs::add(const model::Trajectory& trajectory) {
  for (const auto& writer : writers_) TJ_TRY(writer->add(trajectory));
  return {};
}

base::Status Outputs::finish(std::string_view lineage) {
  for (const auto& writer : writers_) TJ_TRY(writer->finish(lineage));
  return {};
}

base::Status Outputs::commit(const std::string& report) {
  if (takes_report_ && !report.empty()) TJ_TRY(base::write_file(folder_.path() + "/report.json", report));
  return folder_.commit();
}

}  // namespace trajectory::pipeline
