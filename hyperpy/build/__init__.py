"""`hyper build`: renders the routes of a site to files, for hosts that serve nothing else."""

from hyperpy.build.build_command import run_build
from hyperpy.build.output_paths import Layout
from hyperpy.build.site_build import BuildOptions, build_site

__all__ = ["BuildOptions", "Layout", "build_site", "run_build"]
