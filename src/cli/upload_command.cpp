#include "base/clock.h"
#include "base/scratch_file.h"
#include "cli/options.h"
#include "cli/platform_access.h"
#include "cli/printable.h"
#include "json/value.h"
#include "pipeline/report_text.h"
#include "platform/client/upload.h"

namespace trajectory::cli {

namespace {

namespace client = platform::client;

struct Options {
  std::vector<std::string> paths;
  std::string dataset;
  PlatformOptions platform;
  bool block_secrets = false;
  TalkFlags talk;
};

std::string counted_trajectories(std::uint64_t count) { return pipeline::counted(count, "trajectory", "trajectories"); }

/// Names the secrets on standard error.
void tell(const client::SecretReport& secrets, Terminal& terminal) {
  terminal.err << "trajectory: " << counted_trajectories(secrets.trajectories)
               << (secrets.trajectories == 1 ? " seems" : " seem") << " to hold secrets:\n";
  for (const client::SecretFound& one : secrets.found)
    terminal.err << "  conversation " << printable(one.conversation_id + ": " + one.text, true) << "\n";
  if (secrets.trajectories > secrets.found.size())
    terminal.err << "  ... these are the first " << secrets.found.size() << " places\n";
}

/// Names the trajectories that the platform refused; returns their number.
std::size_t tell_failed(const client::UploadReport& report, Terminal& terminal) {
  std::size_t failed = 0;
  json::Parser parser;
  for (const client::Outcome& one : report.outcomes) {
    if (!one.failed) continue;
    ++failed;
    const auto parsed = parser.parse(one.json);
    terminal.err << "trajectory: number " << one.place << " was refused";
    if (parsed) terminal.err << ": " << printable((**parsed)["error"].text(), true);
    terminal.err << "\n";
  }
  return failed;
}

int run_upload(const Options& options, Terminal& terminal) {
  if (options.dataset.empty())
    return fail(terminal, {base::ErrorCode::k_usage, "--dataset needs the name of a dataset on the platform"});
  const auto source = client::open_sources(options.paths);
  if (!source) return fail(terminal, source.error());
  const auto access = find_platform(options.platform, terminal);
  if (!access) return fail(terminal, access.error());
  Progress progress(terminal, options.talk.quiet || options.talk.json);
  const auto uploader = client::Uploader::open(*access, base::system_clock(terminal.stop), platform_hooks(progress));
  if (!uploader) return fail(terminal, uploader.error());
  const auto secrets = uploader->find_secrets(*source);
  progress.clear();
  if (!secrets) return fail(terminal, secrets.error());
  if (secrets->trajectories > 0) {
    tell(*secrets, terminal);
    if (options.block_secrets)
      return fail(terminal, {base::ErrorCode::k_refused_data, "nothing was uploaded: redact what was found"});
  }
  client::UploadOptions upload;
  upload.dataset = options.dataset;
  upload.keep_outcomes = options.talk.json;
  upload.scratch = base::scratch_folder(terminal.environment ? terminal.environment("TMPDIR") : "");
  const auto report = uploader->upload(*source, upload);
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (options.talk.json) {
    terminal.out << report->json() << "\n";
  } else if (!options.talk.quiet) {
    terminal.err << "uploaded " << counted_trajectories(report->uploaded) << " to " << printable(options.dataset, true);
    if (report->backend_skipped > 0) terminal.err << ", " << report->backend_skipped << " were there already";
    if (report->client_skipped > 0) terminal.err << ", " << report->client_skipped << " have no steps";
    terminal.err << "\n";
  }
  return tell_failed(*report, terminal) > 0 ? 3 : 0;
}

}  // namespace

Command upload_command() {
  return {"upload", "Upload trajectories to the platform", "trajectory upload dataset --dataset support-agent",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto options = std::make_shared<Options>();
            app.add_option("DATASET", options->paths,
                           "Datasets, native JSON lines, folders that an import or tj.save wrote; several may be given")
                ->required();
            app.add_option("--dataset", options->dataset, "The dataset's name on the platform")->required();
            add_platform(app, options->platform);
            app.add_flag("--block-secrets", options->block_secrets,
                         "Send nothing when something looks like a key, a token or a private key [warn]");
            add_talk(app, options->talk);
            return [options](Terminal& terminal) { return run_upload(*options, terminal); };
          }};
}

}  // namespace trajectory::cli
