"""The package's build hook: bundles the pages when a wheel or an editable install is made."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesBuildHook(BuildHookInterface[Any]):
    """Builds `viewers/dist` before the wheel is packed.

    THEATRON_SKIP_PAGES=1 leaves the pages as they are; the server then says that they are missing.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages for a wheel (`version` is standard or editable); sources need none."""
        if self.target_name != "wheel":
            return
        if os.environ.get("THEATRON_SKIP_PAGES") == "1":
            self.app.display_warning("THEATRON_SKIP_PAGES=1: the pages are not built.")
            return
        bundle = _bundle(Path(self.root))
        try:
            bundle.build_pages(Path(self.root) / "viewers", self.app.display_info)
        except bundle.PagesError as error:
            self.app.abort(str(error))


def _bundle(root: Path) -> ModuleType:
    """Load `viewers/bundle.py` by its path: the isolated build knows no package of ours."""
    spec = importlib.util.spec_from_file_location("bundle", root / "viewers" / "bundle.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{root / 'viewers' / 'bundle.py'} is missing from the sources")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
