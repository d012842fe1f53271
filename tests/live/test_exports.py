"""The bulk route through every end an export can have."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from .conftest import Live, wait_until

CREATE = "/api/v1/bulk-exports"
WINDOW = ("--since", "2026-11-01T00:00:00Z")


@pytest.fixture
def shop(live: Live) -> str:
    live.generate("shop", 40, start="2026-11-01T10:00:00Z")
    return "shop"


def orders(live: Live) -> list[dict[str, str]]:
    return [json.loads(call["body"]) for call in live.calls(CREATE)]


def left_over(live: Live) -> list[Path]:
    return list((live.folder / ".local/state/trajectory").iterdir())


@pytest.mark.parametrize(
    ("status", "words"),
    [("Failed", "failed: disk on fire"), ("TimedOut", "ran out of LangSmith's time"), ("Cancelled", "cancelled by")],
)
def test_each_bad_end_is_told_and_the_next_start_orders_a_new_export(
    live: Live, shop: str, status: str, words: str
) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.fault(CREATE, "export", method="POST", status=status, days=1, error="disk on fire")
    out = str(live.folder / "out")
    done = live.run("import", f"langsmith://{shop}", "--out", out, *live.bulk(), status=1)
    assert words in done.stderr
    assert not Path(out).exists()
    assert live.imported(shop, "out", *live.bulk()) == calm
    assert len(orders(live)) == 2


def test_an_echoed_key_is_not_shown_in_an_exports_error(live: Live, shop: str) -> None:
    live.fault(CREATE, "export", method="POST", status="Failed", days=1, error=f"{live.about['api_key']}\nburns")
    done = live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *live.bulk(), status=1)
    assert "failed: (the key) burns: start again" in done.stderr


def test_an_export_that_does_not_end_is_left_running_and_picked_up(live: Live, shop: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.set(exports={"running_seconds": 6.0})
    arguments = ("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *live.bulk())
    done = live.run(*arguments, "--timeout", "1s", status=1)
    assert "(the timeout)" in done.stderr
    assert "the same import picks it up" in done.stderr
    live.run(*arguments)
    assert live.records("out") == calm
    assert len(orders(live)) == 1


def test_ctrl_c_leaves_the_export_running_and_says_how_to_go_on(live: Live, shop: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.set(exports={"running_seconds": 5.0})
    process = live.start("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *live.bulk())
    wait_until(lambda: any("destinations" not in call["path"] for call in live.calls(CREATE + "/*", "GET")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "interrupted: the export goes on in LangSmith" in err
    assert live.imported(shop, "out", *live.bulk()) == calm
    assert len(orders(live)) == 1


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_an_order_without_an_answer_makes_no_second_export(live: Live, shop: str, kind: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.fault(CREATE, kind, method="POST")
    assert live.imported(shop, "out", *WINDOW, *live.bulk()) == calm
    exports = live.control("GET", CREATE)
    assert len(exports) == 1


def test_failures_while_polling_are_passed_over(live: Live, shop: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.fault(CREATE + "/*", "answer", method="GET", times=2, status=503, body="busy")
    assert live.imported(shop, "out", *live.bulk()) == calm


def test_files_are_found_where_the_service_does_not_name_them(live: Live, shop: str) -> None:
    calm = live.imported(shop, "calm", "--route", "api")
    live.set(exports={"report_files": False, "old_server": True})
    assert live.imported(shop, "listed", *live.bulk()) == calm
    live.set(exports={"quirks": {"bucket_in_key": True}})
    assert live.imported(shop, "doubled", *live.bulk()) == calm


def test_rows_that_come_in_two_files_count_once(live: Live, shop: str) -> None:
    kept = live.folder / "kept"
    live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "a"), *live.bulk(), "--keep-export", str(kept))
    live.set(exports={"quirks": {"duplicates": 3}, "rows_per_file": 50})
    live.run("import", f"langsmith://{shop}", "--out", str(live.folder / "b"), *live.bulk())
    assert live.records("a") == live.records("b")


def test_a_used_up_quota_is_waited_for(live: Live, shop: str) -> None:
    live.set(limits={"exports_per_hour": 0})
    process = live.start("import", f"langsmith://{shop}", "--out", str(live.folder / "out"), *live.bulk())
    wait_until(lambda: len(live.calls(CREATE)) >= 6)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert not (live.folder / "out").exists()
