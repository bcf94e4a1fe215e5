"""gunicorn's settings for media processes: one thread a live call, nothing CPU-bound besides; SIGTERM lets calls finish."""

from kit.edge import settings_of_process

_settings = settings_of_process()
bind = _settings.media_bind
worker_class = "gthread"
workers = 1
threads = _settings.media_slots + 8
timeout = 0
graceful_timeout = 330
accesslog = None
