"""gunicorn's settings for web processes: pages and webhooks, short requests in threads."""

from kit.settings import load_settings

bind = load_settings().web_bind
worker_class = "gthread"
workers = 1
threads = 16
timeout = 30
graceful_timeout = 20
accesslog = None
