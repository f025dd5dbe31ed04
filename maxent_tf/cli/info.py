"""The command `info`: versions, devices and extras."""

from __future__ import annotations

import functools

from maxent_tf.cli import provenance
from maxent_tf.cli.command import call
from maxent_tf.cli.extras import EXTRAS, missing


def info() -> None:
    """Show versions, the devices that TensorFlow sees, and which extras are installed."""
    rows = [*provenance.versions().items()]
    rows.append(("devices", ", ".join(provenance.devices())))
    for extra in EXTRAS:
        absent = missing(extra)
        state = f"missing {', '.join(absent)}" if absent else "installed"
        rows.append((f"extra {extra}", state))
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:{width}}  {text}" for name, text in rows))


main = functools.partial(call, info)
