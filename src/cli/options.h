#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/command.h"
#include "pipeline/import.h"

namespace trajectory::cli {

/// Options that several commands share, under the same names.
struct SourceOptions {
  std::vector<std::string> sources;
  std::string project;
  std::string since;
  std::string until;
  std::vector<std::string> conversations;
  std::string limit;
  std::optional<std::string> keys;
  std::string threads;
  std::string memory;
  std::string max_value;
  std::string batch_rows;
  std::vector<std::string> storage;
};

struct OutputFlags {
  std::vector<std::string> formats;
  std::string out;
  std::string max_file;
  bool force = false;
};

struct TalkFlags {
  bool quiet = false;
  bool json = false;
};

void add_source(CLI::App& app, SourceOptions& options);
void add_storage(CLI::App& app, SourceOptions& options);
void add_selection(CLI::App& app, SourceOptions& options);
void add_keys(CLI::App& app, SourceOptions& options);
void add_threads(CLI::App& app, SourceOptions& options);
void add_memory(CLI::App& app, SourceOptions& options);
void add_output(CLI::App& app, OutputFlags& flags);
void add_talk(CLI::App& app, TalkFlags& flags, const std::string& quiet = "Print nothing but errors");

/// Reads texts into values, with what of the environment object stores are reached by. Errors: k_usage, naming the
/// option.
[[nodiscard]] base::Result<pipeline::ImportOptions> import_options(const SourceOptions& options,
                                                                   const Terminal& terminal);
[[nodiscard]] base::Result<pipeline::OutputOptions> output_options(const OutputFlags& flags);

/// A number of things, "12". Errors: k_usage.
[[nodiscard]] base::Result<std::uint64_t> parse_count(std::string_view text, std::string_view option);
/// "512MiB", "2GB", "1000000" as bytes. Errors: k_usage.
[[nodiscard]] base::Result<std::uint64_t> parse_size(std::string_view text, std::string_view option);
/// An ISO 8601 time, or a span before `now` such as 2w, 7d, 12h, 30m. Errors: k_usage.
[[nodiscard]] base::Result<model::Micros> parse_moment(std::string_view text, std::string_view option,
                                                       model::Micros now);

/// Prints "trajectory: ..." and returns the exit status that belongs to the error.
int fail(Terminal& terminal, const base::Error& error);

}  // namespace trajectory::cli
