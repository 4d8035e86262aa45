# SPDX-License-Identifier: GPL-3.0-or-later
"""The boundary between Blender and the worker process. Standard library only, no bpy.

`WorkerClient` is the one object that Blender's side needs; `find_command` says what it should start.
The worker imports `protocol` and `outbox` from here, so both sides share one definition of the wire.
"""
