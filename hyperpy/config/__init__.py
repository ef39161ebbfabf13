"""Settings: their defaults, where they come from, and which of several values wins."""

from hyperpy.config.setting_values import SettingSource, SourceKind, checked, listed
from hyperpy.config.settings import Settings, app_setting_names, flag_of, key_of, setting_fields, variable_of
from hyperpy.config.sources import Command, app_settings, is_serving, load_settings, refuse_arguments, running_command

__all__ = [
    "Command",
    "SettingSource",
    "Settings",
    "SourceKind",
    "app_setting_names",
    "app_settings",
    "checked",
    "flag_of",
    "is_serving",
    "key_of",
    "listed",
    "load_settings",
    "refuse_arguments",
    "running_command",
    "setting_fields",
    "variable_of",
]
