"""Sentences that the house itself says outside any script: rendered with every campaign, fetched by the carrier by name."""

from __future__ import annotations

from collections.abc import Mapping

SILENCE = "silence"
"""One second of nothing."""
ACCEPT = "accept"
COMPANY = "company"
HELP_LINES = "help_lines"

TEXTS: Mapping[str, str] = {
    ACCEPT: "您有一通转接来电，请按一接听。",
    COMPANY: "还在为您接通，请您不要挂机。",
    HELP_LINES: "我们还在找同事接听，请您不要挂机。心理援助热线是一二三五六，紧急情况请拨一一零或者一二零。",
}
"""What is said under each name: ACCEPT to the agent before the bridge, COMPANY to the borrower between two agents, HELP_LINES
to one in mortal danger whom nothing of ours can carry on for the moment, before people are rung again."""
