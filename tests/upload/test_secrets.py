"""What looks like a secret is named before anything is sent, and never shown."""

from __future__ import annotations

import json
import os
import random
import subprocess
import warnings
from pathlib import Path

import pytest
import trajectory_sdk as tj
from trajectory_sdk.transforms.pii_rules import find

from .conftest import KEY, built, record
from .double import Platform

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
ANY = LETTERS + LETTERS.upper() + DIGITS
HEX = "0123456789abcdef"
# Pieces of secrets: a text as it is, or an alphabet and how many of it. Whole ones would alarm every scanner.
SHAPES: dict[str, list[str | tuple[str, int]]] = {
    "an API key (sk-)": ["sk-", "ant-", (ANY, 30)],
    "an OpenAI key": ["sk-", (ANY, 20), "T3Blbk", "FJ", (ANY, 20)],
    "a Langfuse key": ["sk-lf-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)],
    "a LangSmith key": ["lsv2_pt_", (HEX, 32), "_", (HEX, 10)],
    "a GitHub token": ["ghp_", (ANY, 36)],
    "a Google key": ["AIza", (ANY, 35)],
    "a Hugging Face token": ["hf_", (ANY, 34)],
    "a Groq key": ["gsk_", (ANY, 52)],
    "an xAI key": ["xai-", (ANY, 80)],
    "a Replicate token": ["r8_", (ANY, 37)],
    "a Tavily key": ["tvly-dev-", (ANY, 32)],
    "a JSON web token": ["eyJ", (ANY, 20), ".eyJ", (ANY, 30), ".", (ANY, 40)],
    "a bearer token": ["Bearer 1", (ANY, 30)],
    "an AWS access key": ["AKIA", (LETTERS.upper() + DIGITS, 16)],
    "an AWS secret key": ["secret_access_key = ", (ANY, 40)],
    "an Azure storage key": ["AccountKey=", (ANY, 86), "=="],
    "an Artifactory key": ["AKC", (ANY, 60)],
    "a Discord token": ["M", (ANY, 23), ".", (ANY, 6), ".", (ANY, 27)],
    "a GitLab token": ["glpat-", (ANY, 20)],
    "a Mailchimp key": [(HEX, 32), "-us12"],
    "a package index token": ["pypi-AgEIcHlwaS5vcmc", (ANY, 80)],
    "a SendGrid key": ["SG.", (ANY, 22), ".", (ANY, 43)],
    "a Slack token": ["xoxb-", (DIGITS, 12), "-", (LETTERS, 24)],
    "a Slack address": ["https://hooks.slack.com/services/T", (ANY, 8), "/B", (ANY, 8), "/", (ANY, 24)],
    "a Square secret": ["sq0csp-", (ANY, 43)],
    "a Stripe key": ["sk_live_", (ANY, 24)],
    "a Telegram token": [(DIGITS, 9), ":", (ANY, 35)],
    "a Twilio key": ["SK", (HEX, 32)],
    "an npm token": ["//registry.example/:_authToken=npm_", (ANY, 36)],
    "a Perplexity key": ["pplx-", (ANY, 48)],
    "a Pinecone key": ["pcsk_", (ANY, 70)],
    "an ElevenLabs key": ["sk_", (HEX, 48)],
    "a Databricks token": ["dapi", (HEX, 32)],
    "a Vault token": ["hvs.", (ANY, 90)],
    "a Google client secret": ["GOCSPX-", (ANY, 28)],
    "a Google access token": ["ya29.", (ANY, 60)],
    "a DigitalOcean token": ["dop_v1_", (HEX, 64)],
    "a Shopify token": ["shpat_", (HEX, 32)],
    "a Linear key": ["lin_api_", (ANY, 40)],
    "a Notion token": ["ntn_", (ANY, 46)],
    "a Figma token": ["figd_", (ANY, 40)],
    "a Postman key": ["PMAK-", (HEX, 24), "-", (HEX, 34)],
    "an Atlassian token": ["ATATT3", (ANY, 180)],
    "a webhook secret": ["whsec_", (ANY, 32)],
    "an npm access token": ["npm_", (ANY, 36)],
    "a Slack app token": ["xapp-1-A", (DIGITS, 10), "-", (DIGITS, 13), "-", (HEX, 64)],
    "a private key": ["-----BEGIN EC PRIVATE KEY-----\n", (ANY, 64), "\n-----END EC PRIVATE KEY-----"],
}
AROUND = ("{}", "my key is {} ok?", "a\n{}\nb", '{{"key": "{}"}}', '["x\\n{}"]')


def secret(kind: str, seed: int = 1) -> str:
    chance = random.Random(f"{kind} {seed}")
    return "".join(
        piece if isinstance(piece, str) else "".join(chance.choices(piece[0], k=piece[1])) for piece in SHAPES[kind]
    )


def holding(texts: list[str]) -> list[tj.Trajectory]:
    return [
        tj.build_trajectory_from_messages([tj.Message("user", text)], conversation_id=f"c{number}", data_source="test")
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize("kind", SHAPES)
def test_the_engine_finds_what_the_redaction_finds(platform: Platform, kind: str) -> None:
    texts = [around.format(secret(kind, seed)) for seed in range(2) for around in AROUND]
    known = [text for text in texts if any(match.rule == "SECRET" for match in find(text, ("SECRET",), "US"))]
    assert len(known) >= len(texts) - 2, "the redaction finds these; behind an escaped line end not all of them"
    with pytest.warns(tj.SecretWarning) as caught:
        tj.upload(holding(texts), "d")
    (warning,) = [str(one.message) for one in caught if one.category is tj.SecretWarning]
    assert warning.startswith(f"{len(texts)} trajectories seem to hold secrets")
    assert f"conversation 'c0': {kind} in messages[0].content" in warning
    assert not any(secret(kind, seed)[10:] in warning for seed in range(2))


def test_ordinary_trajectories_hold_none(platform: Platform, dataset: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tj.upload(tj.open(dataset / "parquet"), "d")["uploaded"] > 90
        assert tj.upload([built(number) for number in range(20)], "d")["uploaded"] == 20


def test_nothing_is_sent_when_secrets_are_blocked(platform: Platform) -> None:
    key = secret("a Google key")
    trajectories = [*[built(number) for number in range(1500)], *holding([f"look: {key}"])]
    with pytest.raises(tj.DataError, match=r"nothing was uploaded: .*'c0': a Google key in messages\[0\]") as caught:
        tj.upload(trajectories, "d", block_secrets=True)
    assert key not in str(caught.value)
    assert platform.calls == []


def test_a_warning_made_an_error_stops_the_upload(platform: Platform) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", tj.SecretWarning)
        with pytest.raises(tj.SecretWarning):
            tj.upload(holding([secret("a GitHub token")]), "d")
    assert platform.calls == []


def test_the_program_warns_and_refuses(platform: Platform, program: Path, tmp_path: Path) -> None:
    keys = [secret(kind) for kind in ("a Stripe key", "a private key")]
    records = [record(f"c{number}", key) for number, key in enumerate(keys)]
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    command = [str(program), "upload", str(file), "--dataset", "d", "--base-url", platform.url]
    environment = {**os.environ, "TRAJECTORY_API_KEY": KEY}
    refused = subprocess.run(
        [*command, "--block-secrets"], capture_output=True, text=True, env=environment, check=False
    )
    assert refused.returncode == 3, refused.stderr
    assert platform.calls == []
    warned = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert warned.returncode == 0, warned.stderr
    assert len(platform.calls) == 1
    for done in (refused, warned):
        assert "2 trajectories seem to hold secrets" in done.stderr
        assert "conversation c1: a private key in messages[0].content" in done.stderr
        assert not any(key[12:] in done.stdout + done.stderr for key in keys)
        assert KEY not in done.stdout + done.stderr
