"""gunicorn's settings for web processes: pages and webhooks, short requests in threads."""

from kit.edge import settings_of_process

bind = settings_of_process().web_bind
worker_class = "gthread"
workers = 1
threads = 16
timeout = 30
graceful_timeout = 20
accesslog = None
