"""Sentences that the house itself says outside any script: rendered with every campaign, fetched by the carrier by name."""

from __future__ import annotations

from collections.abc import Mapping

SILENCE = "silence"
"""One second of nothing."""
ACCEPT = "accept"
COMPANY = "company"

TEXTS: Mapping[str, str] = {
    ACCEPT: "您有一通转接来电，请按一接听。",
    COMPANY: "还在为您接通，请您不要挂机。",
}
"""What is said under each name: ACCEPT to the agent before the bridge, COMPANY to the borrower between two agents."""
