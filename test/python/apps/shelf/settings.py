"""Settings: nothing but routes, so that no request needs a database."""

SECRET_KEY = "not a secret: nothing is signed here"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "shelf.urls"
WSGI_APPLICATION = "shelf.wsgi.application"
USE_TZ = True
