
#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace trajectory::cli {

namespace {

struct OptionEntry {
  std::string name;  ///< without dashes
  std::string description;
  bool takes_value = false;
};

/// The long options of a command, as its parser has them.
std::vector<OptionEntry> options_of(const Command& command) {
  CLI::App app;
  command.declare(app);
  std::vector<OptionEntry> out;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      out.push_back({name, option->get_description(), option->get_items_expected_max() > 0});
  return out;
}

std::string format_names() {
  std::string out;
  for (const record::Format format : record::k_formats)
    out.append(out.empty() ? "" : " ").append(record::format_name(format));
  return out;
}

/// A text for single quotes of the fish shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

void print_fish(std::ostream& out) {
  for (const Command& command : commands()) {
    out << "complete -c trajectory -n __fish_use_subcommand -f -a " << command.name << " -d " << quoted(command.summary)
        << "\n";
    for (const OptionEntry& option : options_of(command)) {
      out << "complete -c trajectory -n '__fish_seen_subcommand_from " << command.name << "' -l " << option.name;
      if (option.name == "format") out << " -x -a " << quoted(format_names());
      else if (option.takes_value) out << " -r";
      out << " -d " << quoted(option.description) << "\n";
    }
  }
}

/// zsh takes the same through its bashcompinit. Where nothing is printed the shell offers files.
void print_bash(std::ostream& out) {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names.append(names.empty() ? "" : " ").append(command.name);
    cases.append("    ").append(command.name).append(") options='");
    std::string_view blank;
    for (const OptionEntry& option : options_of(command)) {
      cases.append(blank).append("--").append(option.name);
      blank = " ";
    }
    cases.append("' ;;\n");
  }
  out << "_trajectory() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=''\n"
         "  COMPREPLY=()\n"
         "  case ${COMP_WORDS[1]} in\n"
      << cases
      << "  esac\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W '"
      << names
      << "' -- \"$word\"))\n"
         "  elif [ \"$before\" = --format ]; then COMPREPLY=($(compgen -W '"
      << format_names()
      << "' -- \"$word\"))\n"
         "  elif [ \"${COMP_WORDS[1]}\" = completion ]; then COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\"))\n"
         "  elif [ \"${word#-}\" != \"$word\" ]; then COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o default -F _trajectory trajectory\n";
}

int print_completion(const std::string& shell, Terminal& terminal) {
  if (shell == "fish") {
    print_fish(terminal.out);
    return 0;
  }
  if (shell == "zsh") terminal.out << "autoload -U +X bashcompinit && bashcompinit\n";
  print_bash(terminal.out);
  return 0;
}

}  // namespace

Command completion_command() {
  return {
      "completion", "Print a completion script for a shell",
      "trajectory completion bash > ~/.local/share/bash-completion/completions/trajectory",
      [](CLI::App& app) -> std::function<int(Terminal&)> {
        auto shell = std::make_shared<std::string>();
        app.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
        return [shell](Terminal& terminal) { return print_completion(*shell, terminal); };
      }};
}

}  // namespace trajectory::cli
