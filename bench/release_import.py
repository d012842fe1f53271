"""Imports an export and saves it with the package that this interpreter has: release_import.py EXPORT FOLDER."""

from __future__ import annotations

import sys

import trajectory_sdk as tj

tj.init(provider="langsmith", project_id="any")
tj.save(tj.import_conversations(bulk=True, source=sys.argv[1]), sys.argv[2])
