#include "cli/options.h"

#include <charconv>
#include <chrono>

#include "base/error_table.h"
#include "base/threads.h"
#include "base/time.h"
#include "cli/printable.h"

namespace trajectory::cli {

namespace {

constexpr std::uint64_t k_least_memory = 1000;

base::Error wrong(std::string_view option, std::string_view value, std::string_view expected) {
  return {base::ErrorCode::k_usage,
          std::string(option) + " " + std::string(value) + ": expected " + std::string(expected)};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) out.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

}  // namespace

void add_source(CLI::App& app, SourceOptions& options) {
  app.add_option(
         "SOURCE", options.sources,
         "A Parquet file, an export folder (any depth), a glob, or JSON / JSON lines of runs; also in a bucket: "
         "gs://BUCKET/PATH, s3://BUCKET/PATH, abfs://CONTAINER/PATH; for import also a project of LangSmith, by id or "
         "name: langsmith://PROJECT")
      ->required();
  add_storage(app, options);
}

void add_storage(CLI::App& app, SourceOptions& options) {
  app.add_option("--storage-option", options.storage,
                 "How a bucket is reached, KEY=VALUE as in endpoint_url=http://127.0.0.1:9000, region=eu-west-1, "
                 "anon=true, token=key.json; secrets are taken from the environment (several times)")
      ->allow_extra_args(false);
}

void add_selection(CLI::App& app, SourceOptions& options) {
  app.add_option("--project", options.project, "Take only runs of this project id");
  app.add_option("--since", options.since,
                 "Take traces whose root starts at or after this time (2026-11-22T10:00:00Z, '2026-11-22 10:00', "
                 "2026-11-22) or this long ago (2w, 7d, 12h, 30m)");
  app.add_option("--until", options.until, "Take traces whose root starts before this time, or this long ago");
  app.add_option("--limit", options.limit, "Take the first N conversations in sorted order of their id");
  app.add_option("--conversation", options.conversations,
                 "Take only these conversations: several ids, or a comma list; name the sources before it")
      ->expected(1, -1);
  add_keys(app, options);
}

void add_keys(CLI::App& app, SourceOptions& options) {
  app.add_option("--keys", options.keys,
                 "Metadata keys that name the conversation, best first [conversation_id,thread_id,session_id]");
}

void add_threads(CLI::App& app, SourceOptions& options) {
  app.add_option("--threads", options.threads, "Threads to use, 1 to 1024 [all that the process may]");
}

void add_memory(CLI::App& app, SourceOptions& options) {
  app.add_option("--memory", options.memory,
                 "Memory to use, as 512MiB or 4GB, at least 1kB; with little the source is read in several passes "
                 "[half of what the "
                 "process may]");
  app.add_option("--max-value", options.max_value,
                 "Refuse rows with a larger cell, or JSON runs that are larger [a 32nd of the memory, at least 16MiB]");
  app.add_option("--batch-rows", options.batch_rows, "Rows to decode at once, to test that it makes no difference")
      ->group("");  // not in the help
}

void add_output(CLI::App& app, OutputFlags& flags) {
  app.add_option(
         "--format", flags.formats,
         "parquet (a dataset), jsonl (native records), json (one file a conversation), or a comma list of them, "
         "which go to folders of their names [parquet]")
      ->allow_extra_args(false);
  app.add_option("--max-file", flags.max_file, "With json: refuse larger files [2GiB]");
  app.add_flag("--force", flags.force, "Replace the folder of an earlier output");
}

void add_talk(CLI::App& app, TalkFlags& flags, const std::string& quiet) {
  app.add_flag("--quiet", flags.quiet, quiet);
  app.add_flag("--json", flags.json, "Print the result as JSON on standard output");
}

base::Result<std::uint64_t> parse_count(std::string_view text, std::string_view option) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return wrong(option, text, "a whole number");
}

base::Result<std::uint64_t> parse_size(std::string_view text, std::string_view option) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::pair<std::string_view, double> units[] = {{"", 1},
                                                           {"B", 1},
                                                           {"kB", 1e3},
                                                           {"KB", 1e3},
                                                           {"MB", 1e6},
                                                           {"GB", 1e9},
                                                           {"TB", 1e12},
                                                           {"K", 1024.0},
                                                           {"KiB", 1024.0},
                                                           {"M", 1048576.0},
                                                           {"MiB", 1048576.0},
                                                           {"G", 1073741824.0},
                                                           {"GiB", 1073741824.0},
                                                           {"TiB", 1099511627776.0}};
  if (error == std::errc() && number > 0)
    for (const auto& [name, factor] : units)
      if (unit == name && number * factor < 1e18) return static_cast<std::uint64_t>(number * factor);
  return wrong(option, text, "a size such as 512MiB or 4GB");
}

base::Result<model::Micros> parse_moment(std::string_view text, std::string_view option, model::Micros now) {
  if (const auto time = base::parse_time(text)) return *time;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && number >= 0 && number < 1'000'000 && end + 1 == text.data() + text.size()) {
    constexpr std::pair<char, std::int64_t> units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 604'800}};
    for (const auto& [name, seconds] : units)
      if (*end == name) return now - number * seconds * 1'000'000;
  }
  return wrong(option, text, "a time such as 2026-11-22T10:00:00Z, or a span such as 2w, 7d or 12h");
}

base::Result<pipeline::ImportOptions> import_options(const SourceOptions& options, const Terminal& terminal) {
  pipeline::ImportOptions out;
  out.sources = options.sources;
  out.storage.environment = terminal.environment;
  for (const std::string& option : options.storage) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos) return wrong("--storage-option", option, "KEY=VALUE");
    const std::string name = option.substr(0, equals);
    TJ_TRY(store::check_public(name, std::string_view(option).substr(equals + 1)));
    out.storage.options[name] = option.substr(equals + 1);
  }
  out.threads = base::usable_threads();
  if (!options.threads.empty()) {
    const auto threads = parse_count(options.threads, "--threads");
    if (!threads || *threads < 1 || *threads > 1024)
      return wrong("--threads", options.threads, "a number from 1 to 1024");
    out.threads = static_cast<unsigned>(*threads);
  }
  out.memory = pipeline::usable_memory() / 2;
  if (!options.memory.empty()) {
    const auto memory = parse_size(options.memory, "--memory");
    if (!memory) return memory.error();
    if (*memory < k_least_memory) return wrong("--memory", options.memory, "at least 1kB");
    out.memory = *memory;
  }
  if (!options.max_value.empty()) {
    const auto size = parse_size(options.max_value, "--max-value");
    if (!size) return size.error();
    out.max_value = *size;
  }
  if (!options.batch_rows.empty()) {
    const auto rows = parse_count(options.batch_rows, "--batch-rows");
    if (!rows || *rows < 1 || *rows > 1'000'000) return wrong("--batch-rows", options.batch_rows, "a number of rows");
    out.batch_rows = *rows;
  }
  const model::Micros now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (const auto& [text, option, into] : {std::tuple(&options.since, "--since", &out.selection.since),
                                           std::tuple(&options.until, "--until", &out.selection.until)}) {
    if (text->empty()) continue;
    const auto moment = parse_moment(*text, option, now);
    if (!moment) return moment.error();
    *into = *moment;
  }
  out.selection.project = options.project;
  if (!options.limit.empty()) {
    const auto limit = parse_count(options.limit, "--limit");
    if (!limit) return limit.error();
    out.selection.limit = *limit;
  }
  for (const std::string& list : options.conversations) {
    if (list.starts_with("--")) return wrong("--conversation", list, "ids of conversations");
    for (std::string& id : split(list)) out.selection.conversations.push_back(std::move(id));
  }
  if (!options.conversations.empty() && out.selection.conversations.empty())
    return wrong("--conversation", "''", "ids of conversations");
  if (options.keys) out.selection.thread_keys = split(*options.keys);
  if (out.selection.thread_keys.empty()) return wrong("--keys", "''", "names of metadata keys");
  if (out.selection.thread_keys.size() > 200) return wrong("--keys", "...", "at most 200 keys");
  return out;
}

base::Result<pipeline::OutputOptions> output_options(const OutputFlags& flags) {
  pipeline::OutputOptions out;
  out.folder = flags.out;
  out.force = flags.force;
  std::vector<record::Format> formats;
  for (const std::string& list : flags.formats) {
    for (const std::string& name : split(list)) {
      bool known = false;
      for (const record::Format format : record::k_formats) {
        if (record::format_name(format) != name) continue;
        known = true;
        if (std::find(formats.begin(), formats.end(), format) == formats.end()) formats.push_back(format);
      }
      if (!known) return wrong("--format", name, "parquet, jsonl or json");
    }
  }
  if (!flags.formats.empty() && formats.empty()) return wrong("--format", "''", "parquet, jsonl or json");
  if (!formats.empty()) out.formats = std::move(formats);
  if (!flags.max_file.empty()) {
    const auto size = parse_size(flags.max_file, "--max-file");
    if (!size) return size.error();
    out.max_file = *size;
  }
  return out;
}

int fail(Terminal& terminal, const base::Error& error) {
  // What may be replaced by force says so; the option of that name is the command line's.
  const bool replaceable =
      error.code() == base::ErrorCode::k_exists && error.text().find(" by force") != std::string::npos;
  terminal.err << "trajectory: " << printable(error.text(), true) << (replaceable ? " (see --force)" : "") << "\n";
  return base::meaning_of(error.code()).exit_status;
}

}  // namespace trajectory::cli
