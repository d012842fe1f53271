#include "platform/client/secrets.h"

#include <algorithm>

namespace trajectory::platform::client {

namespace {

// Before a key: no letter or digit, unless that is the end of an escaped character.
#define BEGIN R"((?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])))"
#define END R"((?![\w-]))"

struct Known {
  std::string_view kind;
  std::string_view hint;
  const char* pattern;
};

// tests/upload/test_secrets.py holds them against those of the redaction.
constexpr Known k_known[] = {
    {"a private key", "PRIVATE KEY", R"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)"},
    {"an API key (sk-)", "sk-",
     BEGIN R"(sk-(?:(?:ant|proj|svcacct|admin|or-v1)-[\w-]{20,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{20,}))" END},
    {"an OpenAI key", "T3BlbkFJ", R"(sk-[A-Za-z0-9-_]*[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})"},
    {"a Langfuse key", "k-lf-", BEGIN R"([sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})" END},
    {"a LangSmith key", "lsv2_", BEGIN R"(lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{8,12})" END},
    {"a LangSmith key", "ls__", BEGIN R"(ls__[0-9a-f]{32})" END},
    {"a GitHub token", "github_pat_", BEGIN R"(github_pat_\w{22,})" END},
    {"a GitHub token", "gh", R"((?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9_]{36})"},
    {"a Google key", "AIza", BEGIN R"(AIza[\w-]{35})" END},
    {"a Hugging Face token", "hf_", BEGIN R"(hf_[A-Za-z0-9]{30,})" END},
    {"a Groq key", "gsk_", BEGIN R"(gsk_[A-Za-z0-9]{40,})" END},
    {"an xAI key", "xai-", BEGIN R"(xai-[A-Za-z0-9]{60,})" END},
    {"a Replicate token", "r8_", BEGIN R"(r8_[A-Za-z0-9]{37,40})" END},
    {"a Tavily key", "tvly-", BEGIN R"(tvly-(?:[a-z]{2,5}-)?[A-Za-z0-9]{20,})" END},
    {"an npm access token", "npm_", BEGIN R"(npm_[A-Za-z0-9]{36})" END},
    {"a Slack app token", "xapp-", BEGIN R"(xapp-\d-[A-Z0-9]{8,}-\d{8,}-[A-Za-z0-9]{20,})" END},
    {"a Perplexity key", "pplx-", BEGIN R"(pplx-[A-Za-z0-9]{40,})" END},
    {"a Pinecone key", "pcsk_", BEGIN R"(pcsk_\w{60,})" END},
    {"an ElevenLabs key", "sk_", BEGIN R"(sk_[0-9a-f]{48})" END},
    {"a Databricks token", "dapi", BEGIN R"(dapi[0-9a-f]{32}(?:-\d)?)" END},
    {"a Vault token", "hvs.", BEGIN R"(hvs\.[\w-]{24,})" END},
    {"a Google client secret", "GOCSPX-", BEGIN R"(GOCSPX-[\w-]{28})" END},
    {"a Google access token", "ya29.", BEGIN R"(ya29\.[\w-]{30,})" END},
    {"a DigitalOcean token", "_v1_", BEGIN R"(do[opr]_v1_[0-9a-f]{64})" END},
    {"a Shopify token", "shp", BEGIN R"(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})" END},
    {"a Linear key", "lin_api_", BEGIN R"(lin_api_[A-Za-z0-9]{40})" END},
    {"a Notion token", "ntn_", BEGIN R"(ntn_[A-Za-z0-9]{40,})" END},
    {"a Figma token", "figd_", BEGIN R"(figd_[\w-]{40})" END},
    {"a Postman key", "PMAK-", BEGIN R"(PMAK-[0-9a-f]{24}-[0-9a-f]{34})" END},
    {"an Atlassian token", "ATATT3", BEGIN R"(ATATT3[\w-]{50,})" END},
    {"a webhook secret", "whsec_", BEGIN R"(whsec_[A-Za-z0-9]{30,})" END},
    {"a JSON web token", "eyJ", BEGIN R"(eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)" END},
    {"a bearer token", "earer", BEGIN R"([Bb]earer[ \t]+(?=[\w.~+/-]*\d)[\w.~+/-]{20,}=*)"},
    {"an AWS secret key", "ey", R"((?i:secret_?-?access_?-?key)[\\"'\s:=]{1,9}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))"},
    {"an AWS secret key", "",
     R"((?i:aws.{0,20}?(?:key|pwd|pw|password|pass|token)).{0,20}?\\?['"][0-9a-zA-Z/+]{40}\\?['"])"},
    {"an AWS access key", "", R"((?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16})"},
    {"an Azure storage key", "AccountKey=", R"(AccountKey=[a-zA-Z0-9+/=]{88})"},
    {"an Artifactory key", "AKC", R"((?:[\s=:"]|\\[nrt]|^)AKC[a-zA-Z0-9]{10,}(?:[\s"\\]|$))"},
    {"an Artifactory password", "AP", R"((?:[\s=:"]|\\[nrt]|^)AP[\dABCDEF][a-zA-Z0-9]{8,}(?:[\s"\\]|$))"},
    {"a Discord token", "", R"([MNO][a-zA-Z\d_-]{23,25}\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{27})"},
    {"a GitLab token", "gl",
     R"((?:(?:glpat|gldt|glft|glsoat|glrt)-[\w-]{20,50}|glcbt-(?:[0-9a-fA-F]{2}_)?[\w-]{20,50}|glimt-[\w-]{25})"
     R"(|glptt-[\w-]{40}|glagent-[\w-]{50,1024}|gloas-[\w-]{64})(?!\w))"},
    {"a GitLab token", "GR1348941", R"(GR1348941[\w-]{20,50}(?!\w))"},
    {"a Mailchimp key", "-us", R"([0-9a-z]{32}-us[0-9]{1,2})"},
    {"an npm token", "_authToken", R"(//[^"\n]+/:_authToken=\s*(?:npm_[^"\\]+|[A-Fa-f0-9-]{36}))"},
    {"a package index token", "pypi-Ag", R"(pypi-(?:AgEIcHlwaS5vcmc|AgENdGVzdC5weXBpLm9yZw)[\w-]{70,})"},
    {"a SendGrid key", "SG.", R"(SG\.[\w-]{22}\.[\w-]{43})"},
    {"a Slack token", "", R"((?i:xox[abpors]-(?:\d+-)+[a-z0-9]+))"},
    {"a Slack address", "", R"((?i:https://hooks\.slack\.com/services/T\w+/B\w+/\w+))"},
    {"a Square secret", "sq0csp-", R"(sq0csp-[\w\\-]{43})"},
    {"a Stripe key", "k_live_", R"([rs]k_live_[0-9a-zA-Z]{24})"},
    {"a Telegram token", "", BEGIN R"(\d{8,10}:[\w-]{35})" END},
    {"a Twilio key", "", R"((?:AC|SK)[a-z0-9]{32})"},
};

#undef BEGIN
#undef END

/// A key of an object as it may be shown: one that is no secret itself.
std::string_view shown_key(std::string_view key) {
  constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  const bool name = key.size() <= 24 && key.find_first_not_of(k_letters) == std::string_view::npos;
  const bool number = key.size() <= 6 && key.find_first_not_of("0123456789") == std::string_view::npos;
  return name || number ? key : "...";
}

}  // namespace

base::Result<SecretFinder> SecretFinder::make() {
  std::vector<Rule> rules;
  for (const Known& known : k_known) {
    auto pattern = regex::Pattern::compile(known.pattern);
    if (!pattern) return std::move(pattern).error();
    rules.push_back({known.kind, known.hint, std::move(*pattern)});
  }
  return SecretFinder(std::move(rules));
}

base::Result<std::vector<SecretPlace>> SecretFinder::find(std::string_view json, std::size_t most) const {
  std::vector<SecretPlace> out;
  for (const Rule& rule : rules_) {
    if (!rule.hint.empty() && json.find(rule.hint) == std::string_view::npos) continue;
    for (std::size_t from = 0; from < json.size() && out.size() < most;) {
      const auto match = rule.pattern.find(json, from);
      if (!match) return match.error();
      if (!*match) break;
      std::string place = json_place(json, (*match)->begin);
      if (std::none_of(out.begin(), out.end(),
                       [&](const SecretPlace& one) { return one.place == place && one.kind == rule.kind; }))
        out.push_back({rule.kind, std::move(place)});
      from = std::max((*match)->end, from + 1);
    }
  }
  return out;
}

std::string json_place(std::string_view json, std::size_t offset) {
  struct Level {
    bool is_array;
    std::size_t index;
    std::string_view key;
  };
  std::vector<Level> levels;
  bool key_next = false;  // the next string is a member's key
  for (std::size_t at = 0; at < std::min(offset, json.size()); ++at) {
    switch (json[at]) {
      case '{':
        levels.push_back({false, 0, {}});
        key_next = true;
        break;
      case '[':
        levels.push_back({true, 0, {}});
        key_next = false;
        break;
      case '}':
      case ']':
        if (!levels.empty()) levels.pop_back();
        break;
      case ',':
        if (levels.empty()) break;
        ++levels.back().index;
        key_next = !levels.back().is_array;
        break;
      case '"': {
        const std::size_t begin = ++at;
        while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
        if (key_next && !levels.empty()) levels.back().key = json.substr(begin, std::min(at, json.size()) - begin);
        key_next = false;
        break;
      }
      default:
        break;
    }
  }
  std::string out;
  for (const Level& level : levels) {
    if (level.is_array) {
      out.append("[").append(std::to_string(level.index)).append("]");
      continue;
    }
    if (level.key.empty()) continue;
    out.append(out.empty() ? "" : ".").append(shown_key(level.key));
  }
  return out;
}

}  // namespace trajectory::platform::client
